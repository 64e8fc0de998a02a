/**
 * Code → whether the same call can succeed later with nothing changed. The thrower may override
 * it for one case. `docs/errors.md` says what each means; a test compares the two.
 */
export const ERROR_CODES = {
  // Of the transport and of venues
  unavailable: true,
  full: true,
  closed: false,
  rejected: false,
  silenced: true,
  no_turn: true,
  refused: false,
  timeout: true,
  unreadable: true,
  // Of files
  file_unavailable: true,
  file_refused: false,
  replay_failed: false,
  // Of what is stored
  id_conflict: false,
  market_gone: true,
  coverage_changed: true,
  horizon_passed: false,
  load_refused: false,
  not_built: true,
  backfill_gone: false,
  backfill_impossible: false,
  // Of a start
  bad_config: false,
  no_binaries: false,
  not_searchable: false,
  no_account: false,
  other_version: false,
  in_use: false,
  port_in_use: false,
  database_failed: true,
} as const satisfies Record<string, boolean>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface TapelineErrorOptions {
  cause?: unknown;
  /** Where the code's entry in `ERROR_CODES` does not hold. */
  canRetry?: boolean;
}

/**
 * An error that Tapeline itself throws. Subclasses add fields, or name the component that failed.
 */
export class TapelineError<C extends ErrorCode = ErrorCode> extends Error {
  /** Whether the same call can succeed later. */
  readonly canRetry: boolean;

  constructor(
    readonly code: C,
    message: string,
    options: TapelineErrorOptions = {},
  ) {
    super(message, options);
    this.name = new.target.name;
    this.canRetry = options.canRetry ?? ERROR_CODES[code];
  }
}

/**
 * Whether the failed call may be retried. A foreign error (of a driver, the system, or a bug) does
 * not say: it may, and the caller limits how often or how long. The outermost error decides, since
 * the code that wrapped the other one knew it.
 */
export function canRetry(error: unknown): boolean {
  return error instanceof TapelineError ? error.canRetry : true;
}

/** Whether it is ours and has one of these codes; a driver's error has codes of its own. */
export function hasCode<C extends ErrorCode>(
  error: unknown,
  ...codes: readonly C[]
): error is TapelineError<C> {
  return error instanceof TapelineError && (codes as readonly unknown[]).includes(error.code);
}
