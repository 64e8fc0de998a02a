import { ReplayCommand } from "./replay/replay.command.js";

/** What ingestion adds to the command line. */
export const INGESTION_COMMANDS = [ReplayCommand];
