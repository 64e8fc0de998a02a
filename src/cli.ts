#!/usr/bin/env node
import { Module } from "@nestjs/common";
import { CommandFactory, InjectCommander } from "nest-commander";
import { type Launched, Launcher } from "./commands/launcher.js";
import { ServeCommand } from "./serve.command.js";
import type { Config } from "./config/config.js";
import { errorText } from "./error-text.js";
import { INGESTION_COMMANDS } from "./ingestion/ingestion-commands.js";
import { useLogger } from "./log.js";
import { PERSISTENCE_COMMANDS } from "./persistence/commands/persistence-commands.js";
import { RECOVERY_COMMANDS } from "./recovery/recovery-commands.js";

/** Usage texts name the command as users call it, not its file. */
class CommandName {
  constructor(@InjectCommander() commander: { name(name: string): void }) {
    commander.name("tapeline");
  }
}

class ApplicationLauncher extends Launcher {
  async launch(config: Config): Promise<Launched> {
    // Loaded when it is needed: it takes longer than a command such as `url` runs.
    const { banner, start } = await import("./main.js");
    const running = await start(config, useLogger(config));
    return {
      get: (provider) => running.app.get(provider, { strict: false }),
      banner: banner(running, config),
      stop: () => running.stop(),
    };
  }
}

@Module({
  providers: [
    CommandName,
    { provide: Launcher, useClass: ApplicationLauncher },
    ServeCommand,
    ...INGESTION_COMMANDS,
    ...RECOVERY_COMMANDS,
    ...PERSISTENCE_COMMANDS,
  ],
})
class CommandModule {}

await CommandFactory.run(CommandModule, {
  logger: false,
  cliName: "tapeline",
  usePlugins: false,
  errorHandler: (error) => {
    // Commander has already printed usage errors and help.
    const printed =
      "code" in error && typeof error.code === "string" && error.code.startsWith("commander.");
    if (!printed) process.stderr.write(`${errorText(error)}\n`);
    process.exitCode =
      "exitCode" in error && typeof error.exitCode === "number" ? error.exitCode : 1;
  },
  serviceErrorHandler: (error) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = 1;
  },
});
