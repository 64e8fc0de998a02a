import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AddressInfo } from "node:net";
import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import type { LiveAudience } from "../../src/live/live-rooms.js";
import { clock } from "../harness/child.js";
import { FIRST_VERSION, LIVE_MARKETS, MINUTE, serveLoad } from "./live-load.js";

/**
 * The complete built product: candles arrive through the topic `candles` of its transport. Only
 * outgoing frames are intercepted, to record when they leave.
 */
const built = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(resolve("dist", file)).href)) as T;
const { environment } =
  await built<typeof import("../../src/config/config.js")>("config/config.js");
const { useLogger } = await built<typeof import("../../src/log.js")>("log.js");
const { start } = await built<typeof import("../../src/main.js")>("main.js");
const { Transport } =
  await built<typeof import("../../src/streaming/transport.js")>("streaming/transport.js");
const { LiveRooms } =
  await built<typeof import("../../src/live/live-rooms.js")>("live/live-rooms.js");
const { LiveGateway } = await built<typeof import("../../src/api/socket/live.gateway.js")>(
  "api/socket/live.gateway.js",
);

interface Connection {
  writeBuffer: unknown[];
  transport: { writable: boolean };
}

let rooms: InstanceType<typeof LiveRooms>;

serveLoad(
  async () => {
    const { app } = await start(environment(), useLogger({ logLevel: "warn" }));
    const transport = app.get(Transport);
    rooms = app.get(LiveRooms, { strict: false });
    // A market exists when it has a trade.
    await transport.produce("trades", LIVE_MARKETS.map(tradeOf));
    const gateway = app.get(LiveGateway, { strict: false });
    const audience = Reflect.get(gateway, "audience") as unknown as LiveAudience;
    const io = Reflect.get(audience, "server") as {
      sockets: { sockets: Map<string, { conn: unknown }> };
    };
    const flushes = new Map<string, number>();
    const send = audience.send.bind(audience);
    audience.send = (frames) => {
      const at = clock();
      for (const { room, frame } of frames) flushes.set(`${room} ${frame.data.seq}`, at);
      send(frames);
    };
    let arriving = 0;
    const candles = rooms.candles.bind(rooms);
    rooms.candles = (records: readonly Candle[]) => {
      // The recorder's own candles of the trades above arrive here, too.
      arriving -= records.filter((it) => it.version > FIRST_VERSION).length;
      candles(records);
    };
    const dirty = Reflect.get(rooms, "dirty") as Set<unknown>;
    return {
      port: (app.getHttpServer().address() as AddressInfo).port,
      flushes,
      publish: (records) => {
        arriving += records.length;
        void transport.produce("candles", records);
      },
      isSettled: () =>
        arriving <= 0 &&
        dirty.size === 0 &&
        [...io.sockets.sockets.values()].every(({ conn }) => {
          const { writeBuffer, transport: wire } = conn as Connection;
          return writeBuffer.length === 0 && wire.writable;
        }),
    };
  },
  {
    /** As FLUSH_MS does at the start. */
    flushEvery: (ms: number) => {
      Reflect.set(rooms, "flushMs", ms);
    },
  },
);

function tradeOf(market: string): Trade {
  return {
    market,
    id: "1",
    ord: "1",
    ids: "dense",
    kind: "raw",
    count: 1,
    price: "64123.45",
    amount: "1",
    takerSide: "buy",
    time: MINUTE,
    receivedAt: MINUTE,
    source: "replay",
    offBook: false,
  };
}
