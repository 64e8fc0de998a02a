import { Injectable } from "@nestjs/common";
import { within } from "../waiting/limit.js";

const LIMIT_MS = 3_000;

/**
 * What a check looks at, in the order of the report: a process, what it stands on, its work (what it shares with other
 * processes first), and the world outside.
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
  /** `degraded` is named, and does not make the process unready. */
  state: "up" | "degraded" | "down";
  /** What else the report has of it; `reason` of what is down. */
  [detail: string]: unknown;
}

/** Something that a process needs for its work, as the context that knows of it describes it. */
export interface HealthCheck {
  /** Unique in a process; its key in the report. */
  name: string;
  layer: (typeof LAYERS)[number];
  check(): Health | Promise<Health>;
}

/** The health checks of this process. The modules of its contexts add theirs. */
@Injectable()
export class HealthChecks {
  private readonly added: HealthCheck[] = [];

  /** To be called in a module's constructor: the process is ready or not by what is here once it listens. */
  add(check: HealthCheck): void {
    if (this.added.some(({ name }) => name === check.name))
      throw new Error(`there are two health checks called ${check.name}`);
    this.added.push(check);
  }

  /** By layer, and in one as they came. */
  get all(): readonly HealthCheck[] {
    return LAYERS.flatMap((layer) =>
      this.added.filter((check) => check.layer === layer),
    );
  }
}

/** A check that fails or is late is down. */
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
