import fc from "fast-check";
import type { Instrument } from "../../src/domain/instrument.js";
import type { Answer } from "../../src/venues/venue.js";
import { Venues } from "../../src/venues/venues.js";
import { INSTRUMENT_CASES, SPOT_FILTERS } from "../support/instrument-answers.js";

const VENUES = new Venues();

it("every venue with an instruments request is tested here", () => {
  const tested = VENUES.all.filter(({ instruments }) => instruments);
  expect(Object.keys(INSTRUMENT_CASES).sort()).toEqual(tested.map(({ name }) => name));
});

describe.each(Object.entries(INSTRUMENT_CASES))("the instrument of %s", (name, each) => {
  const { symbol, path, weight, body, says, broken, statuses, unknown } = each;
  const venue = VENUES.get(name);
  const instruments = venue?.instruments;
  if (venue === undefined || instruments === undefined) throw new Error(name);
  const request = instruments.fetch([symbol]);
  const read = (text: string): Answer<Instrument[]> => request.read(text, { receivedAt: 0 });
  const expected = { market: `${name}:${symbol}`, ...says };

  it("is requested as the venue documents it, within its budget", () => {
    expect([request.path, request.weight]).toEqual([path, weight]);
    expect(symbol).toMatch(venue.symbols.pattern);
    expect(weight).toBeLessThanOrEqual(venue.rest.budget.weight);
  });

  it("is read in exact decimals", () => {
    expect(read(body)).toEqual({ ok: true, value: [expected] });
    // As JSON numbers, too: no size passes through one of ours.
    const numbers = body.replace(/"(0\.\d+)"/g, "$1");
    expect(read(numbers)).toEqual({ ok: true, value: [expected] });
  });

  it.each(statuses)("has a word for what the venue says: %s → %s", (from, to, status) => {
    expect(body).toContain(from);
    expect(read(body.replace(from, to))).toEqual({
      ok: true,
      value: [{ ...expected, status }],
    });
  });

  it("is no instrument of a symbol that the venue does not know", () => {
    if (unknown !== undefined) expect(read(unknown)).toEqual({ ok: true, value: [] });
    const other = body.replaceAll(symbol, "X".repeat(symbol.length));
    // Kraken's answer does not have the requested name of a pair.
    if (name !== "kraken") expect(read(other)).toEqual({ ok: true, value: [] });
  });

  it("is refused with a reason when it cannot be read", () => {
    const [from, to] = broken;
    expect(body).toContain(from);
    expect(read(body.replace(from, to))).toMatchObject({
      ok: false,
      reason: "bad_instrument",
    });
    expect(read(body.slice(0, -1))).toMatchObject({
      ok: false,
      reason: "not_json",
    });
    expect(read(`{"code":-1121,"msg":"Invalid symbol."}`)).toMatchObject({
      ok: false,
      reason: "not_an_answer",
    });
  });

  it("never throws, whatever the answer is", () => {
    const noise = fc.oneof(
      fc.string(),
      fc.json(),
      fc.nat({ max: body.length }).map((at) => body.slice(0, at)),
      fc
        .tuple(fc.nat({ max: body.length }), fc.constantFrom(...'0[]{}",:xn'))
        .map(([at, sign]) => body.slice(0, at) + sign + body.slice(at + 1)),
    );
    fc.assert(
      fc.property(noise, (text) => {
        const answer = read(text);
        if (!answer.ok) expect(answer.reason).toMatch(/^[a-z_]+$/);
      }),
    );
  });
});

it("Binance answers several symbols at once, and a missing step is null", () => {
  const request = VENUES.get("binance")?.instruments?.fetch(["A1", "B2", "C3"]);
  expect(request?.path).toContain("symbols=%5B%22A1%22%2C%22B2%22%2C%22C3%22%5D");
  const row = (symbol: string, filters: string): string =>
    `{"symbol":"${symbol}","status":"TRADING","baseAsset":"${symbol}","quoteAsset":"Q","filters":${filters}}`;
  const zero = `[{"filterType":"PRICE_FILTER","tickSize":"0.00000000"}]`;
  const body = `{"symbols":[${row("C3", zero)},${row("A1", "[]")},${row("A1", SPOT_FILTERS)}]}`;
  const says = { quote: "Q", kind: "spot", status: "trading" };
  const none = { tickSize: null, stepSize: null };
  expect(request?.read(body, { receivedAt: 0 })).toEqual({
    ok: true,
    value: [
      { market: "binance:C3", base: "C3", ...says, ...none },
      // A second row of a symbol is ignored.
      { market: "binance:A1", base: "A1", ...says, ...none },
    ],
  });
});

it("Kraken's answer with more or less than the one requested pair is refused", () => {
  const request = VENUES.get("kraken")?.instruments?.fetch(["BTC/USD"]);
  const pair = `{"tick_size":"0.1","lot_decimals":8,"status":"online"}`;
  for (const result of [`{}`, `{"A":${pair},"B":${pair}}`])
    expect(request?.read(`{"error":[],"result":${result}}`, { receivedAt: 0 })).toMatchObject({
      ok: false,
      reason: "not_an_answer",
    });
  expect(request?.read(`{"error":["EGeneral:Internal error"]}`, { receivedAt: 0 })).toMatchObject({
    ok: false,
    reason: "not_an_answer",
  });
});
