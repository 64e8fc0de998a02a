import { canonical } from "../../domain/decimal.js";
import { marketOf } from "../../domain/market.js";
import type { Trade } from "../../domain/trade.js";
import { SIMULATED_VENUE } from "../../venues/venues.js";

export interface SimulatorOptions {
  seed: number;
  /** Trades a second and symbol. */
  rate: number;
  /** Shares (0–1) of trades that come late, twice, before their predecessor, or never. */
  late: number;
  duplicate: number;
  disorder: number;
  missing: number;
}

// Called some hundred times a trade: looking up the global each time is expensive where tests run.
const { imul, floor, sqrt } = Math;

/** Time of trade 0 of every symbol. */
const EPOCH = Date.UTC(2020, 0, 1);
/** Octaves of the walk: steps of 1 to 2²³ trades. */
const OCTAVES = 24;
/** Typical change of the logarithm of the price over one trade. */
const LOG_STEP = 0.000_15;

/** Price level and decimals of the default symbols, so that charts look real. */
const LEVELS: Record<string, [price: number, priceDigits: number, amountDigits: number]> = {
  BTCUSDT: [64_000, 2, 5],
  ETHUSDT: [3_400, 2, 4],
  SOLUSDT: [150, 2, 3],
  BNBUSDT: [580, 2, 3],
  ADAUSDT: [0.45, 4, 1],
};
const OTHER_LEVEL: [number, number, number] = [100, 2, 3];

/** Bits for the trade numbers of one walk: at 10,000 trades a second until the year 2033. */
const WALK_BITS = 42n;
const WALKS = 2 ** 20;
const USUAL_WALK = walkNumber(1, 0.5);

/**
 * A random walk whose n-th trade is a pure function of (seed, symbol, n): the same seed gives the
 * same trades, history can be made for any time without walking there, and a restart repeats the
 * same trades with the same ids.
 *
 * The walk is fractal: octave k adds noise that changes every 2ᵏ trades, its height growing with
 * √2ᵏ as a walk's spread does. Prices are invented, so here, and only here, they are computed as
 * floating point numbers.
 */
export class Simulator {
  private readonly hashes = new Map<string, number>();
  /** Another seed or rate is another walk, whose ids must differ from those of stored trades. */
  private readonly firstId: bigint;

  constructor(private readonly options: SimulatorOptions) {
    const walk = walkNumber(options.seed, options.rate) - USUAL_WALK;
    this.firstId = BigInt((walk + WALKS) % WALKS) << WALK_BITS;
  }

  /** Number of the first trade at or after `time` (epoch ms). */
  firstFrom(time: number): number {
    return Math.max(1, Math.ceil(((time - EPOCH) / 1_000) * this.options.rate));
  }

  /** Exchange time of trade `n`, epoch ms: increasing, about `rate` trades a second, irregular. */
  timeOf(symbol: string, n: number): number {
    const spacing = 1_000 / this.options.rate;
    return floor(EPOCH + (n + 0.9 * this.noise(symbol, 101, n)) * spacing);
  }

  trade(symbol: string, n: number, receivedAt?: number): Trade {
    const [level, priceDigits, amountDigits] = LEVELS[symbol] ?? OTHER_LEVEL;
    const time = this.timeOf(symbol, n);
    const id = (this.firstId + BigInt(n)).toString();
    const ticks = Math.max(
      1,
      Math.round(level * Math.exp(this.walk(symbol, n)) * 10 ** priceDigits),
    );
    // Sizes spread over three decades, small ones the most.
    const lots = Math.max(1, Math.round(10 ** (3 * this.noise(symbol, 102, n))));
    return {
      market: marketOf(SIMULATED_VENUE, symbol),
      id,
      ord: id,
      ids: "dense",
      kind: "raw",
      count: 1,
      price: scaled(ticks, priceDigits),
      amount: scaled(lots, amountDigits),
      takerSide: this.noise(symbol, 103, n) < 0.5 ? "buy" : "sell",
      time,
      receivedAt: receivedAt ?? time,
      source: "simulated",
      offBook: false,
    };
  }

  /** The configured faults of trade `n`. */
  faultsOf(
    symbol: string,
    n: number,
  ): { missing: boolean; duplicate: boolean; early: boolean; lateMs: number } {
    const { late, duplicate, disorder, missing } = this.options;
    return {
      missing: this.noise(symbol, 104, n) < missing,
      duplicate: this.noise(symbol, 105, n) < duplicate,
      early: this.noise(symbol, 106, n) < disorder,
      lateMs:
        this.noise(symbol, 107, n) < late ? 2_000 + floor(88_000 * this.noise(symbol, 108, n)) : 0,
    };
  }

  private walk(symbol: string, n: number): number {
    let sum = 0;
    for (let octave = 0; octave < OCTAVES; octave++) {
      const span = 2 ** octave;
      const cell = floor(n / span);
      const part = (n % span) / span;
      const from = this.noise(symbol, octave, cell) - 0.5;
      const to = this.noise(symbol, octave, cell + 1) - 0.5;
      sum += sqrt(span) * (from + (to - from) * part);
    }
    return LOG_STEP * sum;
  }

  /** 0 ≤ x < 1, a function of seed, symbol, kind and place only. */
  private noise(symbol: string, kind: number, place: number): number {
    let hash = imul(this.options.seed ^ 0x9e3779b9, 0x85ebca6b) ^ this.hashOf(symbol);
    hash = mix(hash ^ imul(kind + 1, 0xc2b2ae35));
    hash = mix(hash ^ (place | 0));
    hash = mix(hash ^ floor(place / 4_294_967_296));
    return (hash >>> 0) / 4_294_967_296;
  }

  private hashOf(symbol: string): number {
    let hash = this.hashes.get(symbol);
    if (hash === undefined) {
      hash = hashText(symbol);
      this.hashes.set(symbol, hash);
    }
    return hash;
  }
}

function walkNumber(seed: number, rate: number): number {
  return (mix(hashText(`${seed} ${rate}`)) >>> 0) % WALKS;
}

/** `count` units of 10⁻ᵈⁱᵍⁱᵗˢ as canonical text. */
function scaled(count: number, digits: number): string {
  const text = String(count).padStart(digits + 1, "0");
  const decimal = `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return canonical(decimal) ?? decimal;
}

function mix(value: number): number {
  let x = value;
  x = imul(x ^ (x >>> 16), 0x7feb352d);
  x = imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** FNV-1a. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
