import { BackfillCommand } from "./backfill/backfill.command.js";

/** The commands of recovery. */
export const RECOVERY_COMMANDS = [BackfillCommand];
