import { canRunBroker } from "../support/broker.js";
import { describeOwnKafka } from "../support/kafka.js";
import { soak } from "../support/soak/soak.js";
import { SHORT, planOf } from "../support/soak/soak-plan.js";
import { soakTapes } from "../support/soak/soak-tapes.js";

const SEED = Number(process.env["SOAK_SEED"] ?? 20_261_124);
const MINUTE = 60_000;
const FROM_MS = 450 * MINUTE;
const MARKET_MS = 36 * MINUTE;
const SPEED = 60;
const TAIL_MS = 4_000;

describeOwnKafka(`a short soak (SOAK_SEED=${SEED})`, () => {
  it("ends with nothing missing, and with the exchange's own candles everywhere, whatever went wrong", async () => {
    expect(canRunBroker()).toBe(true);
    const tapes = soakTapes(FROM_MS, MARKET_MS);
    const symbols = tapes.map(({ symbol }) => symbol);
    const lengthMs = MARKET_MS / SPEED - TAIL_MS;
    const lines: string[] = [];
    const result = await soak({
      tapes,
      speed: SPEED,
      plan: planOf(SEED, SHORT, lengthMs, symbols),
      writers: 1,
      clients: 2,
      tailMs: TAIL_MS,
      settleMs: 60_000,
      say: (line) => lines.push(line),
    });
    const { problems, felt, killed, limits, compared } = result;
    expect({ problems, plan: problems.length > 0 ? lines : [] }).toEqual({
      problems: [],
      plan: [],
    });
    expect(compared).toBeGreaterThan(100);
    expect(limits).toEqual([]);
    expect(killed).toEqual(SHORT.kills);
    // And back to the default.
    expect(result.intervalChanges).toBe(SHORT.intervals + 1);
    expect(result.observed.reads).toBeGreaterThan(50);
    // Faults of streams always have an effect; those of REST only when a request comes meanwhile.
    expect(felt).toMatchObject({
      drop: expect.any(Number) as number,
      late: SHORT.faults.late,
      silence: SHORT.faults.silence,
      reset: SHORT.faults.reset,
    });
  }, 240_000);
});
