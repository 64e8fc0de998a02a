import { type Config, urlVariable } from "../../config/config.js";
import type { TradeKind } from "../../domain/trade.js";
import type { BulkFiles, Venue } from "../../venues/venue.js";

/** A venue's files with trades of one kind, and the base URL where they are. */
export interface BulkSource {
  base: string;
  files: BulkFiles;
}

type Urls = Pick<Config, "venueUrl">;

/**
 * Undefined for a venue without such files, and for one whose other hosts are set to somewhere
 * else: whoever does that does not mean the exchange's own file host.
 */
export function bulkSource(
  { name, bulk }: Venue,
  kind: TradeKind,
  config: Urls,
): BulkSource | undefined {
  const files = bulk?.files[kind];
  if (bulk === undefined || files === undefined) return undefined;
  const base = config.venueUrl(name, "BULK") ?? (isElsewhere(name, config) ? undefined : bulk.url);
  return base === undefined ? undefined : { base, files };
}

/** For the log at start: that a venue's files are not used, and why; undefined where they are. */
export function withoutFiles({ name, bulk }: Venue, config: Urls): string | undefined {
  if (bulk === undefined || config.venueUrl(name, "BULK") !== undefined) return undefined;
  if (!isElsewhere(name, config)) return undefined;
  return `History of ${name} is loaded by REST only: its addresses are set to somewhere else, and that of its files (${urlVariable(name, "BULK")}) is not`;
}

function isElsewhere(venue: string, config: Urls): boolean {
  return (["WS", "REST"] as const).some((kind) => config.venueUrl(venue, kind) !== undefined);
}
