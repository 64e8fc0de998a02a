import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Process, type Settings, until } from "../app.js";
import { Broker } from "../broker.js";
import { ClockSteps } from "../clock-steps.js";
import { type TestPostgres, freePort, startPostgres } from "../postgres.js";
import { createDatabase } from "../databases.js";
import type { Victim } from "./soak-plan.js";

const RESTART_MS = 1_000;

/** One process of the built product, restarted whenever it ends, as a supervisor would. */
class Kept {
  kills = 0;
  /** Output of each process that ended by itself. */
  readonly ends: string[] = [];
  private process: Process | undefined;
  private isWanted = true;
  private isRestarting = false;
  private readonly keeping: Promise<void>;

  constructor(private settings: Settings) {
    this.keeping = this.keep();
  }

  get output(): string {
    return this.process?.output ?? "";
  }

  async kill(): Promise<void> {
    if (this.process?.isRunning !== true) return;
    this.kills++;
    await this.process.kill();
  }

  /** In good order, as an operator does who has changed a setting; undefined is the default. */
  async restartWith(name: string, value: string | undefined): Promise<void> {
    const { [name]: _, ...others } = this.settings;
    this.settings = value === undefined ? others : { ...others, [name]: value };
    this.isRestarting = true;
    if (this.process?.isRunning === true) await this.process.stop(60_000);
  }

  /** In good order; returns what it says of itself. */
  async stop(): Promise<{ code: number | null; output: string } | undefined> {
    this.isWanted = false;
    const end = await this.process?.stop(60_000);
    await this.keeping;
    return end;
  }

  private async keep(): Promise<void> {
    while (this.isWanted) {
      const process = await Process.start(["serve"], this.settings);
      this.process = process;
      const { signal, output } = await process.finished(86_400_000);
      const isExpected = signal === "SIGKILL" || this.isRestarting;
      this.isRestarting = false;
      if (this.isWanted && !isExpected) this.ends.push(output.slice(-3_000));
      if (this.isWanted) await sleep(RESTART_MS);
    }
  }
}

/**
 * The product as processes of three kinds, with a broker and a database of their own, all of which
 * can be killed.
 */
export class SoakSystem {
  readonly url: string;
  /** Kills of each, as far as there was something to kill. */
  readonly killed: Partial<Record<Victim, number>> = {};
  private readonly writers: Kept[];
  private readonly api: Kept;

  /** Changes of INTERVALS. */
  intervalChanges = 0;
  private constructor(
    private readonly broker: Broker,
    private readonly postgres: TestPostgres,
    readonly databaseUrl: string,
    readonly settings: Settings,
    port: number,
    writers: number,
    private readonly clock: ClockSteps,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    const writing = { ...settings, ROLES: "ingestion,recorder" };
    this.writers = Array.from({ length: writers }, () => new Kept(writing));
    this.api = new Kept({ ...settings, ROLES: "api", PORT: String(port) });
  }

  static async start(settings: Settings, writers: number): Promise<SoakSystem> {
    const [broker, postgres] = await Promise.all([Broker.start(), startPostgres()]);
    const databaseUrl = await createDatabase(postgres.url);
    const clock = new ClockSteps();
    const all = {
      ...clock.settings,
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: broker.brokers,
      TOPIC_PREFIX: `soak-${randomBytes(4).toString("hex")}.`,
      KAFKA_PARTITIONS: "4",
      ...settings,
    };
    const port = await freePort();
    return new SoakSystem(broker, postgres, databaseUrl, all, port, writers, clock);
  }

  async isReady(): Promise<boolean> {
    try {
      const limit = { signal: AbortSignal.timeout(5_000) };
      return (await fetch(`${this.url}/health/ready`, limit)).status === 200;
    } catch {
      return false;
    }
  }

  async ready(limitMs = 60_000): Promise<void> {
    await until(
      () => this.isReady(),
      limitMs,
      () => `not ready:\n${this.api.output.slice(-3_000)}`,
    );
  }

  /** SIGKILL; whatever it is comes back by itself within seconds. */
  async kill(victim: Victim): Promise<void> {
    this.killed[victim] = (this.killed[victim] ?? 0) + 1;
    const [a, b] = this.writers;
    switch (victim) {
      case "writer a":
        return a?.kill();
      case "writer b":
        return b?.kill();
      case "both writers":
        await Promise.all(this.writers.map((writer) => writer.kill()));
        return;
      case "api":
        return this.api.kill();
      case "broker":
        await this.broker.kill();
        await sleep(RESTART_MS);
        return this.broker.restart();
      case "database":
        await this.postgres.kill();
        await sleep(RESTART_MS);
        return this.postgres.restart();
    }
  }

  /** The writers stop, and come back with this setting. The API keeps the default. */
  async changeIntervals(intervals: string | undefined): Promise<void> {
    this.intervalChanges++;
    await Promise.all(this.writers.map((writer) => writer.restartWith("INTERVALS", intervals)));
  }

  /** Sets the wall clocks of all processes; the database's and the broker's stay. */
  stepClocks(byMs: number): void {
    this.clock.step(byMs);
  }

  /** Outputs of processes that ended without being killed. */
  get ends(): string[] {
    return [...this.writers, this.api].flatMap(({ ends }) => ends);
  }

  get outputs(): string {
    return [...this.writers, this.api]
      .map(({ output }, index) => `== process ${index}\n${output.slice(-4_000)}`)
      .join("\n");
  }

  /** Stops the product in good order; broker and database go on. */
  async stopProduct(): Promise<(number | null | undefined)[]> {
    const ends = await Promise.all([...this.writers, this.api].map((kept) => kept.stop()));
    return ends.map((end) => end?.code);
  }

  async close(): Promise<void> {
    await this.stopProduct();
    await this.broker.stop();
    await this.postgres.stop();
    this.clock.close();
  }
}
