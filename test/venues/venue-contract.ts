import fc from "fast-check";
import { parseMarket, splitMarket } from "../../src/domain/market.js";
import { MAX_AHEAD_MS, type Trade, faultOf } from "../../src/domain/trade.js";
import { DAY_MS, MINUTE_MS } from "../../src/domain/units.js";
import { type Frame, type Venue, idKindOf } from "../../src/venues/venue.js";
import type { VenueFixture } from "./fixtures.js";
import { testDeclarations } from "./contract-declarations.js";
import { testHoles } from "./contract-holes.js";
import { testRequests } from "./contract-requests.js";

/** A symbol ends up in addresses, messages and keys. */
const NO_SYMBOLS = ["", " ", "BTC USD", "../x", "BTC\n", "A?b=c", "Ä", "A,B"];
const FRAME_TYPES = ["trades", "answer", "newest", "other", "shutdown", "unreadable"];
/** What stands in place of a value that a venue's documents promise. */
const STRANGE: unknown[] = [null, "", "x", -1, 1e300, {}, [], [null], true];

/** Elements of a list whose values are replaced: the first ones, and the last. */
const MAX_ELEMENTS = 12;

/** What holds for every venue. */
export function testVenue(venue: Venue, fixture: VenueFixture): void {
  describe(`venue ${venue.name}`, () => {
    testSymbols(venue, fixture);
    testDeclarations(venue);
    testSubscriptions(venue, fixture);
    testDecoding(venue, fixture);
    testRequests(venue, fixture);
    testHoles(venue, fixture);
  });
}

function testSymbols({ name, symbols }: Venue, { symbols: own, nonsense }: VenueFixture): void {
  it("has a name and symbols of which markets can be made", () => {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    for (const symbol of own)
      expect(parseMarket(`${name}:${symbol}`)).toEqual({ venue: name, symbol });
  });

  it("takes its own symbols, and no other's", () => {
    for (const symbol of own) expect(symbol).toMatch(symbols.pattern);
    const [example] = /(?<=such as )\S+$/.exec(symbols.rule) ?? [];
    expect(example).toMatch(symbols.pattern);
    for (const symbol of [...NO_SYMBOLS, "A".repeat(65), ...nonsense])
      expect(symbol).not.toMatch(symbols.pattern);
  });
}

function testSubscriptions(venue: Venue, { symbols }: VenueFixture): void {
  it("connects to the given address, and subscribes every symbol", () => {
    for (const base of [venue.wsUrl, "ws://127.0.0.1:8080/path"]) {
      const url = venue.url(base, symbols);
      expect(new URL(url).host).toBe(new URL(base).host);
      const all = [url, ...venue.subscribe(symbols, 1)].join("\n");
      for (const symbol of symbols) expect(said(all)).toContain(said(symbol));
    }
  });

  it("ends and restarts one symbol's stream by JSON messages with ids of their own", () => {
    const [one, other] = symbols;
    const again = venue.resubscribe(one, 7);
    expect(again.length).toBeGreaterThan(1);
    expect(again.every((text) => said(text).includes(said(one)))).toBe(true);
    expect(said(again.join())).not.toContain(said(other));
    for (const messages of [again, venue.subscribe(symbols, 1)]) {
      for (const text of messages) expect(JSON.parse(text)).toBeInstanceOf(Object);
      expect(new Set(messages).size).toBe(messages.length);
    }
  });
}

/** Some venues have their symbols in lower case in the names of streams. */
const said = (text: string): string => text.toLowerCase();

