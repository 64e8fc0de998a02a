import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decode as decodeRecord, encode } from "../src/streaming/codec.js";
import type { Item } from "../src/streaming/lanes.js";
import { binance } from "../src/venues/binance/spot.js";
import { random } from "../test/support/random.js";
import { type Benchmark, type Contestant, percentOf, takeTurns } from "./harness/benchmark.js";
import { generate } from "./harness/generate.js";

const FRAMES = 200_000;
/** Passes over the frames in one run: a single one takes a tenth of a second. */
const PASSES = 5;

/** From a venue's frame, and from a topic's record, to a validated trade. */
export const decode: Benchmark = {
  name: "decode",
  title: "Decode",
  workload:
    "200,000 recorded frames of Binance spot `@trade`, and as many records of topic `trades`, each as the bytes that the socket or the broker gives, become validated `Trade`s. Beside a bare `JSON.parse` of the same bytes.",
  chart: "time",
  async run(_servers, scale) {
    const count = scale.smoke ? 2_000 : FRAMES;
    const frames = recordedFrames(count);
    const records = [...generate(count, 20)].map((trade) => Buffer.from(encode("trades", trade)));
    const context = { receivedAt: Date.now(), source: "replay" as const };
    const latest = Date.now();
    const contestants: Contestant[] = [
      {
        name: "frame, Tapeline",
        kind: "tapeline",
        run: timed(frames, (frame) => {
          const decoded = binance.decode(frame.toString(), context);
          return decoded.type === "trades" && decoded.trades.length === 1;
        }),
      },
      { name: "frame, JSON.parse", kind: "bare", run: timed(frames, parsed) },
      {
        name: "record, Tapeline",
        kind: "tapeline",
        run: timed(records, (record) => {
          const item = emptyItem();
          decodeRecord("trades", item, record, latest);
          return item.record !== undefined;
        }),
      },
      { name: "record, JSON.parse", kind: "bare", run: timed(records, parsed) },
    ];
    const rows = await takeTurns(contestants, scale);
    const ratio = (what: string): number =>
      percentOf(rows, `${what}, Tapeline`, `${what}, JSON.parse`, "time") / 100;
    return {
      rows,
      bars: [
        {
          what: "time to decode a frame, of bare JSON.parse",
          value: ratio("frame"),
          unit: "×",
          is: "at most",
          limit: 1.3,
        },
      ],
      notes: [
        `A record of a topic takes ${ratio("record").toFixed(2)} × a bare JSON.parse.`,
        "Frames in the layout that the venue sends today are matched by one pattern, everything else is read as JSON: src/venues/binance/layouts.ts and src/streaming/trade-text.ts, whose tests compare both paths.",
      ],
    };
  },
};

function parsed(bytes: Buffer): boolean {
  return typeof JSON.parse(bytes.toString()) === "object";
}

/** Throws unless every one of the texts is accepted. */
function timed(texts: readonly Buffer[], accept: (bytes: Buffer) => boolean): Contestant["run"] {
  return () => {
    let accepted = 0;
    const began = performance.now();
    for (let pass = 0; pass < PASSES; pass++)
      for (const text of texts) if (accept(text)) accepted++;
    const ms = performance.now() - began;
    const all = texts.length * PASSES;
    if (accepted !== all) throw new Error(`${all - accepted} of ${all} were not decoded`);
    return Promise.resolve({
      time: { unit: "µs", value: (ms * 1_000) / all },
      rate: { unit: "messages/s", value: all / (ms / 1_000) },
    });
  };
}

function emptyItem(): Item {
  return {
    partition: 0,
    offset: "0",
    key: null,
    record: undefined,
    undecodable: undefined,
  };
}

/**
 * Frames of the recordings in TAPELINE_DATA, repeated; without recordings, made ones of the same
 * layout.
 */
function recordedFrames(count: number): Buffer[] {
  const folder = process.env["TAPELINE_DATA"];
  const frames = folder !== undefined && existsSync(folder) ? spot(folder) : made();
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(frames[index % frames.length] as string),
  );
}

function spot(folder: string): string[] {
  return ["spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz"]
    .flatMap((name) =>
      gunzipSync(readFileSync(join(folder, "binance-spot", name)))
        .toString()
        .split("\n"),
    )
    .filter((line) => line.includes("@trade"))
    .map((line) => line.slice(line.indexOf(" ") + 1));
}

function made(): string[] {
  const next = random(1);
  return Array.from({ length: 20_000 }, (_, index) => {
    const [p, q] = [61_000 + next() * 1_000, next()];
    const T = 1_723_161_255_000 + index * 30;
    const data = `{"e":"trade","E":${T + 1},"s":"BTCUSDT","t":${3_735_683_259 + index},"p":"${p.toFixed(8)}","q":"${q.toFixed(8)}","T":${T},"m":${next() < 0.5},"M":true}`;
    return `{"stream":"btcusdt@trade","data":${data}}`;
  });
}
