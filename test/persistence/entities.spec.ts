import { readdirSync } from "node:fs";
import type { DataSource } from "typeorm";
import type { ColumnMetadata } from "typeorm/metadata/ColumnMetadata.js";
import { type Tape, openTape } from "../support/tape.js";

/** What both the database and an entity define of a column, as text. */
type Columns = Record<string, string>;

let tape: Tape;
beforeAll(async () => {
  tape = await openTape("1m");
});
afterAll(() => tape.close());

const entities = (): [table: string, columns: Columns][] =>
  tape.source.entityMetadatas.map(({ tableName, columns }) => [
    tableName,
    Object.fromEntries(
      columns
        .filter(({ isVirtualProperty }) => !isVirtualProperty)
        .map((column) => [
          column.databaseName,
          sentence({
            type: typeOf(column, tape.source),
            isNullable: column.isNullable,
            isPrimary: column.isPrimary,
            isIdentity: column.isGenerated,
            collation: column.collation ?? null,
          }),
        ]),
    ),
  ]);

function typeOf(column: ColumnMetadata, source: DataSource): string {
  if (column.type !== "enum") return source.driver.normalizeType(column);
  return `${column.enumName} of ${column.enum?.toSorted().join(" ")}`;
}

function sentence(of: {
  type: string;
  isNullable: boolean;
  isPrimary: boolean;
  isIdentity: boolean;
  /** Null for that of the database. */
  collation: string | null;
}): string {
  const { type, isNullable, isPrimary, isIdentity, collation } = of;
  return [
    type,
    ...(isNullable ? [] : ["not null"]),
    ...(isPrimary ? ["primary key"] : []),
    ...(isIdentity ? ["identity"] : []),
    ...(collation === null ? [] : [`collated ${collation}`]),
  ].join(", ");
}

/** Also the columns without a default, which an inserted entity must have. */
async function columnsOf(table: string): Promise<{ columns: Columns; needed: string[] }> {
  const rows = await tape.source.query<
    {
      name: string;
      type: string;
      isNullable: boolean;
      isPrimary: boolean;
      isIdentity: boolean;
      collation: string | null;
      isNeeded: boolean;
    }[]
  >(
    `SELECT a.attname AS name, NOT a.attnotnull AS "isNullable", a.attidentity <> '' AS "isIdentity",
       (SELECT c.collname FROM pg_collation c WHERE c.oid = a.attcollation AND c.collname <> 'default') AS collation,
       coalesce(a.attnum = ANY (k.conkey), false) AS "isPrimary",
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS "isNeeded",
       coalesce((SELECT format_type(a.atttypid, NULL) || ' of ' || string_agg(e.enumlabel, ' ' ORDER BY e.enumlabel COLLATE "C")
         FROM pg_enum e WHERE e.enumtypid = a.atttypid), format_type(a.atttypid, NULL)) AS type
     FROM pg_attribute a LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`,
    [table],
  );
  return {
    columns: Object.fromEntries(rows.map((row) => [row.name, sentence(row)])),
    needed: rows.filter(({ isNeeded }) => isNeeded).map(({ name }) => name),
  };
}

it("has entities whose columns are those of the migrated tables, by name, type, null, key and collation", async () => {
  const all = entities();
  const files = readdirSync("src/persistence/schema/entities").filter((file) =>
    file.endsWith(".entity.ts"),
  );
  expect(all).toHaveLength(files.length);
  for (const [table, columns] of all) {
    const stored = await columnsOf(table);
    const named = Object.entries(stored.columns).filter(([name]) => columns[name] !== undefined);
    expect({ table, columns }).toEqual({
      table,
      columns: Object.fromEntries(named),
    });
  }
});

it("has entities with every column that has no default", async () => {
  for (const [table, columns] of entities()) {
    const { needed } = await columnsOf(table);
    expect({
      table,
      missing: needed.filter((name) => columns[name] === undefined),
    }).toEqual({ table, missing: [] });
  }
});
