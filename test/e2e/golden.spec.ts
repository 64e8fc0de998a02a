import { Process, type Settings, run } from "../support/app.js";
import { barsOf, goldens } from "../support/golden.js";
import { describeKafka, kafkaForTests } from "../support/kafka.js";
import { freePort, prepareDataDir, runFolder } from "../support/postgres.js";
import { recordings } from "../support/recordings.js";
import { createDatabase } from "../support/databases.js";

function replaysLikeTheExchange(
  setUp: () => Promise<{ settings: Settings; tearDown: () => Promise<void> }>,
): void {
  let settings: Settings;
  let tearDown: (() => Promise<void>) | undefined;
  let app: Process | undefined;
  const input = goldens();
  beforeAll(async () => {
    ({ settings, tearDown } = await setUp());
    for (const { replay } of input) {
      const { code, output } = await run(["replay", ...replay], settings);
      expect({ code, output }).toEqual({
        code: 0,
        output: expect.stringMatching(/trades/) as string,
      });
    }
    app = await (await Process.start(["serve"], settings)).ready();
  }, 300_000);
  afterAll(async () => {
    await app?.stop();
    await tearDown?.();
  });

  it.each(input.filter(({ bars }) => bars.length > 0))(
    "gives the exchange's own candles of $name in all nine fields",
    async (golden) => {
      expect(await barsOf(app as Process, golden)).toEqual(golden.bars);
    },
  );

  it("knows how many bars there are to compare", () => {
    const counts = input.map(({ name, bars }) => [name, bars.length]);
    if (recordings() !== undefined) {
      expect(counts).toEqual([
        ["binance-usdm", 5],
        ["binance-spot", 2],
        ["binance-rest", 5],
        ["ltcusdt-gaps", 0],
      ]);
    } else expect(counts.every(([, count]) => Number(count) > 10)).toBe(true);
  });

  it("lets verify find nothing", async () => {
    expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
  });
}

describe("replay, in-process and embedded", () => {
  replaysLikeTheExchange(async () => {
    const settings = {
      DATA_DIR: prepareDataDir(runFolder("golden-")),
      EMBEDDED_PORT: String(await freePort()),
    };
    return { settings, tearDown: () => Promise.resolve() };
  });
});

describeKafka("replay, Kafka and a server", () => {
  replaysLikeTheExchange(async () => {
    const broker = await kafkaForTests();
    const settings = {
      DATABASE_URL: await createDatabase(),
      KAFKA_BROKERS: broker.brokers,
      TOPIC_PREFIX: `golden${Date.now()}.`,
      KAFKA_PARTITIONS: "4",
    };
    return {
      settings,
      tearDown: async () => {
        await broker.stop();
      },
    };
  });
});
