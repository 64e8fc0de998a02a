import type { Interval } from "../domain/interval.js";
import { parseMarket } from "../domain/market.js";
import type { Channel, LiveError, SubscribeRequest } from "./live-events.js";

const FIELDS: Record<Channel["channel"], readonly string[]> = {
  candles: ["channel", "market", "interval", "since"],
  trades: ["channel", "market"],
  tickers: ["channel"],
};

/** The validated request, or an error that names the wrong field. `body` is untrusted. */
export function parseSubscription(
  body: unknown,
  intervals: readonly Interval[],
): SubscribeRequest | LiveError {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return error(
      "bad_request",
      `the request must be an object such as {"channel":"tickers"}, not ${show(body)}`,
    );
  }
  const { channel, market, interval, since } = body as Record<string, unknown>;
  if (typeof channel !== "string" || !Object.hasOwn(FIELDS, channel)) {
    return error(
      "unknown_channel",
      `channel must be ${Object.keys(FIELDS).join(", ")}, not ${show(channel)}`,
    );
  }
  const known = FIELDS[channel as Channel["channel"]];
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  if (unknown !== undefined)
    return error(
      "bad_request",
      `${show(unknown)} is not known here; known are ${known.join(", ")}`,
    );
  if (channel === "tickers") return { channel };
  if (typeof market !== "string" || parseMarket(market) === undefined) {
    return error(
      "unknown_market",
      `market must be venue:symbol, such as binance:BTCUSDT, not ${show(market)}`,
    );
  }
  if (channel === "trades") return { channel, market };
  const stored = intervals.find((candidate) => candidate === interval);
  if (stored === undefined) {
    return error(
      "unknown_interval",
      `interval must be one that is stored (${intervals.join(", ")}), not ${show(interval)}`,
    );
  }
  if (since === undefined || since === null)
    return { channel: "candles", market, interval: stored };
  if (!Number.isSafeInteger(since) || (since as number) < 0) {
    return error("bad_request", `since must be an openTime in epoch ms, not ${show(since)}`);
  }
  return {
    channel: "candles",
    market,
    interval: stored,
    since: since as number,
  };
}

/** Name of a channel's room: unique and stable. */
export function roomOf(channel: Channel): string {
  switch (channel.channel) {
    case "candles":
      return `candles|${channel.market}|${channel.interval}`;
    case "trades":
      return `trades|${channel.market}`;
    case "tickers":
      return "tickers";
  }
}

/** Without `since`, which belongs to a request, not to the channel. */
export function channelOf(request: SubscribeRequest): Channel {
  switch (request.channel) {
    case "candles":
      return {
        channel: "candles",
        market: request.market,
        interval: request.interval,
      };
    case "trades":
      return { channel: "trades", market: request.market };
    case "tickers":
      return { channel: "tickers" };
  }
}

function error(code: LiveError["code"], detail: string): LiveError {
  return { code, detail };
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}
