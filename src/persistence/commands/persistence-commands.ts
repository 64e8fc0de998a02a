import { MigrateCommand } from "./migrate.command.js";
import { UrlCommand } from "./url.command.js";
import { VerifyCommand } from "./verify.command.js";

/** What persistence adds to the command line. */
export const PERSISTENCE_COMMANDS = [VerifyCommand, MigrateCommand, UrlCommand];
