/** Produces the next item while the current one is processed; at most one waits. */
export async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const source = items[Symbol.asyncIterator]();
  let next = source.next();
  try {
    for (;;) {
      const item: IteratorResult<T, void> = await next;
      if (item.done === true) return;
      next = source.next();
      // It is awaited in the next iteration, or below.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await next.catch(() => undefined);
    await source.return?.();
  }
}
