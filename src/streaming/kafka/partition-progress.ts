/** A queue of numbers. */
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
 * Read and handled offsets of one assigned partition. Its records are spread over lanes, which
 * finish at different times; each lane finishes its records in order. Only offsets up to the first
 * record that a lane has not finished may be committed.
 */
export class PartitionProgress {
  /** Assigned to another member, or read again by a new session: late results are ignored. */
  lost = false;
  /** The offset after the last read record; undefined before the first. */
  next: number | undefined;
  /** The last committed offset. */
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

  /** False when the record was read before. */
  read(offset: number, lane: number): boolean {
    if (this.next !== undefined && offset < this.next) return false;
    this.open[lane]?.push(offset);
    this.next = offset + 1;
    return true;
  }

  /**
   * Nothing is left to read before `offset`: the entries there are not records, such as transaction
   * markers.
   */
  skipTo(offset: number): void {
    if (this.next === undefined || offset > this.next) this.next = offset;
  }

  /**
   * The log is shorter than what was read: the topic was recreated, and is read from its beginning.
   */
  restart(): void {
    this.next = undefined;
  }

  /** None of its records waits or is being handled. */
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
      if (first !== undefined && (safe === undefined || first < safe)) safe = first;
    return safe;
  }
}
