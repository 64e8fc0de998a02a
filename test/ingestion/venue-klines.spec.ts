import type { Interval } from "../../src/domain/interval.js";
import type { Kline } from "../../src/venues/venue.js";
import { Venues } from "../../src/venues/venues.js";

const OPEN = 1_672_531_200_000;
const MINUTE = 60_000;
const S = OPEN / 1_000;

const FULL: Kline = {
  openTime: OPEN,
  open: "30000.5",
  high: "30010",
  low: "29990",
  close: "30001",
  volume: "12.34567891",
  quoteVolume: null,
  trades: null,
  takerBuyVolume: null,
  takerBuyQuoteVolume: null,
};

/** Answers as the venues' documents show them: newest first where they are, numbers where they are numbers. */
const CASES: [
  name: string,
  symbol: string,
  body: string,
  told: Partial<Kline>,
][] = [
  [
    "binance",
    "BTCUSDT",
    `[[${OPEN},"30000.50000000","30010.00000000","29990.00000000","30001.00000000","12.34567891",${OPEN + MINUTE - 1},"370371.1",308,"7.5","225003.25","0"]]`,
    {
      quoteVolume: "370371.1",
      trades: 308,
      takerBuyVolume: "7.5",
      takerBuyQuoteVolume: "225003.25",
    },
  ],
  [
    "bitstamp",
    "btcusd",
    `{"data":{"ohlc":[{"close":"30001","high":"30010","low":"29990","open":"30000.50","timestamp":"${S}","volume":"12.34567891"}],"pair":"BTC/USD"}}`,
    {},
  ],
  [
    "bybit",
    "BTCUSDT",
    `{"retCode":0,"retMsg":"OK","result":{"symbol":"BTCUSDT","category":"spot","list":[["${OPEN + MINUTE}","1","1","1","1","1","1"],["${OPEN}","30000.5","30010","29990","30001","12.34567891","370371.1"]]},"time":1}`,
    { quoteVolume: "370371.1" },
  ],
  [
    "coinbase",
    "BTC-USD",
    `[[${S + 60},1,1,1,1,1],[${S},29990,30010,30000.50,30001,12.34567891]]`,
    {},
  ],
  [
    "kraken",
    "BTC/USD",
    `{"error":[],"result":{"XXBTZUSD":[[${S},"30000.5","30010.0","29990.0","30001.0","30003.2","12.34567891",308],[${S + 60},"1","1","1","1","1","0",0]],"last":${S}}}`,
    { trades: 308 },
  ],
  [
    "okx",
    "BTC-USDT",
    `{"code":"0","msg":"","data":[["${OPEN}","30000.5","30010","29990","30001","12.34567891","12.34567891","370371.1","1"]]}`,
    { quoteVolume: "370371.1" },
  ],
];

describe.each(CASES)("candles of %s", (name, symbol, body, told) => {
  const klines = new Venues().get(name)?.klines;

  it("are read in exact decimals, null where the venue does not tell", () => {
    const question = klines?.fetch(symbol, "1m", OPEN, OPEN + MINUTE);
    expect(question?.read(body, OPEN)).toEqual({
      ok: true,
      value: [{ ...FULL, ...told }],
    });
  });

  it("are refused as a whole when one of them cannot be read", () => {
    const question = klines?.fetch(symbol, "1m", OPEN, OPEN + MINUTE);
    const broken = body.replace(/"?12\.34567891"?/, '"many"');
    expect(question?.read(broken, OPEN)).toMatchObject({
      ok: false,
      reason: "bad_kline",
    });
  });

  it("are not asked for where the venue has no such interval", () => {
    const offered = Object.keys(klines?.intervals ?? {}) as Interval[];
    expect(offered).toContain("1m");
    expect(offered).not.toContain("3d");
    expect(klines?.fetch(symbol, "3d", OPEN, OPEN + MINUTE)).toBeUndefined();
  });
});
