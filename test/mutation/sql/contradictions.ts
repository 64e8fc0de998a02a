import type { Statement } from "../statements.js";

/** Trades that contradict stored ones. */
export const CONTRADICTIONS: readonly Statement[] = [
  {
    name: "contradictions",
    file: "src/persistence/merge/contradictions.ts",
    suites: ["test/persistence/contradictions.spec.ts", "test/persistence/refusals.spec.ts"],
    mutants: [
      ["(t.price, t.amount, t.count) <> (i.price, i.amount, i.count)", "t.price <> i.price"],
      ["(t.price, t.amount, t.count) <>", "(t.price, i.amount, t.count) <>"],
      ["(t.price, t.amount, t.count) <>", "(t.price, t.amount, i.count) <>"],
      ["t.count > 1 AND t.ord <> i.ord", "t.ord <> i.ord"],
      ["t.count > 1 AND t.ord <> i.ord", "false"],
      [
        "t.taker_side <> i.taker_side AND t.taker_side <> 'unknown' AND",
        "t.taker_side <> i.taker_side AND",
      ],
      [" AND i.taker_side <> 'unknown'", ""],
      ["t.off_book <> i.off_book AND t.source = 'live' AND", "t.off_book <> i.off_book AND"],
      [" AND i.source = 'live'", ""],
      ["(t.off_book <> i.off_book AND", "(false AND"],
      ["(i.place - 1)::integer AS place, json", "i.place::integer AS place, json"],
      ["WHERE h.ids && int8range(i.ord, i.ord + i.count)", "WHERE h.ids @> i.ord"],
      ["EXISTS (${stored(slot)}) AS stored", "false AS stored"],
      ['BETWEEN ${slot("firstTime")} AND', 'BETWEEN 1 + ${slot("firstTime")} AND'],
    ],
  },
];
