import type { Answer, SymbolHole, RestRequest, TradePage, Venue } from "../../src/venues/venue.js";
import type { Dialect, Print } from "../support/exchange/dialect.js";
import { OPEN, type VenueFixture } from "./fixtures.js";

const HOUR = 3_600_000;

type Rest = Dialect["rest"];

/** How the venue's REST fills a hole, page after page. */
export function testHoles(venue: Venue, { symbols, rest }: VenueFixture): void {
  if (venue.repair.kind === "none") return;
  const { paging } = venue.repair;
  const [symbol] = symbols;
  const served = (prints: readonly Print[], hole: SymbolHole): Repaired => {
    if (rest === undefined) throw new Error("the fixture has no REST");
    return repaired(venue, rest, prints, hole);
  };

  describe("a hole", () => {
    it.each(
      [
        hole("of one trade", 50, 25, 25, (index) => index * 1_000),
        hole("of several pages", 5_000, 700, 4_300, (index) => index * 37),
        // Kraken pages by time: it cannot continue after a page of one nanosecond, and would say
        // so.
        hole("with a burst of one millisecond", 1_200, 100, 800, (index) =>
          Math.floor(index / 400),
        ),
        hole(
          "with quiet hours inside",
          400,
          100,
          300,
          (index) => index * 1_000 + (index > 200 ? 5 * HOUR : 0),
        ),
      ].filter(({ count }) => paging !== "newest only" || count <= 1_000),
    )("is fetched whole: $what", ({ count, first, last, timeOf }) => {
      const all = prints(symbol, count, timeOf);
      const missing = holeOf(all, first, last);
      const { ids, reported } = served(all, missing);
      expect(sorted(ids)).toEqual(idsOf(missing));
      expect(reported).toBe(missing.to - missing.from);
    });

    it("without trades at the venue is reported completely, as void", () => {
      const all = prints(symbol, 300, (index) => index * 100);
      const missing = holeOf(all, 100, 199);
      const there = all.filter(({ id }) => id < 5_120 || id >= 5_180);
      const { ids, reported } = served(there, missing);
      expect(sorted(ids)).toEqual(
        idsOf(missing).filter((id) => Number(id) < 5_120 || Number(id) >= 5_180),
      );
      expect(reported).toBe(missing.to - missing.from);
    });

    it("of which the venue serves nothing is not reported, and ends", () => {
      const all = prints(symbol, 300, (index) => index * 100);
      const { ids, reported } = served([], holeOf(all, 100, 199));
      expect(ids).toEqual([]);
      expect(reported).toBe(0n);
    });

    if (paging === "newest only")
      it("before the newest thousand is not reported", () => {
        const all = prints(symbol, 3_000, (index) => index * 10);
        const { ids, reported } = served(all, holeOf(all, 1_900, 2_100));
        expect([ids[0], ids.at(-1)]).toEqual(["7000", "7100"]);
        expect(reported).toBe(101n);
      });
  });
}

interface HoleCase {
  what: string;
  /** Trades, and which of them are missing, both inclusive. */
  count: number;
  first: number;
  last: number;
  timeOf: (index: number) => number;
}

function hole(
  what: string,
  count: number,
  first: number,
  last: number,
  timeOf: (index: number) => number,
): HoleCase {
  return { what, count, first, last, timeOf };
}

function prints(symbol: string, count: number, timeOf: (index: number) => number): Print[] {
  return Array.from({ length: count }, (_, index) => ({
    symbol,
    id: 5_000 + index,
    price: "64000.5",
    amount: "0.25",
    takerSide: index % 3 === 0 ? "buy" : "sell",
    time: OPEN + timeOf(index),
  }));
}

/** The hole between two indices of what should be there. */
function holeOf(all: readonly Print[], first: number, last: number): SymbolHole {
  const at = (index: number): Print => all[index] as Print;
  return {
    symbol: at(0).symbol,
    from: BigInt(at(first).id),
    to: BigInt(at(last).id) + 1n,
    after: at(first - 1).time,
    before: at(last + 1).time,
  };
}

interface Repaired {
  ids: string[];
  reported: bigint;
}

/** Follows the pages of a repair to their end. */
function repaired(
  venue: Venue,
  rest: Rest,
  served: readonly Print[],
  missing: SymbolHole,
): Repaired {
  if (venue.repair.kind !== "by id") throw new Error("no repair path");
  const ids: string[] = [];
  let [reported, pages] = [0n, 0];
  let request: RestRequest<TradePage> | undefined = venue.repair.begin(missing, "live");
  while (request !== undefined) {
    if (++pages > 200) throw new Error(`no end: ${request.path}`);
    const url = new URL(request.path, "http://exchange");
    const body = JSON.stringify(rest(url, () => served));
    const answer: Answer<TradePage> = request.read(body, { receivedAt: OPEN + 10 * HOUR });
    if (!answer.ok) throw new Error(`${answer.reason}: ${answer.detail}`);
    const page: TradePage = answer.value;
    expect(page.refused).toEqual([]);
    ids.push(...page.trades.map(({ ord }) => ord));
    if (page.reported !== undefined) reported += page.reported.to - page.reported.from;
    request = page.next;
  }
  return { ids, reported };
}

function idsOf({ from, to }: SymbolHole): string[] {
  return Array.from({ length: Number(to - from) }, (_, index) => (from + BigInt(index)).toString());
}

const sorted = (ids: readonly string[]): string[] =>
  [...new Set(ids)].sort((a, b) => Number(BigInt(a) - BigInt(b)));
