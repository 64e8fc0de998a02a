const SLOT_MS = 10_000;
const SLOTS = 30;
/** What one source alone says is believed when it still says so after this time. */
const PERSISTS_MS = 10_000;
/** A message that is ahead of the estimate by more is no difference of latencies. */
const JUMP_MS = 2_000;

/** The two largest offsets (exchange time minus local time) of some messages. */
interface Largest {
  first: number;
  second: number;
}

interface Slot {
  slot: number;
  bySource: Map<string, Largest>;
}

export interface ClockEvents {
  /**
   * The estimate went ahead by more than `JUMP_MS` at once, with a message of `source` (or as
   * others expired): the venue's clock was set, or the machine slept.
   */
  jumped(ms: number, source: string): void;
  /** A message is ahead of the estimate by more than that, and nothing has confirmed it yet. */
  doubted(ms: number, source: string): void;
}

/**
 * A venue's clock, estimated from its messages without trusting our wall clock: when a message
 * arrives, the venue's clock has reached its exchange time. The message with the shortest latency
 * gives the largest difference, so the estimate is behind the venue by a latency. It is ahead of
 * it only for the five minutes after the venue has set its clock back.
 *
 * No single message moves it: an offset counts once another message has reached it, too. Nor do
 * some messages of one source alone, where there are others, by more than two seconds; only when
 * the source says the same for ten seconds.
 *
 * All local times are monotonic (`performance.now()`): a wrong or adjusted wall clock does not
 * matter. Offsets expire after five minutes, since clocks drift.
 */
export class VenueClock {
  private readonly slots: Slot[] = [];
  /** Of all slots. */
  private readonly bySource = new Map<string, Largest>();
  private slot = -Infinity;
  private isDerived = true;
  private confirmed: number | undefined;
  /** What one source alone says, and since when. */
  private alone: { offset: number; since: number } | undefined;

  constructor(private readonly events?: ClockEvents) {}

  /**
   * @param exchangeTime epoch ms; of a message with several, the newest
   * @param local monotonic ms
   * @param source whose message it is: a market, or another witness, such as REST
   */
  observe(exchangeTime: number, local: number, source: string): void {
    const offset = exchangeTime - local;
    const slot = Math.floor(local / SLOT_MS);
    let newest = this.slots.at(-1);
    if (newest?.slot !== slot) {
      this.slots.push((newest = { slot, bySource: new Map() }));
      this.expire(slot - SLOTS);
    }
    raise(newest.bySource, source, offset);
    const isLargest = raise(this.bySource, source, offset);
    if (this.persists(offset, local)) this.move(this.alone?.offset ?? offset, source);
    if (!isLargest) return;
    this.isDerived = false;
    this.derive(local, source);
    if (this.confirmed !== undefined && offset - this.confirmed > JUMP_MS)
      this.events?.doubted(offset - this.confirmed, source);
  }

  /** Epoch ms; undefined before the second message. */
  now(local: number): number | undefined {
    this.derive(local);
    return this.confirmed === undefined ? undefined : Math.floor(local + this.confirmed);
  }

  /** Only where an offset has changed or expired: this runs for each frame. */
  private derive(local: number, source = "time"): void {
    const slot = Math.floor(local / SLOT_MS);
    if (slot !== this.slot) {
      this.slot = slot;
      this.expire(slot - SLOTS);
    }
    if (this.isDerived) return;
    this.isDerived = true;
    const all = { first: -Infinity, second: -Infinity };
    const ofSources = { ...all };
    for (const { first, second } of this.bySource.values()) {
      include(all, first);
      include(all, second);
      include(ofSources, first);
    }
    const isAlone = ofSources.second > -Infinity && all.second - ofSources.second > JUMP_MS;
    // One source does not raise the estimate against others; those that lag do not lower it.
    const allowed = isAlone
      ? Math.max(ofSources.second, Math.min(this.confirmed ?? Infinity, all.second))
      : all.second;
    const isLimited = allowed < all.second;
    this.alone = isLimited ? { offset: all.second, since: this.alone?.since ?? local } : undefined;
    // After a long silence the old estimate is better than an unconfirmed one, or none.
    if (allowed > -Infinity) this.move(allowed, source);
  }

  private persists(offset: number, local: number): boolean {
    const { alone } = this;
    return (
      alone !== undefined && local - alone.since > PERSISTS_MS && offset > alone.offset - JUMP_MS
    );
  }

  private move(offset: number, source: string): void {
    const ms = offset - (this.confirmed ?? offset);
    this.confirmed = offset;
    if (ms > JUMP_MS) this.events?.jumped(ms, source);
  }

  private expire(oldest: number): void {
    const { slots } = this;
    const kept = slots.findIndex(({ slot }, at) => slot >= oldest || at === slots.length - 1);
    if (kept <= 0) return;
    slots.splice(0, kept);
    this.bySource.clear();
    for (const { bySource } of slots)
      for (const [source, { first, second }] of bySource) {
        raise(this.bySource, source, first);
        raise(this.bySource, source, second);
      }
    this.isDerived = false;
  }
}

/** Whether the offset is one of its source's two largest. */
function raise(bySource: Map<string, Largest>, source: string, offset: number): boolean {
  const known = bySource.get(source);
  if (known !== undefined) return include(known, offset);
  bySource.set(source, { first: offset, second: -Infinity });
  return true;
}

function include(largest: Largest, offset: number): boolean {
  if (offset <= largest.second) return false;
  if (offset > largest.first) {
    largest.second = largest.first;
    largest.first = offset;
  } else largest.second = offset;
  return true;
}
