/** Numbers in the order in which they came, taken from the front. */
class Fifo {
  private items: number[] = [];
  private head = 0;

  get first(): number | undefined {
    return this.items[this.head];
  }

  push(value: number): void {
    this.items.push(value);
  }

  drop(count: number): void {
    this.head += count;
    if (this.head < this.items.length / 2) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}

/**
 * What has been read of one assigned partition and what of it has been handled. Its records are spread over lanes, which
 * finish at different times; each lane finishes them in order. Committed may be only what lies before the first record
 * that some lane has not finished.
 */
export class PartitionProgress {
  /** Given to another member, or read anew after a restart: what still comes of it counts no more. */
  lost = false;
  /** The offset after the last one that was read; undefined before. */
  next: number | undefined;
  /** What was last committed. */
  committed: number | undefined;
  private readonly open: Fifo[];

  constructor(
    /** Kafka's name of the topic. */
    readonly topic: string,
    readonly partition: number,
    lanes: number,
  ) {
    this.open = Array.from({ length: lanes }, () => new Fifo());
  }

  /** False when it was read before. */
  read(offset: number, lane: number): boolean {
    if (this.next !== undefined && offset < this.next) return false;
    this.open[lane]?.push(offset);
    this.next = offset + 1;
    return true;
  }

  /** There is nothing more to read before `offset`: what lies there are no records, such as marks of transactions. */
  skipTo(offset: number): void {
    if (this.next === undefined || offset > this.next) this.next = offset;
  }

  /** The log is shorter than what was read of it: it was made anew, and is read from where it begins now. */
  restart(): void {
    this.next = undefined;
  }

  /** Nothing of it waits or is under way. */
  get idle(): boolean {
    return this.open.every(({ first }) => first === undefined);
  }

  handled(lane: number, count: number): void {
    this.open[lane]?.drop(count);
  }

  /** Everything before this offset has been handled; undefined while nothing was read. */
  get safe(): number | undefined {
    let safe = this.next;
    for (const { first } of this.open)
      if (first !== undefined && (safe === undefined || first < safe))
        safe = first;
    return safe;
  }
}
