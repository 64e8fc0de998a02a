import { BackfillCommand } from "./backfill/backfill.command.js";

/** What recovery adds to the command line. */
export const RECOVERY_COMMANDS = [BackfillCommand];
