import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Trade } from "../src/domain/trade.js";
import { chunks, generate } from "./generate.js";

/**
 * The product in one process with the in-process transport, fed as fast as it takes the trades. Run by itself, so that
 * its memory and CPU time are its own. Arguments: trades, markets. Prints a line of JSON when all are stored.
 */
const [count = 0, markets = 0] = process.argv.slice(2).map(Number);
const IN_FLIGHT = 8;

// The built product: decorators' metadata are not made by what runs this file.
const built = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(resolve("dist", file)).href)) as T;
const { environment } =
  await built<typeof import("../src/config.js")>("config.js");
const { useLogger } = await built<typeof import("../src/log.js")>("log.js");
const { start } = await built<typeof import("../src/main.js")>("main.js");
const { Transport } = await built<
  typeof import("../src/streaming/transport.js")
>("streaming/transport.js");

const config = environment();
const running = await start(config, useLogger({ logLevel: "warn" }));
const transport = running.app.get(Transport);
const memory: number[] = [];
const began = performance.now();
const cpu = process.cpuUsage();
const underWay = new Set<Promise<void>>();
let sent = 0;
for (const chunk of chunks<Trade>(generate(count, markets), 5_000)) {
  const done: Promise<void> = transport
    .produce("trades.bulk", chunk)
    .finally(() => underWay.delete(done));
  underWay.add(done);
  if (underWay.size >= IN_FLIGHT) await Promise.race(underWay);
  sent += chunk.length;
  if (sent % 100_000 === 0)
    memory.push(Math.round(process.memoryUsage().rss / 1_048_576));
}
await Promise.all(underWay);
const seconds = (performance.now() - began) / 1_000;
const used = process.cpuUsage(cpu);
process.stdout.write(
  `${JSON.stringify({ seconds, cpuSeconds: (used.user + used.system) / 1e6, memory })}\n`,
);
await running.stop();
process.exit(0);
