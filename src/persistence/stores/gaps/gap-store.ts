import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Market } from "../../../domain/market.js";
import { timesAround } from "./hole-times.js";

/**
 * - `open`: known, not yet requested from the venue
 * - `repairing`: its trades are being requested, or will be requested again
 * - `unrepairable`: the venue does not return them, for a reason; retried rarely
 * - `repaired`, `void`: ended; void when the venue has no trade for any of its ids
 */
export const GAP_STATES = ["open", "repairing", "unrepairable", "repaired", "void"] as const;
export type GapState = (typeof GAP_STATES)[number];

/** Raw ids that are missing: `fromId … toId`, both inclusive. */
export interface Gap {
  fromId: string;
  toId: string;
  /** Number of ids. */
  ids: string;
  /**
   * Exchange time (epoch ms) of the trade before and of the trade behind; null when that trade was
   * dropped.
   */
  afterTime: number | null;
  beforeTime: number | null;
  state: GapState;
  /** Of the ids of an ended gap: with a trade, and without one at the venue. Null before. */
  filled: string | null;
  voided: string | null;
  /** Why it is not repaired (yet). */
  reason: string | null;
  /** When it was first seen, epoch ms; null while no process has swept the market. */
  foundAt: number | null;
  /** When it ended, epoch ms; null while it has not. */
  endedAt: number | null;
  /** How often its trades were requested from the venue. */
  attempts: number;
}

/** Gaps of one market, as counts. */
export interface GapFigures {
  market: Market;
  open: number;
  repairing: number;
  unrepairable: number;
  /** Ended gaps, as far as they are kept. */
  repaired: number;
  void: number;
  /** When the oldest that has not ended was first seen, epoch ms. */
  oldestFoundAt: number | null;
  /** Number of raw ids that are missing now. */
  missingIds: string;
}

interface GapRow {
  from_id: string;
  to_id: string;
  ids: string;
  after: string | null;
  before: string | null;
  state: GapState | null;
  reason: string | null;
  found_at: number | null;
  attempts: number | null;
}

type EndedRow = Omit<GapRow, "state"> & { filled: string; ended_at: number };

const AROUND = timesAround("lower(g)", "upper(g)");

/** Current holes, each with the state of the ledger's gap that contains it. */
const MISSING = `
  SELECT lower(g) AS from_id, upper(g) - 1 AS to_id, upper(g) - lower(g) AS ids,
    ${AROUND.after} AS after, ${AROUND.before} AS before,
    l.state, l.reason, (extract(epoch FROM l.found_at) * 1000)::float8 AS found_at, l.attempts
  FROM market m CROSS JOIN unnest(range_merge(m.covered)::int8multirange - m.covered - m.void) g
  LEFT JOIN LATERAL (
    SELECT * FROM gap o WHERE o.market_id = m.id AND o.state NOT IN ('repaired', 'void') AND o.id_from <= lower(g) ORDER BY o.id_from DESC LIMIT 1
  ) l ON l.id_to >= upper(g)
  WHERE m.name = $1 AND lower(g) > $2::bigint AND ($4::gap_state IS NULL OR coalesce(l.state, 'open') = $4)
  ORDER BY lower(g) LIMIT $3`;

/**
 * Ended gaps. Each of their ids has a trade or is void; one that was void has a trade if that came
 * after all.
 */
const ENDED = `
  SELECT g.id_from AS from_id, g.id_to - 1 AS to_id, g.id_to - g.id_from AS ids, f.filled,
    g.after_time AS after, g.before_time AS before, g.reason, g.attempts,
    (extract(epoch FROM g.found_at) * 1000)::float8 AS found_at,
    (extract(epoch FROM g.changed_at) * 1000)::float8 AS ended_at
  FROM market m CROSS JOIN LATERAL (
    SELECT * FROM gap o
    WHERE o.market_id = m.id AND o.id_from > $2::bigint AND o.state IN ('repaired', 'void')
      AND (o.state = 'repaired' OR m.covered && int8range(o.id_from, o.id_to)) = $4
    ORDER BY o.id_from, o.id LIMIT $3
  ) g CROSS JOIN LATERAL (
    SELECT coalesce(sum(upper(x) - lower(x)), 0)::bigint AS filled FROM unnest(m.covered * int8range(g.id_from, g.id_to)::int8multirange) x
  ) f
  WHERE m.name = $1 ORDER BY g.id_from, g.id`;

/** Gaps as the API shows them. */
@Injectable()
export class GapStore {
  constructor(private readonly source: DataSource) {}

  /** Ascending by id; open gaps, or ended ones when `state` is `repaired` or `void`. */
  async page(
    market: Market,
    page: { after?: string; limit: number; state?: GapState },
  ): Promise<Gap[]> {
    const { after = "-1", limit, state = null } = page;
    if (state === "repaired" || state === "void") {
      const hasTrades = state === "repaired";
      const ended: EndedRow[] = await this.source.query(ENDED, [market, after, limit, hasTrades]);
      return ended.map((row) => endedGap(row, state));
    }
    const rows: GapRow[] = await this.source.query(MISSING, [market, after, limit, state]);
    return rows.map(missingGap);
  }

  /** Markets with a gap in the ledger, by name; the first 10,000. */
  async figures(): Promise<GapFigures[]> {
    const rows: Record<string, string | number | null>[] = await this.source.query(
      `SELECT m.name AS market, count(*) FILTER (WHERE g.state = 'open') AS open,
           count(*) FILTER (WHERE g.state = 'repairing') AS repairing,
           count(*) FILTER (WHERE g.state = 'unrepairable') AS unrepairable,
           count(*) FILTER (WHERE g.state = 'repaired' OR e.came) AS repaired,
           count(*) FILTER (WHERE g.state = 'void' AND NOT e.came) AS void,
           (extract(epoch FROM min(g.found_at) FILTER (WHERE g.state NOT IN ('repaired', 'void'))) * 1000)::float8 AS oldest,
           (SELECT coalesce(sum(upper(x) - lower(x)), 0)::text FROM unnest(range_merge(m.covered)::int8multirange - m.covered - m.void) x) AS missing
         FROM gap g JOIN market m ON m.id = g.market_id
         CROSS JOIN LATERAL (SELECT g.state = 'void' AND m.covered && int8range(g.id_from, g.id_to) AS came) e
         GROUP BY m.id ORDER BY m.name LIMIT 10000`,
    );
    return rows.map(({ market, oldest, missing, ...counts }) => ({
      market: String(market),
      open: Number(counts["open"]),
      repairing: Number(counts["repairing"]),
      unrepairable: Number(counts["unrepairable"]),
      repaired: Number(counts["repaired"]),
      void: Number(counts["void"]),
      oldestFoundAt: oldest === null ? null : Math.floor(Number(oldest)),
      missingIds: String(missing),
    }));
  }
}

function missingGap(row: GapRow): Gap {
  return {
    fromId: row.from_id,
    toId: row.to_id,
    ids: row.ids,
    afterTime: row.after === null ? null : Number(row.after),
    beforeTime: row.before === null ? null : Number(row.before),
    state: row.state ?? "open",
    filled: null,
    voided: null,
    reason: row.reason,
    foundAt: row.found_at === null ? null : Math.floor(row.found_at),
    endedAt: null,
    attempts: row.attempts ?? 0,
  };
}

function endedGap(row: EndedRow, state: GapState): Gap {
  return {
    ...missingGap({ ...row, state }),
    filled: row.filled,
    voided: String(BigInt(row.ids) - BigInt(row.filled)),
    endedAt: Math.floor(row.ended_at),
  };
}
