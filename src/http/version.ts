import { readFileSync } from "node:fs";

// The same relative path from src/ and dist/.
const file = new URL("../../package.json", import.meta.url);

export const VERSION = (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