function testDecoding(venue: Venue, { frames, refused }: VenueFixture): void {
  const all = frames();
  const decode = (text: string, receivedAt: number): Frame =>
    venue.decode(text, { receivedAt, source: "live" });

  it("decodes its frames to trades that can be stored", () => {
    const seen = new Set<string>();
    const markets = new Set<string>();
    const types = new Set<string>();
    let oldest = 0;
    for (const { text, receivedAt } of all) {
      const frame = decode(text, receivedAt);
      types.add(frame.type);
      if (frame.type === "trades")
        for (const { reason } of frame.refused) expect(reason).toBe(refused);
      for (const trade of tradesOf(frame)) {
        expectSane(venue, trade, receivedAt);
        seen.add(`${trade.market} ${trade.id}`);
        markets.add(trade.market);
        oldest = Math.min(oldest, trade.time - receivedAt);
      }
    }
    expect(seen.size).toBeGreaterThan(0);
    expect(types).not.toContain("unreadable");
    for (const market of markets) expect(splitMarket(market).symbol).toMatch(venue.symbols.pattern);
    expect(oldest).toBeGreaterThan(-DAY_MS);
  });

  it("refuses truncated, changed and foreign frames with a reason, and does not throw", () => {
    for (const { text, receivedAt } of sample(all)) {
      const cut = (at: number): string => text.slice(0, at);
      const broken = Array.from({ length: 40 }, (_, n) => cut(Math.floor((text.length * n) / 40)));
      for (const changed of [...broken, ...mutants(text)]) {
        const frame = decode(changed, receivedAt);
        expect(FRAME_TYPES).toContain(frame.type);
        if (frame.type === "unreadable") expect(frame.reason).toMatch(/^[a-z_]+$/);
        for (const trade of tradesOf(frame)) expectSane(venue, trade, receivedAt);
      }
    }
    const context = { receivedAt: Date.now(), source: "live" } as const;
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const frame = venue.decode(text, context);
        expect(FRAME_TYPES).toContain(frame.type);
        expect(tradesOf(frame)).toEqual([]);
      }),
    );
  });
}

function tradesOf(frame: Frame): readonly Trade[] {
  if (frame.type !== "trades") return [];
  for (const { reason, detail } of frame.refused) {
    expect(reason).toMatch(/^[a-z_]+$/);
    expect(detail).not.toBe("");
  }
  return frame.trades;
}

/**
 * Canonical decimals, a time that can be, and a market of the venue. Of tens of thousands of
 * trades: `expect` is called for a wrong one only, since it takes longer than decoding.
 */
function expectSane(venue: Venue, trade: Trade, receivedAt: number): void {
  const fault = faultOf(trade, receivedAt + MAX_AHEAD_MS + MINUTE_MS);
  const isSane =
    fault === undefined &&
    splitMarket(trade.market).venue === venue.name &&
    trade.ids === idKindOf(venue.ids) &&
    trade.receivedAt === receivedAt &&
    trade.source === "live";
  if (!isSane) expect({ trade, receivedAt, fault }).toEqual(`a sane trade of ${venue.name}`);
}

/** A few of each length: frames of one kind are alike. */
function sample<T extends { text: string }>(frames: readonly T[]): T[] {
  const byKind = new Map<string, T>();
  for (const frame of frames) byKind.set(frame.text.replace(/[\d.]+/g, "").slice(0, 60), frame);
  return [...byKind.values()].slice(0, 12);
}

/** The JSON text with each of its values, in turn, replaced by each strange one. */
function* mutants(text: string): Generator<string> {
  const whole: unknown = JSON.parse(text);
  for (const path of pathsOf(whole))
    for (const strange of STRANGE) {
      const copy: unknown = JSON.parse(text);
      yield JSON.stringify(put(copy, path, strange));
    }
}

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Object.entries(value);
  // The time for all mutants of a list of trades grows with the square of its length.
  const tried =
    Array.isArray(value) && entries.length > MAX_ELEMENTS
      ? [...entries.slice(0, MAX_ELEMENTS - 1), ...entries.slice(-1)]
      : entries;
  return [path, ...tried.flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function put(value: unknown, path: string[], strange: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return strange;
  const holder = value as Record<string, unknown>;
  holder[key] = put(holder[key], rest, strange);
  return holder;
}
