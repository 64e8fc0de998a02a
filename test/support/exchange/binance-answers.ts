import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Host, type RestState, endpointOf } from "./binance-rest.js";
import type { FaultDesk, RestStatus } from "./faults.js";
import type { EmptyKlines } from "./made-klines.js";
import type { MarketClock } from "./market-clock.js";
import type { RequestWeight } from "./request-weight.js";
import type { SymbolTape } from "./symbol-tape.js";

/** Retry-After of a 429 or 418 that a fault causes. */
const RETRY_AFTER_S = 2;
const ROWS = 1_000;

export interface ReceivedRequest {
  /** Path and query. */
  url: string;
  /** Status of the answer, once there is one. */
  status?: number;
}

/** The REST side of Binance on loopback, with its weights and faults. */
export class BinanceAnswers {
  readonly requests: ReceivedRequest[] = [];

  constructor(
    server: Server,
    private readonly tapes: ReadonlyMap<string, SymbolTape>,
    private readonly clock: MarketClock,
    private readonly weight: RequestWeight,
    private readonly faults: FaultDesk,
    private readonly host: Host,
    private readonly emptyKlines: EmptyKlines,
  ) {
    server.on("request", (request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        response.destroy(error as Error);
      });
    });
  }

  /** Candles as `klines` would return them now, over all pages, without faults and weights. */
  klines(symbol: string, interval: string, from: number, to: number): unknown[][] {
    const rows: unknown[][] = [];
    const prefix = this.host === "spot" ? "/api/v3" : "/fapi/v1";
    for (let start = from; start <= to;) {
      const query = `symbol=${symbol}&interval=${interval}&startTime=${start}&endTime=${to}&limit=${ROWS}`;
      const url = new URL(`${prefix}/klines?${query}`, "http://x");
      const answer = endpointOf(url.pathname, this.host)?.answer(url, this.state(0));
      if (answer?.status !== 200) throw new Error(`${url.href}: ${JSON.stringify(answer?.body)}`);
      const page = answer.body as [number, ...unknown[]][];
      rows.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < ROWS) break;
      start = last[0] + 1;
    }
    return rows;
  }

  private state(behindMs: number): RestState {
    return {
      host: this.host,
      tapes: this.tapes,
      now: this.clock.now() - behindMs,
      emptyKlines: this.emptyKlines,
      perMinute: this.weight.limits.perMinute,
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://x");
    const entry: ReceivedRequest = { url: url.pathname + url.search };
    this.requests.push(entry);
    const reply = (status: number, text: string): void => {
      entry.status = status;
      response.writeHead(status, { "content-type": "application/json;charset=UTF-8" }).end(text);
    };
    let behindMs = 0;
    let isGarbled = false;
    for (const fault of this.faults.restFaults()) {
      switch (fault.kind) {
        case "rest-down":
        case "outage":
          response.destroy();
          return;
        case "rest-slow":
          await sleep(fault.byMs, undefined, { ref: false });
          break;
        case "rest-behind":
          behindMs = Math.max(behindMs, fault.byMs);
          break;
        case "rest-garbled":
          isGarbled = true;
          break;
        case "rest-status":
          reply(fault.status, this.refusal(response, fault.status));
          return;
      }
    }
    const endpoint = endpointOf(url.pathname, this.host);
    const verdict = this.weight.spend(endpoint?.weight ?? 1);
    response.setHeader("x-mbx-used-weight-1m", this.weight.used());
    if (verdict.status !== 200) {
      const { status, retryAfterS, untilMs } = verdict;
      reply(status, this.refusal(response, status, retryAfterS, untilMs));
      return;
    }
    const { status, body } = endpoint?.answer(url, this.state(behindMs)) ?? {
      status: 404,
      body: {},
    };
    const text = JSON.stringify(body);
    reply(status, isGarbled ? text.slice(0, text.length / 2) : text);
  }

  /** The body that Binance, or the firewall before it, sends. */
  private refusal(
    response: ServerResponse,
    status: RestStatus,
    retryAfterS = RETRY_AFTER_S,
    untilMs = Date.now() + RETRY_AFTER_S * 1_000,
  ): string {
    if (status === 429 || status === 418) response.setHeader("retry-after", retryAfterS);
    if (status === 403) return "<html><body><h1>403 Forbidden</h1></body></html>";
    const streams = "Please use WebSocket Streams for live updates to avoid";
    const { perMinute } = this.weight.limits;
    const bodies: Record<Exclude<RestStatus, 403>, { code: number; msg: string }> = {
      418: {
        code: -1003,
        msg: `Way too much request weight used; IP banned until ${untilMs}. ${streams} bans.`,
      },
      429: {
        code: -1003,
        msg: `Too much request weight used; current limit is ${perMinute} request weight per 1 MINUTE. ${streams} polling the API.`,
      },
      451: {
        code: 0,
        msg: "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms.",
      },
      500: {
        code: -1001,
        msg: "Internal error; unable to process your request. Please try again.",
      },
      503: {
        code: -1008,
        msg: "Server is currently overloaded with other requests. Please try again in a few minutes.",
      },
    };
    return JSON.stringify(bodies[status]);
  }
}
