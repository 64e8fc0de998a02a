import { MigrateCommand } from "./migrate.command.js";
import { RebuildCommand } from "./rebuild.command.js";
import { UrlCommand } from "./url.command.js";
import { VerifyCommand } from "./verify.command.js";

/** Commands of the persistence module. */
export const PERSISTENCE_COMMANDS = [VerifyCommand, RebuildCommand, MigrateCommand, UrlCommand];
