import { parseArgs } from "node:util";
import { tryCode } from "./code.js";
import { GROUPS } from "./groups.js";
import { BAR, type Mutant, isGood, report } from "./result.js";
import { STATEMENTS } from "./statements.js";
import { tryStatements } from "./try-statements.js";

const BARRED = Object.keys(GROUPS).filter((name) => GROUPS[name]?.bar !== undefined);

const HELP = `Changes the code in small ways and runs the tests: what they do not notice is untested.

npm run test:mutation -- [part…] [options]

Parts (all, when none is named):
${Object.entries(GROUPS)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join("\n")}
  sql       long SQL statements, by a list of mutants made by hand
  sql:NAME  one of them: ${STATEMENTS.map(({ name }) => name).join(", ")}

Options:
  --sample SHARE  try this share of the mutants, such as 0.2
  --seed N        of the sample; the same seed takes the same mutants (1)
  --workers N     code mutants tried side by side (1)
  --help

Ends with status 1 when less than ${BAR * 100} % of the mutants of ${BARRED.join(", ")} or sql are noticed, or when a
mutant cannot be tried. The other parts are only measured.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const choice = {
    share: Number(values.sample),
    seed: Number(values.seed),
    workers: Number(values.workers),
  };
  const isValid =
    choice.share > 0 && choice.share <= 1 && Number.isInteger(choice.seed) && choice.workers >= 1;
  const parts = positionals.length > 0 ? positionals : [...Object.keys(GROUPS), "sql"];
  const known = new Set([
    ...Object.keys(GROUPS),
    "sql",
    ...STATEMENTS.map(({ name }) => `sql:${name}`),
  ]);
  const unknown = parts.filter((part) => !known.has(part));
  if (!isValid || unknown.length > 0) {
    console.error(unknown.length > 0 ? `Unknown: ${unknown.join(", ")}` : "Bad option");
    console.error(HELP);
    return 2;
  }
  let status = 0;
  const lines: string[] = [];
  for (const part of parts) {
    const group = GROUPS[part];
    const mutants: Mutant[] =
      group === undefined
        ? await tryStatements(
            STATEMENTS.filter(({ name }) => part === "sql" || part === `sql:${name}`),
            choice,
          )
        : await tryCode(group, choice);
    lines.push(...report(part, mutants));
    if (!isGood(mutants, group === undefined ? BAR : (group.bar ?? 0))) status = 1;
  }
  console.log(lines.join("\n"));
  return status;
}
