import { Injectable } from "@nestjs/common";
import { within } from "../waiting/limit.js";

const LIMIT_MS = 3_000;

/**
 * What a check covers, in the order of the report: the process, what it depends on, its work (first
 * the part shared with other processes), and the world outside.
 */
const LAYERS = [
  "process",
  "database",
  "transport",
  "consumers",
  "own consumers",
  "outside",
] as const;

export interface Health {
  /** `degraded` is reported, and does not make the process unready. */
  state: "up" | "degraded" | "down";
  /** Further fields of the report; `reason` when it is down. */
  [detail: string]: unknown;
}

/** Something that a process needs for its work. The context that owns it provides the check. */
export interface HealthCheck {
  /** Unique in a process; its key in the report. */
  name: string;
  layer: (typeof LAYERS)[number];
  check(): Health | Promise<Health>;
}

/** The health checks of this process. Each context's module adds its own. */
@Injectable()
export class HealthChecks {
  private readonly added: HealthCheck[] = [];

  /**
   * Call it in a module's constructor: readiness is judged by the checks that exist once the
   * process listens.
   */
  add(check: HealthCheck): void {
    if (this.added.some(({ name }) => name === check.name))
      throw new Error(`there are two health checks called ${check.name}`);
    this.added.push(check);
  }

  /** By layer; within a layer in the order they were added. */
  get all(): readonly HealthCheck[] {
    return LAYERS.flatMap((layer) => this.added.filter((check) => check.layer === layer));
  }
}

/** Runs a check. One that throws, or takes longer than the limit, is down. */
export async function healthOf(
  check: Pick<HealthCheck, "check">,
  limitMs = LIMIT_MS,
): Promise<Health> {
  let health: Health | undefined;
  try {
    await within(
      limitMs,
      (async () => {
        health = await check.check();
      })(),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { state: "down", reason };
  }
  return health ?? { state: "down", reason: `no answer within ${limitMs} ms` };
}
