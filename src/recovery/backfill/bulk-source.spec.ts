import { binance } from "../../venues/binance/spot.js";
import { okx } from "../../venues/okx/okx.js";
import { bulkSource, withoutFiles } from "./bulk-source.js";

const settings = (urls: Partial<Record<"WS" | "REST" | "BULK", string>>) => ({
  venueUrl: (venue: string, kind: "WS" | "REST" | "BULK"): string | undefined =>
    venue === "binance" ? urls[kind] : undefined,
});

describe("the files of a venue", () => {
  it("are on its own host, as long as nothing is set", () => {
    expect(bulkSource(binance, "aggregated", settings({}))?.base).toBe(binance.bulk?.url);
    expect(withoutFiles(binance, settings({}))).toBeUndefined();
  });

  it("are where the settings say", () => {
    const set = settings({ REST: "http://rest", BULK: "file:///files" });
    expect(bulkSource(binance, "aggregated", set)?.base).toBe("file:///files");
    expect(withoutFiles(binance, set)).toBeUndefined();
  });

  it.each(["WS", "REST"])("are not asked for when only its %s is somewhere else", (kind) => {
    const set = settings({ [kind]: "http://elsewhere" });
    expect(bulkSource(binance, "aggregated", set)).toBeUndefined();
    expect(withoutFiles(binance, set)).toBe(
      "History of binance is loaded by REST only: its addresses are set to somewhere else, and that of its files (BINANCE_BULK_URL) is not",
    );
  });

  it("are none of a venue that has none", () => {
    const set = settings({ REST: "http://elsewhere" });
    expect(bulkSource(okx, "raw", set)).toBeUndefined();
    expect(withoutFiles(okx, set)).toBeUndefined();
  });
});
