import { setTimeout as sleep } from "node:timers/promises";
import { built } from "../harness/built.js";
import { generate } from "../harness/generate.js";
import { type Published, note } from "./recorded.js";

/**
 * What `npm start` runs without servers, all roles on the embedded database, fed as a replay feeds
 * it: as fast as it takes the trades. Its settings come by its environment. Arguments: trades,
 * markets. Prints the URL of its database when it begins, and a `Published` when all trades are
 * stored and all candles published.
 */
const [count = 0, markets = 0] = process.argv.slice(2).map(Number);

const { environment } =
  await built<typeof import("../../src/config/config.js")>("config/config.js");
const { useLogger } = await built<typeof import("../../src/log.js")>("log.js");
const { start } = await built<typeof import("../../src/main.js")>("main.js");
const { Transport } =
  await built<typeof import("../../src/streaming/transport.js")>("streaming/transport.js");
const { BulkSender } = await built<typeof import("../../src/streaming/bulk-sender.js")>(
  "streaming/bulk-sender.js",
);

const config = environment();
const running = await start(config, useLogger(config));
const transport = running.app.get(Transport);
const published: Published = {};
const reader = await transport.subscribe({
  group: "bench.published",
  ephemeral: true,
  lanes: 1,
  maxBatch: config.maxBatch,
  paceMs: 0,
  handlers: new Map([
    [
      "candles",
      ({ records }) => {
        for (const record of records) if ("interval" in record) note(published, record);
        return Promise.resolve();
      },
    ],
  ]),
});
process.stdout.write(`${running.database.url}\n`);

const sender = new BulkSender(transport, new AbortController().signal);
for (const trade of generate(count, markets)) {
  sender.add(trade);
  if (sender.isFull()) await sender.flush();
}
await sender.finish();
while (reader.status().queued > 0) await sleep(10);
await reader.close();
process.stdout.write(`${JSON.stringify(published)}\n`);
process.once("SIGTERM", () => {
  void running.stop().finally(() => process.exit(0));
});
