import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from "@nestjs/common";
import type { Interval } from "../domain/interval.js";
import { UnbuiltStore } from "../persistence/stores/unbuilt-store.js";
import { pause } from "../waiting/pause.js";
import { LiveRooms } from "./live-rooms.js";

const EVERY_MS = 5_000;

/**
 * Makes the clients of an interval subscribe again when its candles have been built: those that
 * nobody had seen before are not published, since a year of them would flood every client.
 */
@Injectable()
export class BuiltWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BuiltWatch.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private lacking: ReadonlySet<Interval> = new Set();

  constructor(
    private readonly unbuilt: UnbuiltStore,
    private readonly rooms: LiveRooms,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    do {
      try {
        this.note(new Set(await this.unbuilt.lacking()));
      } catch (error) {
        this.logger.debug(`Cannot read what is being built, will retry: ${String(error)}`);
      }
    } while (await pause(EVERY_MS, signal));
  }

  private note(lacking: ReadonlySet<Interval>): void {
    const built = new Set([...this.lacking].filter((interval) => !lacking.has(interval)));
    this.lacking = lacking;
    if (built.size > 0)
      this.rooms.resync((channel) => channel.channel === "candles" && built.has(channel.interval));
  }
}
