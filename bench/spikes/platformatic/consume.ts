import { Broker } from "../../../test/support/broker.js";
import { ContestantProcess } from "../../harness/contestant-process.js";
import { preload, randomName } from "../../kafka/preload.js";
import type { Consumed } from "../../kafka/tally.js";

const TRADES = 300_000;
const MARKETS = 20;
const ROUNDS = 3;
const LIMIT_MS = 180_000;

/**
 * The benchmark `consume` with the spike beside the product's transport, in turns. `npm run
 * spike:platformatic:consume`
 */
const broker = await Broker.start();
try {
  const prefix = `${randomName("spike")}.`;
  await preload(broker.brokers, prefix, TRADES, MARKETS);
  for (let round = 0; round < ROUNDS; round++)
    for (const which of ["kafkajs", "platformatic"]) {
      const child = ContestantProcess.script("bench/spikes/platformatic/consume-run.ts", [
        which,
        broker.brokers,
        prefix,
        randomName("group"),
        TRADES,
        MARKETS,
      ]);
      const line = await child.line(LIMIT_MS);
      await child.stop();
      const { seen, counted, seconds, cpuSeconds, megabytes } = JSON.parse(line) as Consumed;
      console.log(
        `${which}: ${Math.round(counted / seconds)} trades/s, ${((cpuSeconds * 1e6) / counted).toFixed(2)} µs/trade, ${Math.round(megabytes)} MB, ${seen - TRADES} copies`,
      );
    }
} finally {
  await broker.stop();
}
