/** Reports progress, rate and remaining time of a long load. */
export class Progress {
  private first: { at: number; done: number } | undefined;
  private lastSaid = -Infinity;

  constructor(
    private readonly all: number,
    private readonly say: (text: string) => void,
  ) {}

  said(done: number): void {
    const now = performance.now();
    this.first ??= { at: now, done };
    const { first } = this;
    // Without a terminal each report is a line.
    if (done === first.done || now - this.lastSaid < 5_000) return;
    this.lastSaid = now;
    const rate = ((done - first.done) / (now - first.at)) * 1_000;
    const left = Math.max(0, this.all - done) / rate;
    const text = (value: number): string => Math.round(value).toLocaleString("en-US");
    this.say(
      `${text(done)} of ${text(this.all)} trades, ${text(rate)}/s, ${left < 90 ? `${text(left)} s` : `${text(left / 60)} min`} left`,
    );
  }
}
