import { barColumns } from "../../test/support/bars.js";
import { Columns } from "./columns.js";
import { madeCandle } from "./made-candle.fixture.js";
import { parseStudies, studyText } from "./study-spec.js";
import { studyOf } from "./study.js";

const { close, volume, quoteVolume } = barColumns();
const rows = close.slice(0, 160).map((price, at) =>
  madeCandle(at, {
    close: String(price),
    volume: String(volume[at]),
    quoteVolume: String(quoteVolume[at]),
  }),
);
const specs = parseStudies("sma20,ema50,vwap,bb20-2,vsma10,rsi14,macd12-26-9");

describe.each(specs.map((spec) => [studyText(spec), spec] as const))("study %s", (_name, spec) => {
  it("is the same candle by candle, after a revision, and drawn at once", () => {
    const [grown, columns] = [studyOf(spec), new Columns()];
    for (let length = 1; length <= rows.length; length++) {
      const known = rows.slice(0, length);
      // The newest candle changes several times, and an older one is revised.
      const moving = known.with(-1, {
        ...known.at(-1)!,
        close: "1",
        volume: "9",
      });
      columns.update(moving, length - 1);
      grown.update(columns, length - 1, true);
      const from = length === 100 ? 60 : length - 1;
      columns.update(known, from);
      grown.update(columns, from, true);
    }
    const [whole, all] = [studyOf(spec), new Columns()];
    all.update(rows, 0);
    whole.update(all, 0, true);
    expect(grown.lines).toEqual(whole.lines);
    const [{ values }] = whole.lines as [(typeof whole.lines)[number]];
    expect(values).toHaveLength(rows.length);
    expect(values.at(-1)).not.toBeNaN();
  });
});
