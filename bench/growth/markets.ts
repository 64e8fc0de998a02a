import type { Outcome, Row, Scale } from "../harness/benchmark.js";
import { generate } from "../harness/generate.js";
import { LARGEST_BATCH, recorderOn, requireExact } from "../writes/recording.js";
import type { Servers } from "../harness/servers.js";
import { nextBatches, smallWrites, timedRecords } from "./small-writes.js";

const MARKETS = [1, 20, 100, 500];

/** The same trades spread over more markets: each batch touches more candles. */
export async function growMarkets(servers: Servers, scale: Scale): Promise<Outcome> {
  const [bulk, writes] = scale.smoke ? [10_000, 5] : [500_000, 500];
  const rows: Row[] = [];
  for (const [index, markets] of MARKETS.entries()) {
    const contestant = markets === 1 ? "1 market" : `${markets} markets`;
    scale.say(`${contestant} (${index + 1} of ${MARKETS.length})`);
    const database = await servers.database();
    const { source } = database;
    try {
      const recorder = recorderOn(source);
      const trades = generate(Infinity, markets);
      const { seconds } = await timedRecords(
        source,
        recorder,
        nextBatches(trades, bulk, LARGEST_BATCH),
      );
      const small = await smallWrites(source, recorder, trades, writes);
      await requireExact(source, bulk + writes * 1_000);
      rows.push({
        contestant,
        kind: "tapeline",
        figures: {
          rate: { unit: "trades/s", samples: [bulk / seconds] },
          ...small,
        },
      });
    } finally {
      await database.close();
    }
  }
  return {
    rows,
    bars: [],
    notes: [
      "1 to 500 markets: 5,000 trades a second of market time in all; the rate is that of one connection in batches of 20,000.",
    ],
  };
}
