import { PartitionProgress } from "./partition-progress.js";

describe("the progress of a partition over two lanes", () => {
  const progress = (): PartitionProgress => new PartitionProgress("t", 0, 2);

  it("is safe only up to the first record that some lane has not finished", () => {
    const some = progress();
    for (let offset = 100; offset < 110; offset++) some.read(offset, offset % 2);
    expect(some.safe).toBe(100);
    some.handled(1, 5);
    expect(some.safe).toBe(100);
    some.handled(0, 3);
    expect(some.safe).toBe(106);
    some.handled(0, 2);
    expect(some.safe).toBe(110);
    expect(some.idle).toBe(true);
  });

  it("is safe up to what was read when nothing is open, records or not", () => {
    const some = progress();
    expect(some.safe).toBeUndefined();
    some.skipTo(7);
    expect(some.safe).toBe(7);
    some.read(9, 0);
    some.skipTo(12);
    expect(some.safe).toBe(9);
    some.handled(0, 1);
    expect(some.safe).toBe(12);
  });

  it("does not read a record twice, unless the topic was recreated", () => {
    const some = progress();
    expect(some.read(5, 0)).toBe(true);
    expect(some.read(5, 0)).toBe(false);
    expect(some.read(4, 0)).toBe(false);
    some.handled(0, 1);
    some.restart();
    expect(some.read(0, 0)).toBe(true);
    expect(some.safe).toBe(0);
  });

  it("stays right over many records", () => {
    const some = progress();
    let handled = 0;
    for (let offset = 0; offset < 10_000; offset++) {
      some.read(offset, 0);
      if (offset % 3 === 2) {
        some.handled(0, 2);
        handled += 2;
      }
    }
    expect(some.safe).toBe(handled);
  });
});
