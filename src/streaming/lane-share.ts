/** Markets whose lane is remembered; the lane of one more follows from its name alone. */
const CAPACITY = 10_000;

/**
 * Which lane a market's records go through: always the same one, so that their order is kept. Lanes are dealt in turns, as
 * markets are first seen. By a hash of the name, 12 of 20 markets went through one of two lanes, and a core waited.
 */
export class LaneShare {
  private readonly dealt = new Map<string, number>();

  constructor(private readonly lanes: number) {}

  of(market: string): number {
    if (this.lanes === 1) return 0;
    const known = this.dealt.get(market);
    if (known !== undefined) return known;
    if (this.dealt.size >= CAPACITY) return hashOf(market) % this.lanes;
    const lane = this.dealt.size % this.lanes;
    this.dealt.set(market, lane);
    return lane;
  }
}

/** FNV-1a. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++)
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  // The low bits of FNV are weak: of names that differ in one digit, all even ones would share a lane.
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 16;
}
