import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { LaneShare } from "../lane-share.js";
import { KnownKeys } from "./known-keys.js";

describe("the keys of a topic", () => {
  it("are their text, in the lane of their market, however often and in whatever order they come", () => {
    const key = fc.oneof(
      fc.stringMatching(/^[a-c]:[A-C]{1,2}(\|1m\|\d{1,2})?$/),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), (texts) => {
        const keys = new KnownKeys(3);
        const share = new LaneShare(3);
        const expected = texts.map((key) => {
          const text = Buffer.from(key).toString();
          return { text, lane: share.of(text.split("|")[0] as string) };
        });
        const found = texts.map((text) => keys.of(Buffer.from(text)));
        // `expect` is slow and explains differences: it runs only for the case that differs.
        if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
      }),
    );
  });

  it("are decoded once while there are few", () => {
    const keys = new KnownKeys(2);
    const first = keys.of(Buffer.from("sim:A"));
    keys.of(Buffer.from("sim:B"));
    expect(keys.of(Buffer.from("sim:A"))).toBe(first);
  });

  it("are bounded, and stay right, when there are many", () => {
    const keys = new KnownKeys(2);
    const first = keys.of(Buffer.from("sim:A|1m|0"));
    for (let at = 1; at < 25_000; at++) keys.of(Buffer.from(`sim:A|1m|${at}`));
    expect(keys.of(Buffer.from("sim:A|1m|0"))).toEqual(first);
    expect(keys.of(Buffer.from("sim:A|1m|0"))).not.toBe(first);
  });
});
