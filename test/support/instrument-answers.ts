import type { Instrument } from "../../src/domain/instrument.js";

/** A venue's request for an instrument, and the answer of its documentation. */
export interface InstrumentCase {
  symbol: string;
  /** Path of the request, by the venue's document. */
  path: string;
  weight: number;
  /** An answer as the venue's document shows it, other symbols among it where it has them. */
  body: string;
  says: Omit<Instrument, "market">;
  /** Replaces a size in the answer by an invalid one. */
  broken: [string, string];
  /** Words for the status, each in place of the first one, and what they mean. */
  statuses: [from: string, to: string, status: Instrument["status"]][];
  /** Its answer to an unknown symbol, unless it refuses the request. */
  unknown?: string;
}

export const SPOT_FILTERS = `[{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},{"filterType":"ICEBERG_PARTS","limit":10}]`;
const OTHER = `{"symbol":"ETHUSDT","status":"HALT","baseAsset":7,"filters":"none"}`;

/** By the name of the venue. */
export const INSTRUMENT_CASES: Record<string, InstrumentCase> = {
  binance: {
    symbol: "BTCUSDT",
    path: "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%5D",
    weight: 20,
    body: `{"timezone":"UTC","serverTime":1565246363776,"rateLimits":[],"exchangeFilters":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","quotePrecision":8,"isSpotTradingAllowed":true,"filters":${SPOT_FILTERS},"permissions":[],"permissionSets":[["SPOT","MARGIN"]]}]}`,
    says: {
      base: "BTC",
      quote: "USDT",
      kind: "spot",
      tickSize: "0.01",
      stepSize: "0.00001",
      status: "trading",
    },
    broken: [`"tickSize":"0.01000000"`, `"tickSize":"many"`],
    statuses: [
      [`"TRADING"`, `"HALT"`, "halted"],
      [`"TRADING"`, `"BREAK"`, "halted"],
      [`"TRADING"`, `"SOMETHING_NEW"`, "unknown"],
      [`"TRADING"`, `"toString"`, "unknown"],
      [`"TRADING"`, "3", "unknown"],
    ],
  },
  "binance-usdm": {
    symbol: "BTCUSDT",
    path: "/fapi/v1/exchangeInfo",
    weight: 1,
    body: `{"exchangeFilters":[],"rateLimits":[],"serverTime":1565613908500,"assets":[],"symbols":[${OTHER},{"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL","deliveryDate":4133404800000,"status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USDT","pricePrecision":2,"quantityPrecision":3,"filters":[{"filterType":"PRICE_FILTER","maxPrice":"4529764","minPrice":"556.80","tickSize":"0.10"},{"filterType":"LOT_SIZE","maxQty":"1000","minQty":"0.001","stepSize":"0.001"},{"filterType":"MARKET_LOT_SIZE","stepSize":"0.1"}]}],"timezone":"UTC"}`,
    says: {
      base: "BTC",
      quote: "USDT",
      kind: "perpetual",
      tickSize: "0.1",
      stepSize: "0.001",
      status: "trading",
    },
    broken: [`"quoteAsset":"USDT"`, `"quoteAsset":null`],
    statuses: [
      [`"TRADING"`, `"PENDING_TRADING"`, "announced"],
      [`"TRADING"`, `"SETTLING"`, "closed"],
      [`"TRADING"`, `"CLOSE"`, "closed"],
    ],
  },
  bitstamp: {
    symbol: "btcusd",
    path: "/api/v2/trading-pairs-info/",
    weight: 1,
    body: `[{"name":"ETH/USD","url_symbol":"ethusd","base_decimals":"x"},{"name":"BTC/USD","url_symbol":"btcusd","base_decimals":8,"counter_decimals":0,"instant_order_counter_decimals":2,"minimum_order":"10 USD","trading":"Enabled","instant_and_market_orders":"Enabled","description":"Bitcoin / U.S. dollar"}]`,
    says: {
      base: "BTC",
      quote: "USD",
      kind: "spot",
      tickSize: "1",
      stepSize: "0.00000001",
      status: "trading",
    },
    broken: [`"counter_decimals":0`, `"counter_decimals":19`],
    statuses: [[`"Enabled"`, `"Disabled"`, "halted"]],
  },
  bybit: {
    symbol: "BTCUSDT",
    path: "/v5/market/instruments-info?category=spot&symbol=BTCUSDT",
    weight: 1,
    body: `{"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[{"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","innovation":"0","status":"Trading","marginTrading":"utaOnly","lotSizeFilter":{"basePrecision":"0.000001","quotePrecision":"0.0000001","minOrderQty":"0.000048","maxOrderQty":"71.73956243","minOrderAmt":"5","maxOrderAmt":"4000000"},"priceFilter":{"tickSize":"0.01"},"riskParameters":{"priceLimitRatioX":"0.01"}}]},"retExtInfo":{},"time":1672712468011}`,
    says: {
      base: "BTC",
      quote: "USDT",
      kind: "spot",
      tickSize: "0.01",
      stepSize: "0.000001",
      status: "trading",
    },
    broken: [`"basePrecision":"0.000001"`, `"basePrecision":"-1"`],
    statuses: [[`"Trading"`, `"PreLaunch"`, "announced"]],
    unknown: `{"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[]},"retExtInfo":{},"time":1}`,
  },
  "bybit-linear": {
    symbol: "BTCUSDT",
    path: "/v5/market/instruments-info?category=linear&symbol=BTCUSDT",
    weight: 1,
    body: `{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","launchTime":"1585526400000","deliveryTime":"0","priceScale":"2","priceFilter":{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"},"lotSizeFilter":{"maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001","minNotionalValue":"5"},"settleCoin":"USDT"}],"nextPageCursor":""},"retExtInfo":{},"time":1735809771618}`,
    says: {
      base: "BTC",
      quote: "USDT",
      kind: "perpetual",
      tickSize: "0.1",
      stepSize: "0.001",
      status: "trading",
    },
    broken: [`"tickSize":"0.10"`, `"tickSize":[0.1]`],
    statuses: [
      [`"Trading"`, `"Delivering"`, "closed"],
      [`"Trading"`, `"Closed"`, "closed"],
    ],
    unknown: `{"retCode":10001,"retMsg":"params error: symbol invalid","result":{"category":"","list":[]},"retExtInfo":{},"time":1}`,
  },
  coinbase: {
    symbol: "BTC-USD",
    path: "/products/BTC-USD",
    weight: 1,
    body: `{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01","base_increment":"0.00000001","display_name":"BTC-USD","min_market_funds":"1","margin_enabled":false,"post_only":false,"limit_only":false,"cancel_only":false,"status":"online","status_message":"","trading_disabled":false,"fx_stablecoin":false,"max_slippage_percentage":"0.02000000","auction_mode":false}`,
    says: {
      base: "BTC",
      quote: "USD",
      kind: "spot",
      tickSize: "0.01",
      stepSize: "0.00000001",
      status: "trading",
    },
    broken: [`"base_increment":"0.00000001"`, `"base_increment":"1.2.3"`],
    statuses: [
      [`"online"`, `"delisted"`, "closed"],
      [`"online"`, `"internal"`, "announced"],
      [`"trading_disabled":false`, `"trading_disabled":true`, "halted"],
      [`"post_only":false`, `"post_only":true`, "halted"],
      [`"limit_only":false`, `"limit_only":true`, "trading"],
    ],
  },
  kraken: {
    symbol: "BTC/USD",
    path: "/0/public/AssetPairs?pair=BTC%2FUSD",
    weight: 1,
    body: `{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency","base":"XXBT","aclass_quote":"currency","quote":"ZUSD","lot":"unit","cost_decimals":5,"pair_decimals":1,"lot_decimals":8,"lot_multiplier":1,"leverage_buy":[2,3],"fees":[[0,0.4]],"ordermin":"0.00005","costmin":"0.5","tick_size":"0.1","status":"online","long_position_limit":250}}}`,
    says: {
      base: "BTC",
      quote: "USD",
      kind: "spot",
      tickSize: "0.1",
      stepSize: "0.00000001",
      status: "trading",
    },
    broken: [`"lot_decimals":8`, `"lot_decimals":-8`],
    statuses: [
      [`"online"`, `"cancel_only"`, "halted"],
      [`"online"`, `"limit_only"`, "trading"],
    ],
    unknown: `{"error":["EQuery:Unknown asset pair"]}`,
  },
  okx: {
    symbol: "BTC-USDT",
    path: "/api/v5/public/instruments?instType=SPOT&instId=BTC-USDT",
    weight: 1,
    body: `{"code":"0","msg":"","data":[{"alias":"","baseCcy":"BTC","category":"1","ctMult":"","ctType":"","ctVal":"","expTime":"","instFamily":"","instId":"BTC-USDT","instType":"SPOT","lever":"10","listTime":"1606468572000","lotSz":"0.00000001","minSz":"0.00001","quoteCcy":"USDT","settleCcy":"","state":"live","tickSz":"0.1","uly":""}]}`,
    says: {
      base: "BTC",
      quote: "USDT",
      kind: "spot",
      tickSize: "0.1",
      stepSize: "0.00000001",
      status: "trading",
    },
    broken: [`"baseCcy":"BTC"`, `"baseCcy":"B\\tC"`],
    statuses: [
      [`"live"`, `"suspend"`, "halted"],
      [`"live"`, `"preopen"`, "announced"],
    ],
    unknown: `{"code":"51001","msg":"Instrument ID does not exist","data":[]}`,
  },
};
