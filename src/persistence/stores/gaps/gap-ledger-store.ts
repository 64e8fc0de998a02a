import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Hole } from "../../../domain/coverage.js";
import type { Market } from "../../../domain/market.js";
import { type IdRange, idRangesOf, multirangeOf } from "../../../domain/ranges.js";
import type { TradeKind } from "../../../domain/trade.js";
import { bumpEdgeCandles } from "../../merge/edges.js";
import { lockMarkets } from "../../merge/tape-writer.js";
import { sqlFile } from "../../schema/sql-file.js";
import { type Client, inTransaction } from "../../schema/transaction.js";
import { timesAround } from "./hole-times.js";

const SWEEP = sqlFile(import.meta.url, "sweep-gaps.sql");
const MINUTES = sqlFile(import.meta.url, "minutes-around.sql");
/** New rows per sweep. */
const MAX_FOUND = 10_000;
/** Holes per repair attempt. */
const MAX_HOLES = 100;
const AROUND = timesAround("lower(h)", "upper(h)");

/** Gaps of one market that one sweep found, or ended as repaired or void. */
export interface SweptGaps {
  market: Market;
  event: "found" | "repaired" | "void";
  gaps: number;
  /** Number of ids, the lowest and the highest. */
  ids: string;
  fromId: string;
  toId: string;
  /** Exchange times (epoch ms) around them; null when the trades there were dropped. */
  after: number | null;
  before: number | null;
  /** Raw trades that filled them. */
  trades: string;
  /** Seconds since the oldest of them was found. */
  seconds: number;
}

export interface Sweep {
  found: number;
  repaired: number;
  void: number;
  news: SweptGaps[];
}

/** A gap whose repair is due. */
export interface DueGap {
  id: string;
  market: Market;
  /** Kind of the market's trades: no other can be stored. */
  kind: TradeKind;
  state: "open" | "repairing" | "unrepairable";
  attempts: number;
  /** Outcome of the last attempt, and how many consecutive attempts had it. */
  outcome: string | null;
  consecutive: number;
  /** Number of ids that were missing when it began. */
  missing: bigint | null;
}

/** Result of an attempt. */
export interface Settled {
  state: "repairing" | "unrepairable";
  /** Why it is not repaired (yet), as text for people. */
  reason: string | null;
  outcome: string;
  consecutive: number;
  nextTryMs: number;
}

/** The ledger of gaps and their repair. */
@Injectable()
export class GapLedgerStore {
  constructor(private readonly source: DataSource) {}

  /** Adds new holes, and ends gaps of which no id is missing any more. */
  async sweep(markets: readonly Market[]): Promise<Sweep> {
    const news: SweptGaps[] = await this.source.query(SWEEP, [markets, MAX_FOUND]);
    const sum = (of: SweptGaps["event"]): number =>
      news.reduce((gaps, each) => gaps + (each.event === of ? each.gaps : 0), 0);
    return {
      found: sum("found"),
      repaired: sum("repaired"),
      void: sum("void"),
      news,
    };
  }

  /**
   * The oldest gap of each market whose next try is due and that was found at least `graceMs` ago.
   */
  async due(markets: readonly Market[], graceMs: number): Promise<DueGap[]> {
    const rows: (Omit<DueGap, "missing"> & { missing: string | null })[] = await this.source.query(
      `SELECT g.id, m.name AS market, m.kind, g.state, g.attempts, g.outcome, g.in_a_row AS "consecutive", g.missing
         FROM market m CROSS JOIN LATERAL (
           SELECT * FROM gap o WHERE o.market_id = m.id AND o.state NOT IN ('repaired', 'void')
             -- A row that was changed in the future was dated by a clock that has been set back.
             AND (o.next_try_at <= now() AND o.found_at <= now() - $2 * interval '1 millisecond' OR o.changed_at > now())
           ORDER BY o.found_at, o.id_from LIMIT 1) g
         WHERE m.name = ANY ($1::text[]) ORDER BY g.found_at`,
      [markets, graceMs],
    );
    return rows.map(({ missing, ...gap }) => ({
      ...gap,
      missing: missing === null ? null : BigInt(missing),
    }));
  }

  /**
   * Counts an attempt, and returns what is missing of the gap now: its first holes (a time is null
   * when that trade was dropped), and the number of ids in total. No hole and 0 when it has ended
   * meanwhile.
   */
  async begin(id: string): Promise<{ holes: Hole<number | null>[]; ids: bigint }> {
    const rows: {
      ids: string;
      id_from: string;
      id_to: string;
      after: string | null;
      before: string | null;
    }[] = await this.source.query(
      `WITH g AS (
         UPDATE gap SET state = 'repairing', attempts = attempts + 1, changed_at = now()
         WHERE id = $1 AND state NOT IN ('repaired', 'void') RETURNING *
       )
       SELECT lower(h) AS id_from, upper(h) AS id_to, sum(upper(h) - lower(h)) OVER () AS ids,
         ${AROUND.after} AS after, ${AROUND.before} AS before
       FROM g JOIN market m ON m.id = g.market_id
       CROSS JOIN unnest(int8range(g.id_from, g.id_to)::int8multirange - m.covered - m.void) h ORDER BY lower(h) LIMIT $2`,
      [id, MAX_HOLES],
    );
    return {
      ids: BigInt(rows[0]?.ids ?? 0),
      holes: rows.map(({ id_from, id_to, after, before }) => ({
        from: BigInt(id_from),
        to: BigInt(id_to),
        after: after === null ? null : Number(after),
        before: before === null ? null : Number(before),
      })),
    };
  }

