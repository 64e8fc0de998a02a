import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import kafkajs from "kafkajs";
import { freePort, runFolder } from "./postgres.js";
import { atSuiteEnd } from "./suite-end.js";

const POM = resolve("test/support/kafka/pom.xml");
const JARS = resolve(".cache/kafka/4.3.1");
const JVM = [
  "-XX:TieredStopAtLevel=1",
  "-XX:+UseSerialGC",
  "-Xshare:auto",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

/** Whether this machine can run a broker: Java, and Maven or the jars it has fetched before. */
export function canRunBroker(): boolean {
  return works("java", "-version") && (existsSync(JARS) || works("mvn", "--version"));
}

function works(command: string, argument: string): boolean {
  try {
    execFileSync(command, [argument], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Fetches the jars once; the folder appears whole or not at all. */
function jars(): string {
  if (!existsSync(JARS)) {
    const fetched = mkdtempSync(join(tmpdir(), "tapeline-jars-"));
    execFileSync(
      "mvn",
      [
        "-q",
        "-B",
        "-ntp",
        "-f",
        POM,
        "dependency:copy-dependencies",
        `-DoutputDirectory=${fetched}/jars`,
        "-DincludeScope=runtime",
      ],
      {
        stdio: ["ignore", "inherit", "inherit"],
        cwd: fetched,
      },
    );
    mkdirSync(resolve(JARS, ".."), { recursive: true });
    try {
      execFileSync("cp", ["-r", join(fetched, "jars"), `${JARS}.${process.pid}`]);
      if (!existsSync(JARS)) renameSync(`${JARS}.${process.pid}`, JARS);
    } finally {
      rmSync(fetched, { recursive: true, force: true });
      rmSync(`${JARS}.${process.pid}`, { recursive: true, force: true });
    }
  }
  return `${JARS}/*`;
}

/** A broker of one node that the test owns. */
export class Broker {
  private child: ChildProcess | undefined;

  private constructor(
    /** `host:port`, as KAFKA_BROKERS takes it. */
    readonly brokers: string,
    private readonly home: string,
    private readonly classpath: string,
  ) {}

  /**
   * `advertised` is the port that clients are given, such as a proxy's; the broker's own by
   * default.
   */
  static async start(ports: { own?: number; advertised?: number } = {}): Promise<Broker> {
    const home = runFolder("kafka-");
    const port = ports.own ?? (await freePort());
    const controller = await freePort();
    const settings = {
      "process.roles": "broker,controller",
      "node.id": "1",
      "controller.quorum.voters": `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
      "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.advertised ?? port}`,
      "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      "inter.broker.listener.name": "PLAINTEXT",
      "controller.listener.names": "CONTROLLER",
      "log.dirs": join(home, "data"),
      "default.replication.factor": "1",
      "offsets.topic.replication.factor": "1",
      "offsets.topic.num.partitions": "1",
      "transaction.state.log.replication.factor": "1",
      "transaction.state.log.min.isr": "1",
      "transaction.state.log.num.partitions": "1",
      // A misspelt topic must not appear by itself.
      "auto.create.topics.enable": "false",
      // The first member of a group need not wait for others.
      "group.initial.rebalance.delay.ms": "0",
      "group.min.session.timeout.ms": "1000",
      // After a kill the controller takes the broker back when its old session has ended: 9 s by
      // default.
      "broker.session.timeout.ms": "2000",
      "broker.heartbeat.interval.ms": "500",
      "log.cleaner.dedupe.buffer.size": "16777216",
      "num.network.threads": "2",
      "num.io.threads": "2",
    };
    writeFileSync(
      join(home, "server.properties"),
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(""),
    );
    const broker = new Broker(`127.0.0.1:${port}`, home, jars());
    atSuiteEnd(() => broker.remove());
    broker.java(["-Xmx128m"], "kafka.tools.StorageTool", [
      "format",
      "-t",
      "dGFwZWxpbmUtdGVzdC0wMQ",
      "-c",
      join(home, "server.properties"),
    ]);
    await broker.restart();
    return broker;
  }

  private java(memory: string[], main: string, args: string[]): void {
    execFileSync(
      "java",
      [...memory, ...JVM, "-cp", this.classpath, main, ...args],
      // Its output is then part of the error.
      { stdio: ["ignore", "ignore", "pipe"] },
    );
  }

  /** Starts it on the same port and data, and waits until it answers. */
  async restart(): Promise<void> {
    const log = openSync(join(this.home, "server.log"), "a");
    const args = [
      "-Xms128m",
      "-Xmx384m",
      "-XX:MaxDirectMemorySize=128m",
      ...JVM,
      "-cp",
      this.classpath,
      "kafka.Kafka",
      join(this.home, "server.properties"),
    ];
    this.child = spawn("java", args, { stdio: ["ignore", log, log] });
    running.add(this.child);
    const limit = Date.now() + 60_000;
    while (!(await this.answers())) {
      if (this.child.exitCode !== null || Date.now() > limit) {
        throw new Error(
          `the broker did not start:\n${readFileSync(join(this.home, "server.log"), "utf8").slice(-2_000)}`,
        );
      }
      await sleep(200);
    }
  }

  /** SIGKILL, like a crash of its machine. */
  kill(): Promise<void> {
    return this.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    await this.remove();
  }

  /** Without the time that an orderly end takes. */
  private async remove(): Promise<void> {
    await this.end("SIGKILL");
    rmSync(this.home, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
    running.delete(child);
  }

  private async answers(): Promise<boolean> {
    const kafka = new kafkajs.Kafka({
      brokers: [this.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 0 },
      connectionTimeout: 1_000,
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      return (await admin.describeCluster()).brokers.length > 0;
    } catch {
      return false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

const running = new Set<ChildProcess>();
// A failed suite leaves no broker running.
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));
