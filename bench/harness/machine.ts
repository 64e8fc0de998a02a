import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import pg from "pg";
import type { Servers } from "./servers.js";

/** The machine and software of a measurement. */
export interface Machine {
  date: string;
  commit: string;
  cpu: string;
  cores: number;
  memoryGB: number;
  node: string;
  postgres: string;
  kafka: string;
}

export async function machine(servers: Servers): Promise<Machine> {
  const client = new pg.Client(await servers.postgresUrl());
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
  await client.end();
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: commit(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 1e9),
    node: process.version,
    postgres: rows[0]?.server_version ?? "unknown",
    kafka: kafkaVersion(),
  };
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // An archive without its history.
    return "unknown";
  }
}

/** Of the jars that the tests' broker runs. */
function kafkaVersion(): string {
  const folder = ".cache/kafka";
  return existsSync(folder) ? (readdirSync(folder)[0] ?? "unknown") : "none";
}
