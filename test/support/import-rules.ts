import { posix } from "node:path";
import { type Sources, importsOf, packageOf, resolve } from "./architecture.js";

/**
 * What a room may import of the others. A room is a folder of `src/`; those of `persistence/` are
 * rooms of their own, and `persistence` itself is the module that puts them together.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  waiting: [],
  config: ["domain"],
  metrics: ["domain", "waiting", "config"],
  health: ["domain", "waiting"],
  commands: ["domain"],
  venues: ["domain", "waiting"],
  streaming: ["domain", "waiting"],
  http: ["domain", "waiting"],
  ingestion: ["domain", "waiting", "venues", "streaming", "http", "commands"],
  "persistence/embedded": ["domain", "waiting"],
  "persistence/figures": [],
  "persistence/commands": [
    "domain",
    "persistence",
    "persistence/embedded",
    "persistence/schema",
    "persistence/merge",
    "persistence/rebuild",
    "persistence/stores",
    "commands",
  ],
  "persistence/schema": ["domain", "waiting", "persistence/embedded"],
  "persistence/merge": ["domain", "waiting", "persistence/figures", "persistence/schema"],
  "persistence/stores": ["domain", "waiting", "persistence/schema", "persistence/merge"],
  "persistence/recorder": [
    "domain",
    "waiting",
    "streaming",
    "persistence/figures",
    "persistence/schema",
    "persistence/merge",
    "persistence/stores",
  ],
  "persistence/rebuild": [
    "domain",
    "waiting",
    "persistence/figures",
    "persistence/schema",
    "persistence/merge",
    "persistence/stores",
  ],
  persistence: [
    "domain",
    "streaming",
    "persistence/embedded",
    "persistence/figures",
    "persistence/schema",
    "persistence/merge",
    "persistence/stores",
    "persistence/recorder",
    "persistence/rebuild",
  ],
  recovery: [
    "domain",
    "waiting",
    "venues",
    "streaming",
    "persistence",
    "persistence/stores",
    "persistence/merge",
    "commands",
  ],
  live: ["domain", "waiting", "streaming", "persistence", "persistence/stores"],
  api: [
    "domain",
    "waiting",
    "streaming",
    "persistence",
    "persistence/stores",
    "persistence/figures",
    "http",
    "live",
  ],
};
/** Injected as providers: any room may import them that is not itself self-contained. */
const LEAVES = ["config", "metrics", "health"];
/** Rooms that import no package, but for Node's timers; and what is said of one that does. */
const SELF_CONTAINED: Readonly<Record<string, string>> = {
  domain: "domain imports nothing",
  waiting: "waiting imports only Node's timers",
};
const TIMERS = /^node:timers(\/promises)?$/;
/** They put the application together: they may import any room, and none imports them. */
const ASSEMBLY = [""];
/** A context's settings are part of the configuration, which is read and checked as a whole. */
const SETTINGS = /\/settings\.ts$/;
/** Packages that some folders keep to themselves, with the rooms within. */
const CONFINED: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ["streaming"],
  ws: ["venues", "ingestion", "live"],
  pg: ["persistence"],
  "pg-copy-streams": ["persistence"],
  typeorm: ["persistence"],
  "@nestjs/typeorm": ["persistence"],
};

const isSpec = (file: string): boolean => file.endsWith(".spec.ts");

/**
 * `src/live/ticker.ts` → `live`, `src/persistence/stores/gaps/x.ts` → `persistence/stores`,
 * `src/main.ts` → ``.
 */
function roomOf(file: string): string {
  const folders = posix.dirname(file).split("/").slice(1);
  return folders.slice(0, folders[0] === "persistence" ? 2 : 1).join("/");
}

/** Imports between rooms that the layout does not allow. */
export function forbiddenImports(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ file, specifier }) => {
    const reason = refusal(file, specifier);
    return reason === undefined ? [] : [`${file} imports ${specifier}: ${reason}`];
  });
}

function refusal(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return packageRefusal(file, specifier);
  const target = resolve(file, specifier);
  if (!target.startsWith("src/"))
    return isSpec(file) ? undefined : "the product imports nothing outside src";
  const [from, to] = [roomOf(file), roomOf(target)];
  if (from === to || ASSEMBLY.includes(from)) return undefined;
  if (from === "config" && SETTINGS.test(target)) return undefined;
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return `folder ${from} is not in the layout`;
  if (ASSEMBLY.includes(to)) return "no room imports the files that assemble the application";
  const isLeaf = LEAVES.includes(to) && !(from in SELF_CONTAINED);
  return allowed.includes(to) || (isLeaf && !LEAVES.includes(from))
    ? undefined
    : `${from} may not import ${to}`;
}

function packageRefusal(file: string, specifier: string): string | undefined {
  if (isSpec(file)) return undefined;
  const room = roomOf(file);
  if (room === "waiting" && TIMERS.test(specifier)) return undefined;
  const refused = SELF_CONTAINED[room];
  if (refused !== undefined) return refused;
  const name = packageOf(specifier);
  const homes = CONFINED[name];
  return homes === undefined || homes.some((home) => room === home || room.startsWith(`${home}/`))
    ? undefined
    : `${name} stays in ${homes.join(", ")}`;
}
