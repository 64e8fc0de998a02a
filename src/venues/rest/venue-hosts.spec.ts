import { type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import { Metrics } from "../../metrics/metrics.js";
import { binance } from "../binance/spot.js";
import { bybitLinear } from "../bybit/linear.js";
import { bybit } from "../bybit/spot.js";
import type { RestRequest, Venue } from "../venue.js";
import type { Urgency } from "./rest-budget.js";
import { RestFigures } from "./rest-figures.js";
import type { VenueError } from "./venue-error.js";
import { ClockFigures } from "../clock/clock-figures.js";
import { VenueClocks } from "../clock/venue-clocks.js";
import { VenueHosts } from "./venue-hosts.js";

interface Received {
  path: string;
  /** By `performance.now()`. */
  at: number;
}

let server: Server;
let received: Received[];
let answer: (path: string, response: ServerResponse) => void;
let hosts: VenueHosts;
let figures: RestFigures;

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  received = [];
  answer = (path, response) => response.end(path);
  server = createServer(({ url = "" }, response) => {
    received.push({ path: url, at: performance.now() });
    answer(url, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const metrics = new Metrics();
  figures = new RestFigures(metrics);
  const clocks = new VenueClocks(new ClockFigures(metrics));
  hosts = new VenueHosts({ venueUrl: () => `http://127.0.0.1:${port}` }, figures, clocks);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function within(weight: number, perMs: number, base = binance): Venue {
  return { ...base, rest: { ...base.rest, budget: { weight, perMs } } };
}

function requestOf(path: string, weight = 1): RestRequest<string> {
  return { path, weight, read: (body) => ({ ok: true, value: body }) };
}

const never = new AbortController().signal;

function fetchText(venue: Venue, path: string, urgency: Urgency = "backfill"): Promise<string> {
  return hosts.fetch(venue, requestOf(path), urgency, never);
}

/** The error of a request that fails. */
async function refusal(fetching: Promise<unknown>): Promise<VenueError> {
  return fetching.then(
    () => {
      throw new Error("was answered");
    },
    (error: unknown) => error as VenueError,
  );
}

describe("a venue's REST", () => {
  it("gets requests no faster than its budget allows", async () => {
    const venue = within(4, 400);
    const paths = Array.from({ length: 6 }, (_, n) => `/${n}`);
    const begun = performance.now();
    const answers = paths.map((path) => fetchText(venue, path, "live"));
    expect(await Promise.all(answers)).toEqual(paths);
    expect(received.map(({ path }) => path).sort()).toEqual(paths);
    // The earliest possible time: on a busy machine, requests may arrive much later.
    expect((received[4]?.at ?? 0) - begun).toBeGreaterThanOrEqual(400);
  });

  it("gets urgent requests first, and a share of the budget is left for them", async () => {
    const venue = within(10, 500);
    const slow = Array.from({ length: 9 }, (_, n) => fetchText(venue, `/b${n}`));
    while (received.length < 7) await sleep(5);
    const urgent = [
      fetchText(venue, "/repair1", "repair"),
      fetchText(venue, "/live1", "live"),
      fetchText(venue, "/repair2", "repair"),
      fetchText(venue, "/live2", "live"),
    ];
    await Promise.all([...slow, ...urgent]);
    const order = received.map(({ path }) => path);
    const inFirstWindow = order.slice(0, 10);
    expect(inFirstWindow.slice(0, 7).every((path) => path < "/c")).toBe(true);
    expect(new Set(inFirstWindow.slice(7))).toEqual(new Set(["/repair1", "/live1", "/live2"]));
    expect(order[10]).toBe("/repair2");
  });

  it("has one budget for all venues of one address", async () => {
    const spot = within(2, 400, bybit);
    const linear = within(2, 400, bybitLinear);
    const begun = performance.now();
    await fetchText(spot, "/1", "live");
    await fetchText(linear, "/2", "live");
    await fetchText(spot, "/3", "live");
    expect((received[2]?.at ?? 0) - begun).toBeGreaterThanOrEqual(400);
  });

  it("is believed when it counts more weight than this process used", async () => {
    answer = (path, response) => response.setHeader("X-MBX-USED-WEIGHT-1M", "100").end(path);
    const venue = within(100, 400);
    const begun = performance.now();
    await fetchText(venue, "/1");
    await fetchText(venue, "/2");
    expect((received[1]?.at ?? 0) - begun).toBeGreaterThanOrEqual(400);
  });

  it("gets no request of any urgency until Retry-After has passed", async () => {
    const venue = within(100, 1_000);
    answer = (_path, response) => {
      response.writeHead(429, { "Retry-After": "1" }).end("slow down");
    };
    const refused = await refusal(fetchText(venue, "/1"));
    expect(refused).toMatchObject({ code: "silenced", canRetry: true });
    expect(refused.message).toBe("429 slow down");
    answer = (path, response) => response.end(path);
    await Promise.all([fetchText(venue, "/2", "live"), fetchText(venue, "/3", "repair")]);
    expect((received[1]?.at ?? 0) - (received[0]?.at ?? 0)).toBeGreaterThan(950);
  });

  it("refuses at once the requests that would time out during a ban", async () => {
    const venue = within(2, 60_000);
    await fetchText(venue, "/1");
    const waiting = refusal(fetchText(venue, "/2", "reconciliation"));
    answer = (_path, response) => {
      response.writeHead(418, { "Retry-After": "7200" }).end();
    };
    await refusal(fetchText(venue, "/3", "live"));
    const later = await refusal(fetchText(venue, "/4", "live"));
    for (const error of [await waiting, later]) {
      expect(error.code).toBe("silenced");
      expect(error.silentMs).toBeGreaterThan(7_190_000);
    }
    expect(received).toHaveLength(2);
  });

  it.each([
    [451, "unavailable", true],
    [400, "refused", false],
    [500, "unavailable", true],
    [503, "unavailable", true],
  ])("that answers %i has %s", async (status, code, canRetry) => {
    answer = (_path, response) => response.writeHead(status).end("why");
    const error = await refusal(fetchText(within(9, 1_000), "/1"));
    expect(error).toMatchObject({ code, canRetry });
    expect(error.message).toBe(`${status} why`);
  });

  it("that cannot be reached, hangs up or sends nonsense has an error code for each", async () => {
    const venue = within(9, 1_000);
    answer = (_path, response) => response.destroy();
    const hungUp = await refusal(fetchText(venue, "/1"));
    expect(hungUp.code).toBe("unavailable");
    expect(hungUp.message).toMatch(/^127\.0\.0\.1:\d+: \w/);
    answer = (_path, response) => response.end("nonsense");
    const unreadable = hosts.fetch(
      venue,
      {
        path: "/2",
        weight: 1,
        read: (detail) => ({ ok: false, reason: "not_json", detail }),
      },
      "repair",
      never,
    );
    const error = await refusal(unreadable);
    expect(error.message).toBe("not_json: nonsense");
    expect(error).toMatchObject({ code: "unreadable", canRetry: true });
    const counted = await figures.requests.get();
    expect(counted.values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
      ["unavailable", 1],
      ["unreadable", 1],
    ]);
  });

  it("gets no further request of an aborted caller", async () => {
    const venue = within(2, 60_000);
    answer = () => undefined;
    const gone = new AbortController();
    const requests = ["/answering", "/waiting"].map((path) =>
      hosts.fetch(venue, requestOf(path), "repair", gone.signal),
    );
    setTimeout(() => gone.abort(new Error("stopping")), 50);
    for (const request of requests) await expect(request).rejects.toThrow("stopping");
    expect(received.map(({ path }) => path)).toEqual(["/answering"]);
  });
});
