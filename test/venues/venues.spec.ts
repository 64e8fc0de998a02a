import { Venues } from "../../src/venues/venues.js";
import { FIXTURES } from "./fixtures.js";
import { testVenue } from "./venue-contract.js";

const venues = new Venues();

for (const venue of venues.all) {
  const fixture = FIXTURES[venue.name];
  if (fixture === undefined)
    it(`venue ${venue.name} has a fixture`, () => expect(fixture).toBeDefined());
  else testVenue(venue, fixture);
}

describe("the registry", () => {
  const names = venues.all.map(({ name }) => name);

  it("has each venue once, also as its settings are named", () => {
    const variables = names.map((name) => name.replaceAll("-", "_"));
    expect(new Set(variables).size).toBe(variables.length);
    expect(Object.keys(FIXTURES).sort()).toEqual([...names].sort());
  });

  it("knows whose history can be loaded", () => {
    expect(venues.withHistory.map(({ name }) => name)).toEqual([
      "binance",
      "binance-usdm",
      "coinbase",
      "kraken",
      "okx",
    ]);
  });

  it("knows which markets a feed can follow, and says why the others cannot", () => {
    expect(venues.unknown(["kraken:BTC/USD", "sim:ANY"])).toEqual([]);
    const [unknown, spelt] = venues.unknown(["nowhere:X", "okx:btcusdt"]);
    expect(unknown).toMatch(/of a venue that Tapeline does not know.*binance/);
    expect(spelt).toMatch(/a symbol of okx must be a spot instrument/);
    expect(venues.isFeedVenue("sim")).toBe(true);
    expect(venues.isFeedVenue("posted")).toBe(false);
    expect(venues.of("sim:BTCUSDT")).toBeUndefined();
  });
});
