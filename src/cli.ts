#!/usr/bin/env node
import { Module } from "@nestjs/common";
import { CommandFactory, InjectCommander } from "nest-commander";
import { BackfillCommand } from "./commands/backfill.command.js";
import { MigrateCommand } from "./commands/migrate.command.js";
import { ReplayCommand } from "./commands/replay.command.js";
import { ServeCommand } from "./commands/serve.command.js";
import { UrlCommand } from "./commands/url.command.js";
import { VerifyCommand } from "./commands/verify.command.js";
import { errorText } from "./error-text.js";

/** Usage texts name the command as users call it, not the file it lies in. */
class CommandName {
  constructor(@InjectCommander() commander: { name(name: string): void }) {
    commander.name("tapeline");
  }
}

@Module({
  providers: [
    CommandName,
    ServeCommand,
    ReplayCommand,
    BackfillCommand,
    VerifyCommand,
    MigrateCommand,
    UrlCommand,
  ],
})
class CommandModule {}

await CommandFactory.run(CommandModule, {
  logger: false,
  cliName: "tapeline",
  usePlugins: false,
  errorHandler: (error) => {
    // Commander has printed usage errors and help itself.
    const asked =
      "code" in error &&
      typeof error.code === "string" &&
      error.code.startsWith("commander.");
    if (!asked) process.stderr.write(`${errorText(error)}\n`);
    process.exitCode =
      "exitCode" in error && typeof error.exitCode === "number"
        ? error.exitCode
        : 1;
  },
  serviceErrorHandler: (error) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = 1;
  },
});
