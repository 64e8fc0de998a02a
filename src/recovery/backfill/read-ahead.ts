/** The next item is made while the one before is worked on; no more than one waits. */
export async function* readAhead<T>(
  items: AsyncIterable<T>,
): AsyncGenerator<T> {
  const source = items[Symbol.asyncIterator]();
  let next = source.next();
  try {
    for (;;) {
      const item: IteratorResult<T, void> = await next;
      if (item.done === true) return;
      next = source.next();
      // It is awaited in the next turn, or below.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await next.catch(() => undefined);
    await source.return?.();
  }
}
