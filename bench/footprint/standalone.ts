import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Settings } from "../../test/support/app.js";
import { freePort } from "../../test/support/postgres.js";
import type { VenueServer } from "../../test/support/venue-server.js";

/** The default feeds. */
export const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "ADAUSDT"];

/** What `npm start` has without servers: an exchange, and a folder for the embedded database. */
export class Standalone {
  private constructor(
    readonly settings: Settings,
    private readonly folder: string,
  ) {}

  static async make(venue: VenueServer): Promise<Standalone> {
    const folder = mkdtempSync(join(tmpdir(), "tapeline-bench-"));
    // As root, PostgreSQL runs as another user, who needs access.
    chmodSync(folder, 0o755);
    const settings = {
      FEEDS: SYMBOLS.map((symbol) => `binance:${symbol}`).join(","),
      BINANCE_WS_URL: venue.wsUrl,
      BINANCE_REST_URL: venue.restUrl,
      DATA_DIR: folder,
      EMBEDDED_PORT: String(await freePort()),
    };
    return new Standalone(settings, folder);
  }

  /** Pid of the embedded database's first process. */
  get postmaster(): number {
    const file = join(this.folder, "postgres", "postmaster.pid");
    return Number(readFileSync(file, "utf8").split("\n")[0]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
