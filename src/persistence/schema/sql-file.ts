import { readFileSync } from "node:fs";

/** Text of the `.sql` file beside a module; read once, when the module is loaded. */
export function sqlFile(moduleUrl: string, name: string): string {
  return readFileSync(new URL(name, moduleUrl), "utf8");
}
