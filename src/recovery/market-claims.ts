import { Injectable, Logger } from "@nestjs/common";
import type { Subscription } from "rxjs";
import type { Market } from "../domain/market.js";
import {
  type ClaimConnection,
  ClaimStore,
} from "../persistence/stores/claim-store.js";
import { FollowedMarkets } from "../venues/followed-markets.js";
import type { VenueMarket } from "../venues/venues.js";

const EVERY_MS = 2_000;

/**
 * Which followed markets and jobs are this process's to care for, among all processes of one
 * database: an advisory lock each, held by one connection, so that they are free again whenever a
 * process dies. A connection that is lost is noticed within seconds; until then two may work on the
 * same, which is wasteful and harmless.
 */
@Injectable()
export class MarketClaims {
  private readonly logger = new Logger(MarketClaims.name);
  private held = new Set<Market>();
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
    this.subscription ??= this.followed.changes.subscribe(() => this.begin());
    this.begin();
  }

  /** Gives everything back. */
  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    clearInterval(this.timer);
    await this.running;
    await this.connection?.releaseAll();
    await this.lose();
  }

  has(market: Market): boolean {
    return this.held.has(market);
  }

  /** Those that are this process's now. */
  get mine(): VenueMarket[] {
    return this.followed.withVenue.filter(({ market }) =>
      this.held.has(market),
    );
  }

  /** True when the job is this process's from now on. */
  claimJob(id: string): Promise<boolean> {
    return this.inTurn(async () => {
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
    return this.inTurn(async () => {
      if (!this.jobs.delete(id)) return;
      await (await this.connected()).release("job", [id]);
    });
  }

  /** A process with nothing to claim needs no connection. */
  private begin(): void {
    if (this.timer === undefined && this.followed.withVenue.length === 0)
      return;
    this.timer ??= setInterval(() => this.round(), EVERY_MS);
    this.round();
  }

  private round(): void {
    this.inTurn(() => this.claim()).catch((error: unknown) =>
      this.logger.debug(`Claims are lost: ${String(error)}`),
    );
  }

  /**
   * One at a time: a connection answers one question at a time, and two that find none would each make one, of which the
   * first would keep its locks for as long as the process lives.
   */
  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.running.then(act).catch(async (error: unknown) => {
      await this.lose();
      throw error;
    });
    this.running = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Also with nothing left to claim: the question shows that the connection is still there. */
  private async claim(): Promise<void> {
    const connection = await this.connected();
    await this.leaveUnfollowed(connection);
    const free = this.followed.withVenue
      .map(({ market }) => market)
      .filter((market) => !this.held.has(market));
    const claimed = await connection.claim("market", free);
    for (const market of claimed) this.held.add(market);
    if (claimed.length > 0)
      this.logger.debug(`This process cares for ${claimed.join(", ")}`);
  }

  private async leaveUnfollowed(connection: ClaimConnection): Promise<void> {
    const left = [...this.held].filter((market) => !this.followed.has(market));
    if (left.length === 0) return;
    for (const market of left) this.held.delete(market);
    await connection.release("market", left);
  }

  private async connected(): Promise<ClaimConnection> {
    if (this.connection?.isLost === true) await this.lose();
    this.connection ??= await this.store.connect();
    return this.connection;
  }

  private async lose(): Promise<void> {
    this.held = new Set();
    this.jobs = new Set();
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }
}
