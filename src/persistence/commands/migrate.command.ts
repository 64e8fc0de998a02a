import { Command, CommandRunner } from "nest-commander";
import { environment } from "../../config/config.js";
import { migrate } from "../schema/database.js";
import { withDatabase } from "../shared-database.js";

@Command({
  name: "migrate",
  description: "Bring the database's tables up to date, then exit (serve does it by itself)",
})
export class MigrateCommand extends CommandRunner {
  async run(): Promise<void> {
    const applied = await withDatabase(environment(), migrate);
    process.stdout.write(
      applied.length === 0 ? "The tables are up to date.\n" : `Applied ${applied.join(", ")}.\n`,
    );
  }
}
