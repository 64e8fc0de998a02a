/** For the calling suite: opens resources, and closes them after each test. */
export function closedAfterEach<Opened extends { close(): Promise<void> }, Rest extends unknown[]>(
  open: (...rest: Rest) => Promise<Opened>,
): (...rest: Rest) => Promise<Opened> {
  let opened: Opened[] = [];
  afterEach(async () => {
    const open = opened;
    opened = [];
    for (const each of open) await each.close();
  });
  return async (...rest) => {
    const one = await open(...rest);
    opened.push(one);
    return one;
  };
}
