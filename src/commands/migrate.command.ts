import { Command, CommandRunner } from "nest-commander";
import { DataSource } from "typeorm";
import { environment } from "../config/config.js";
import {
  dataSourceOptions,
  migrate,
  openDatabase,
} from "../persistence/schema/database.js";

@Command({
  name: "migrate",
  description:
    "Bring the database's tables up to date, then exit (serve does it by itself)",
})
export class MigrateCommand extends CommandRunner {
  async run(): Promise<void> {
    const database = await openDatabase(environment(), "share");
    try {
      const source = await new DataSource(
        dataSourceOptions(database, 2),
      ).initialize();
      try {
        const applied = await migrate(source, database);
        process.stdout.write(
          applied.length === 0
            ? "The tables are up to date.\n"
            : `Applied ${applied.join(", ")}.\n`,
        );
      } finally {
        await source.destroy();
      }
    } finally {
      await database.stop();
    }
  }
}
