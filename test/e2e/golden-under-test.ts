import { Process, type Settings, run } from "../support/app.js";
import { barsOf, goldens } from "../support/golden.js";
import { recordings } from "../support/recordings.js";

/** Tests that replayed recordings have the candles that the exchange itself gave for them. */
export function replaysLikeTheExchange(
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
