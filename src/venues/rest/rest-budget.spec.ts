import { RestBudget } from "./rest-budget.js";

describe("a host's budget", () => {
  it("allows requests until it is used up, and again as the window slides on", () => {
    const budget = new RestBudget(10, 1_000);
    budget.take(6, 0);
    expect(budget.waitFor(4, "live", 100)).toBe(0);
    budget.take(4, 100);
    expect(budget.waitFor(6, "live", 200)).toBe(800);
    expect(budget.waitFor(7, "live", 200)).toBe(900);
    expect(budget.waitFor(6, "live", 1_000)).toBe(0);
    expect(budget.weightUsed(1_000)).toBe(4);
  });

  it("keeps a share for more urgent requests", () => {
    const budget = new RestBudget(10, 1_000);
    budget.take(7, 0);
    expect(budget.waitFor(1, "backfill", 0)).toBe(1_000);
    expect(budget.waitFor(1, "reconciliation", 0)).toBe(0);
    budget.take(1, 0);
    expect(budget.waitFor(1, "reconciliation", 0)).toBe(1_000);
    expect(budget.waitFor(1, "repair", 0)).toBe(0);
    budget.take(1, 0);
    expect(budget.waitFor(1, "repair", 0)).toBe(1_000);
    expect(budget.waitFor(1, "live", 0)).toBe(0);
  });

  it("allows a request that is heavier than its share alone", () => {
    const budget = new RestBudget(1, 1_000);
    expect(budget.waitFor(1, "backfill", 0)).toBe(0);
    budget.take(1, 0);
    expect(budget.waitFor(1, "backfill", 0)).toBe(1_000);
  });

  it("takes over the host's count when it is higher, not when it is lower", () => {
    const budget = new RestBudget(10, 1_000);
    budget.take(2, 0);
    budget.reported(9, 500);
    expect(budget.weightUsed(500)).toBe(9);
    budget.reported(1, 600);
    expect(budget.weightUsed(600)).toBe(9);
    expect(budget.waitFor(3, "live", 600)).toBe(400);
    expect(budget.waitFor(4, "live", 600)).toBe(900);
  });
});
