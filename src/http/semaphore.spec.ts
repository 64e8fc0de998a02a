import { Semaphore } from "./semaphore.js";

/** The result of `take`, which must not be undefined. */
function taken<T>(turn: Promise<T> | undefined): Promise<T> {
  if (turn === undefined) throw new Error("refused");
  return turn;
}

/** Work that ends when the test ends it. */
function held(): {
  work: () => Promise<string>;
  end: () => void;
  begun: boolean;
} {
  let end = (): void => undefined;
  const ended = new Promise<void>((done) => (end = done));
  const task = {
    begun: false,
    work: async () => {
      task.begun = true;
      await ended;
      return "done";
    },
    end: () => end(),
  };
  return task;
}

const moment = (): Promise<void> => new Promise((done) => setImmediate(done));

it("runs `atOnce` tasks concurrently, and the next when one of them has ended", async () => {
  const semaphore = new Semaphore({ atOnce: 2, waiting: 1 });
  const [first, second, third] = [held(), held(), held()];
  const answers = [first, second, third].map(({ work }) => taken(semaphore.take(work)));
  await moment();
  expect([first.begun, second.begun, third.begun]).toEqual([true, true, false]);
  second.end();
  await moment();
  expect(third.begun).toBe(true);
  first.end();
  third.end();
  expect(await Promise.all(answers)).toEqual(["done", "done", "done"]);
});

it("refuses work when the queue is full", async () => {
  const semaphore = new Semaphore({ atOnce: 1, waiting: 1 });
  const [first, second] = [held(), held()];
  const answers = [first, second].map(({ work }) => taken(semaphore.take(work)));
  expect(semaphore.take(held().work)).toBeUndefined();
  first.end();
  second.end();
  await Promise.all(answers);
  expect(await semaphore.take(() => Promise.resolve(1))).toBe(1);
});

it("continues after a failed task", async () => {
  const semaphore = new Semaphore({ atOnce: 1, waiting: 1 });
  const failing = semaphore.take(() => Promise.reject(new Error("broken")));
  const next = semaphore.take(() => Promise.resolve("next"));
  await expect(failing).rejects.toThrow("broken");
  expect(await next).toBe("next");
});