  /**
   * Stores the result of an attempt, and when the next one is due. A gap that has ended meanwhile
   * is unchanged.
   */
  async settle(
    id: string,
    { state, reason, outcome, consecutive, nextTryMs }: Settled,
    missing: bigint,
  ): Promise<void> {
    await this.source.query(
      `UPDATE gap SET state = $2, reason = $3, outcome = $4, in_a_row = $5, missing = $6,
         next_try_at = now() + $7 * interval '1 millisecond', changed_at = now()
       WHERE id = $1 AND state NOT IN ('repaired', 'void')`,
      [id, state, reason, outcome, consecutive, missing.toString(), nextTryMs],
    );
  }

  /**
   * Records ids for which the venue has just returned no trade. Those for which it had none at
   * least `apartMs` ago either become void, and candles at their edges get a new version, in one
   * transaction. Returns how many ids await the second request.
   */
  async absent(gap: DueGap, ids: readonly IdRange[], apartMs: number): Promise<bigint> {
    return inTransaction(this.source, async (client) => {
      const market = await lockedMarket(client, gap.market);
      if (market === undefined) return 0n;
      const { rows } = await client.query<{ confirmed: string; left: string }>(
        `UPDATE gap g SET absent = n.left, absent_at = now(), changed_at = now()
         FROM (
           SELECT o.id, c.confirmed, i.ids - c.confirmed AS left
           FROM gap o JOIN market m ON m.id = o.market_id
           CROSS JOIN LATERAL (SELECT $2::int8multirange * int8range(o.id_from, o.id_to)::int8multirange - m.covered - m.void AS ids) i
           CROSS JOIN LATERAL (SELECT CASE WHEN o.absent_at <= now() - $3 * interval '1 millisecond' THEN i.ids * o.absent ELSE '{}' END AS confirmed) c
           WHERE o.id = $1 AND o.state NOT IN ('repaired', 'void')
         ) n WHERE g.id = n.id
         RETURNING n.confirmed::text,
           (SELECT coalesce(sum(upper(x) - lower(x)), 0)::text FROM unnest(n.left) x) AS left`,
        [gap.id, multirangeOf(ids), apartMs],
      );
      const [row] = rows;
      if (row === undefined) return 0n;
      await this.makeVoid(client, market, idRangesOf(row.confirmed));
      return BigInt(row.left);
    });
  }

  /**
   * Times around holes, as open times of one-minute candles: known also where trades were dropped.
   */
  async minutesAround(market: Market, holes: readonly IdRange[]): Promise<Hole[]> {
    const ends = [holes.map(({ from }) => String(from)), holes.map(({ to }) => String(to))];
    const rows: Record<"id_from" | "id_to" | "after" | "before", string>[] =
      await this.source.query(MINUTES, [market, ...ends]);
    return rows.map(({ id_from, id_to, after, before }) => ({
      from: BigInt(id_from),
      to: BigInt(id_to),
      after: Number(after),
      before: Number(before),
    }));
  }

  /**
   * Makes those of the ids void that are still missing: the venue's candles prove that they have no
   * trade.
   */
  async proven(market: Market, ids: readonly IdRange[]): Promise<void> {
    await inTransaction(this.source, async (client) => {
      const id = await lockedMarket(client, market);
      if (id === undefined) return;
      const { rows } = await client.query<{ ids: string }>(
        "SELECT ($2::int8multirange - covered - void)::text AS ids FROM market WHERE id = $1",
        [id, multirangeOf(ids)],
      );
      await this.makeVoid(client, id, idRangesOf(rows[0]?.ids ?? "{}"));
    });
  }

  /** The caller holds the market's lock. */
  private async makeVoid(client: Client, market: number, ids: readonly IdRange[]): Promise<void> {
    if (ids.length === 0) return;
    await client.query(`UPDATE market SET void = void + $2::int8multirange WHERE id = $1`, [
      market,
      multirangeOf(ids),
    ]);
    await bumpEdgeCandles(client, new Map([[market, ids]]), "all");
  }
}

/** Locks the market, as every write does before it changes candles or coverage. */
async function lockedMarket(client: Client, name: Market): Promise<number | undefined> {
  const { rows } = await client.query<{ id: number }>("SELECT id FROM market WHERE name = $1", [
    name,
  ]);
  const [market] = rows;
  if (market === undefined) return undefined;
  await lockMarkets(client, [market.id]);
  return market.id;
}
