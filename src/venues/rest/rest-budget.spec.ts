import { RestBudget } from "./rest-budget.js";

describe("a host's budget", () => {
  it("lets questions go until it is used up, and again as the window slides on", () => {
    const budget = new RestBudget(10, 1_000);
    budget.take(6, 0);
    expect(budget.waitFor(4, "live", 100)).toBe(0);
    budget.take(4, 100);
    expect(budget.waitFor(6, "live", 200)).toBe(800);
    expect(budget.waitFor(7, "live", 200)).toBe(900);
    expect(budget.waitFor(6, "live", 1_000)).toBe(0);
    expect(budget.weightUsed(1_000)).toBe(4);
  });

  it("keeps a part for what is more urgent", () => {
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

  it("lets a question that is heavier than its share go alone", () => {
    const budget = new RestBudget(1, 1_000);
    expect(budget.waitFor(1, "backfill", 0)).toBe(0);
    budget.take(1, 0);
    expect(budget.waitFor(1, "backfill", 0)).toBe(1_000);
  });

  it("believes the host when that counts more, and not when it counts less", () => {
    const budget = new RestBudget(10, 1_000);
    budget.take(2, 0);
    budget.told(9, 500);
    expect(budget.weightUsed(500)).toBe(9);
    budget.told(1, 600);
    expect(budget.weightUsed(600)).toBe(9);
    expect(budget.waitFor(3, "live", 600)).toBe(400);
    expect(budget.waitFor(4, "live", 600)).toBe(900);
  });
});
