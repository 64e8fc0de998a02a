/**
 * Faults of the exchange. Durations are of this computer, not of the market, as are the limits of
 * the code under test.
 */
export type Fault =
  /** The next frames of a symbol are lost, sent twice, or come as garbage. */
  | { kind: "drop" | "duplicate" | "malformed"; symbol: string; frames: number }
  /** … or come after others. */
  | { kind: "late"; symbol: string; frames: number; byMs: number }
  /**
   * … or are dated ahead: every other message as a whole, whose trade is right, and the others by
   * their trade alone, which nobody can store. `byMs` is market time.
   */
  | { kind: "future"; symbol: string; frames: number; byMs: number }
  /** A subscription is dead although the connection lives; a new one cures it. */
  | { kind: "silence"; symbol: string; forMs: number }
  /** Connections are cut, half-open, ended for their age, or ended after an announcement. */
  | { kind: "reset" | "freeze" | "expire" }
  | { kind: "shutdown"; afterMs: number }
  /** Neither streams nor REST. */
  | { kind: "outage"; forMs: number }
  /** REST hangs up, takes long, answers with an error, or with half a body. */
  | { kind: "rest-down" | "rest-garbled"; forMs: number }
  | { kind: "rest-slow"; forMs: number; byMs: number }
  | { kind: "rest-status"; forMs: number; status: RestStatus }
  /** REST lags behind the market; `byMs` is market time. */
  | { kind: "rest-behind"; forMs: number; byMs: number };

export type RestStatus = 403 | 418 | 429 | 451 | 500 | 503;
export type FaultKind = Fault["kind"];

type FrameFault = Extract<Fault, { frames: number }>;
type RestFault = Extract<Fault, { kind: `rest-${string}` | "outage" }>;

/** A fault, and how many frames, connections or requests it has affected so far. */
export interface Struck {
  fault: Fault;
  /** Market time, epoch ms. */
  at: number;
  felt: number;
}

interface Pending {
  struck: Struck;
  /** Frames left, or local time of its end. */
  left: number;
}

const isFrameFault = (fault: Fault): fault is FrameFault => "frames" in fault;
const isRestFault = (fault: Fault): fault is RestFault =>
  fault.kind.startsWith("rest-") || fault.kind === "outage";

/** The active faults, and all that ever were. */
export class FaultDesk {
  readonly struck: Struck[] = [];
  private readonly frames: Pending[] = [];
  private readonly silences: Pending[] = [];
  private readonly rests: Pending[] = [];

  take(fault: Fault, at: number, felt = 0): Struck {
    const struck = { fault, at, felt };
    this.struck.push(struck);
    const end = "forMs" in fault ? performance.now() + fault.forMs : 0;
    if (isFrameFault(fault)) this.frames.push({ struck, left: fault.frames });
    else if (fault.kind === "silence") this.silences.push({ struck, left: end });
    else if (isRestFault(fault)) this.rests.push({ struck, left: end });
    return struck;
  }

  /** The fault of a frame that would be sent now. */
  faultOf(symbol: string): FrameFault | "silence" | undefined {
    const now = performance.now();
    const silence = this.silences.find(
      ({ struck, left }) => of(struck.fault) === symbol && left > now,
    );
    if (silence !== undefined) {
      silence.struck.felt++;
      return "silence";
    }
    const at = this.frames.findIndex(({ struck }) => of(struck.fault) === symbol);
    const pending = this.frames[at];
    if (pending === undefined) return undefined;
    pending.struck.felt++;
    if (--pending.left === 0) this.frames.splice(at, 1);
    return pending.struck.fault as FrameFault;
  }

  /** A client has subscribed the symbol again. */
  cure(symbol: string): void {
    for (const pending of this.silences)
      if (of(pending.struck.fault) === symbol && pending.struck.felt > 0) pending.left = 0;
  }

  /** Those that affect the current request. */
  restFaults(): RestFault[] {
    const now = performance.now();
    return this.rests
      .filter(({ left }) => left > now)
      .map(({ struck }) => {
        struck.felt++;
        return struck.fault as RestFault;
      });
  }

  get isOutage(): boolean {
    const now = performance.now();
    return this.rests.some(({ struck, left }) => struck.fault.kind === "outage" && left > now);
  }

  /** Ends all faults. */
  clear(): void {
    for (const pendings of [this.frames, this.silences, this.rests]) pendings.length = 0;
  }

  /** How many faults of each kind affected something. */
  felt(): Partial<Record<FaultKind, number>> {
    const counts: Partial<Record<FaultKind, number>> = {};
    for (const { fault, felt } of this.struck)
      if (felt > 0) counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
    return counts;
  }
}

function of(fault: Fault): string | undefined {
  return "symbol" in fault ? fault.symbol : undefined;
}
