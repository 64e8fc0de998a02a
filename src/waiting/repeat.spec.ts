import { repeat } from "./repeat.js";

it("repeats at once and after each end, also after an error, until the signal aborts", async () => {
  const stopping = new AbortController();
  const errors: unknown[] = [];
  let times = 0;
  const running = repeat(
    1,
    stopping.signal,
    () => {
      times++;
      if (times === 3) stopping.abort();
      return times < 3 ? Promise.reject(new Error(`${times}`)) : Promise.resolve();
    },
    (error) => errors.push(error),
  );
  expect(times).toBe(1);
  await running;
  expect([times, errors.map(String)]).toEqual([3, ["Error: 1", "Error: 2"]]);
});

it("says nothing of an error that the end has caused", async () => {
  const stopping = new AbortController();
  const errors: unknown[] = [];
  await repeat(
    60_000,
    stopping.signal,
    () => {
      stopping.abort();
      return Promise.reject(new Error("closed"));
    },
    (error) => errors.push(error),
  );
  expect(errors).toEqual([]);
});
