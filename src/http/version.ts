import { readFileSync } from "node:fs";

// Beside src/ and dist/ alike.
const file = new URL("../../package.json", import.meta.url);

export const VERSION = (
  JSON.parse(readFileSync(file, "utf8")) as { version: string }
).version;
