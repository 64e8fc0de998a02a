import { Injectable, Logger } from "@nestjs/common";
import type { Subscription } from "rxjs";
import type { Market } from "../domain/market.js";
import { type ClaimConnection, ClaimStore } from "../persistence/stores/claim-store.js";
import { FollowedMarkets } from "../venues/followed-markets.js";
import type { VenueMarket } from "../venues/venues.js";

const CLAIM_EVERY_MS = 2_000;

/**
 * Assigns followed markets and jobs to one process each, among all of one database: by an advisory
 * lock each, held by one connection, so that they are free again when the process dies. A lost
 * connection is noticed within seconds; until then two processes may work on the same
 * market, which is redundant but harmless.
 */
@Injectable()
export class MarketClaims {
  private readonly logger = new Logger(MarketClaims.name);
  private markets = new Set<Market>();
  private jobs = new Set<string>();
  private connection: ClaimConnection | undefined;
  private subscription: Subscription | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly followed: FollowedMarkets,
    private readonly store: ClaimStore,
  ) {}

  start(): void {
    this.subscription ??= this.followed.changes.subscribe(() => this.startClaiming());
    this.startClaiming();
  }

  /** Releases all claims. */
  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    clearInterval(this.timer);
    await this.running;
    await this.dropAll();
  }

  has(market: Market): boolean {
    return this.markets.has(market);
  }

  /** Followed markets that this process has claimed. */
  get claimedMarkets(): VenueMarket[] {
    return this.followed.withVenue.filter(({ market }) => this.markets.has(market));
  }

  /** Claims a job; false when another process has it. */
  claimJob(id: string): Promise<boolean> {
    return this.serialized(async () => {
      const connection = await this.connected();
      const isFree = (await connection.claim("job", [id])).length > 0;
      if (isFree) this.jobs.add(id);
      return isFree;
    });
  }

  hasJob(id: string): boolean {
    return this.jobs.has(id);
  }

  releaseJob(id: string): Promise<void> {
    return this.serialized(async () => {
      if (!this.jobs.delete(id)) return;
      await (await this.connected()).release("job", [id]);
    });
  }

  /** Starts claiming. A process that follows no market takes no connection. */
  private startClaiming(): void {
    if (this.timer === undefined && this.followed.withVenue.length === 0) return;
    this.timer ??= setInterval(() => this.runOnce(), CLAIM_EVERY_MS);
    this.runOnce();
  }

  private runOnce(): void {
    this.serialized(() => this.claim()).catch((error: unknown) =>
      this.logger.debug(
        `Lost all claims, will retry in ${CLAIM_EVERY_MS / 1_000} s: ${String(error)}`,
      ),
    );
  }

  /**
   * Runs one operation at a time: a connection runs one statement at a time, and two concurrent
   * operations without a connection would each open one, of which the first would keep its locks
   * until the process ends.
   */
  private serialized<T>(operation: () => Promise<T>): Promise<T> {
    const done = this.running.then(operation).catch(async (error: unknown) => {
      await this.dropAll();
      throw error;
    });
    this.running = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Queries also with nothing left to claim: that checks the connection. */
  private async claim(): Promise<void> {
    const connection = await this.connected();
    await this.releaseUnfollowed(connection);
    const free = this.followed.withVenue
      .map(({ market }) => market)
      .filter((market) => !this.markets.has(market));
    const claimed = await connection.claim("market", free);
    for (const market of claimed) this.markets.add(market);
    if (claimed.length > 0) this.logger.debug(`Claimed ${claimed.join(", ")}`);
  }

  private async releaseUnfollowed(connection: ClaimConnection): Promise<void> {
    const unfollowed = [...this.markets].filter((market) => !this.followed.has(market));
    if (unfollowed.length === 0) return;
    for (const market of unfollowed) this.markets.delete(market);
    await connection.release("market", unfollowed);
  }

  private async connected(): Promise<ClaimConnection> {
    if (this.connection?.isLost === true) await this.dropAll();
    this.connection ??= await this.store.connect();
    return this.connection;
  }

  private async dropAll(): Promise<void> {
    this.markets = new Set();
    this.jobs = new Set();
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }
}
