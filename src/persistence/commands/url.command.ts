import { Command, CommandRunner } from "nest-commander";
import { ConfigError, environment } from "../../config/config.js";
import { EmbeddedPostgres } from "../embedded/embedded-postgres.js";

@Command({
  name: "url",
  description: "Print the URL of the embedded database for psql and BI tools; it may only read",
})
export class UrlCommand extends CommandRunner {
  run(): Promise<void> {
    const config = environment();
    if (config.databaseUrl !== undefined)
      throw new ConfigError(["DATABASE_URL is set: there is no embedded database"]);
    process.stdout.write(
      `${new EmbeddedPostgres(config.dataDir, config.embeddedPort).readerUrl()}\n`,
    );
    return Promise.resolve();
  }
}
