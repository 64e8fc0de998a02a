import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../test/support/postgres.js";
import { ContestantProcess } from "../harness/contestant-process.js";

const POM = resolve("bench/peers/connect/pom.xml");
const HOME = resolve(".cache/connect/4.3.1-3.6.0.Final");
const SINK = "io.debezium:debezium-connector-jdbc:3.6.0.Final:tar.gz:plugin";

/** Whether it can run here: needs Java, and Maven or its downloads of an earlier run. */
export function canRunConnect(): boolean {
  return works("java", "-version") && (existsSync(HOME) || works("mvn", "-v"));
}

function works(command: string, argument: string): boolean {
  try {
    execFileSync(command, [argument], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Fetches Kafka Connect and Debezium's JDBC sink once; the folder appears whole or not at all. */
function home(): string {
  if (existsSync(HOME)) return HOME;
  mkdirSync(resolve(HOME, ".."), { recursive: true });
  const fetched = mkdtempSync(`${HOME}.`);
  const maven = (...args: string[]): void => {
    execFileSync("mvn", ["-q", "-B", "-ntp", "-f", POM, ...args], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  };
  try {
    maven(
      "dependency:copy-dependencies",
      "-DincludeScope=runtime",
      `-DoutputDirectory=${fetched}/jars`,
    );
    maven(
      "dependency:unpack",
      `-Dartifact=${SINK}`,
      `-DoutputDirectory=${fetched}/plugins`,
      // Otherwise a marker file of an earlier run suppresses the download.
      "-Dmdep.overWriteReleases=true",
    );
    renameSync(fetched, HOME);
  } finally {
    rmSync(fetched, { recursive: true, force: true });
  }
  return HOME;
}

/** The fields of a trade that are stored, as Connect describes them. */
const SCHEMA = {
  type: "struct",
  fields: [
    ...["market", "id", "price", "amount", "takerSide"].map((field) => {
      return { field, type: "string", optional: false };
    }),
    { field: "time", type: "int64", optional: false },
  ],
};

export interface Connect {
  process: ContestantProcess;
  /** The consumer group of its sink. */
  group: string;
  /** Works in any state. */
  close(): Promise<void>;
}

/**
 * Kafka Connect in standalone mode with Debezium's JDBC sink: trades alone, upserted by (market,
 * id), two tasks for two partitions, with the options that its documentation gives for speed.
 */
export async function startConnect(
  brokers: string,
  topic: string,
  databaseUrl: string,
  table: string,
): Promise<Connect> {
  const place = home();
  const folder = mkdtempSync(join(tmpdir(), "tapeline-connect-"));
  const { host, pathname, username, password } = new URL(databaseUrl);
  const name = "trades";
  const worker = {
    "bootstrap.servers": brokers,
    listeners: `http://127.0.0.1:${await freePort()}`,
    "plugin.path": join(place, "plugins"),
    "plugin.discovery": "service_load",
    "offset.storage.file.filename": join(folder, "offsets"),
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "true",
    "value.converter.schema.content": JSON.stringify(SCHEMA),
  };
  const sink = {
    name,
    "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
    "tasks.max": "2",
    topics: topic,
    "consumer.override.max.poll.records": String(BATCH),
    "consumer.override.max.partition.fetch.bytes": "4194304",
    "batch.size": String(BATCH),
    "connection.url": `jdbc:postgresql://${host}${pathname}?reWriteBatchedInserts=true`,
    "connection.username": username,
    "connection.password": password,
    "insert.mode": "upsert",
    "primary.key.mode": "record_value",
    "primary.key.fields": "market,id",
    "collection.name.format": table,
    "dialect.postgres.unnest.insert.enabled": "true",
    "quote.identifiers": "true",
    "schema.evolution": "none",
  };
  writeProperties(join(folder, "worker.properties"), worker);
  writeProperties(join(folder, "sink.properties"), sink);
  // Silences Hibernate's log.
  writeProperties(join(folder, "logging.properties"), { handlers: "" });
  const contestant = ContestantProcess.command("java", [
    "-Xmx1g",
    `-Djava.util.logging.config.file=${join(folder, "logging.properties")}`,
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    `-Dorg.slf4j.simpleLogger.logFile=${join(folder, "connect.log")}`,
    "-cp",
    `${place}/jars/*`,
    "org.apache.kafka.connect.cli.ConnectStandalone",
    join(folder, "worker.properties"),
    join(folder, "sink.properties"),
  ]);
  return {
    process: contestant,
    group: `connect-${name}`,
    close: async () => {
      await contestant.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const BATCH = 5_000;

function writeProperties(file: string, all: Record<string, string>): void {
  writeFileSync(
    file,
    Object.entries(all)
      .map(([key, value]) => `${key}=${value.replaceAll("\\", "\\\\")}\n`)
      .join(""),
  );
}
