import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

/** A line of a file, with the id by which its lines are to be sorted. */
export interface IdentifiedLine {
  id: string;
  /** Its number, from 1. */
  place: number;
  /** Without tabs, backslashes and line breaks. */
  text: string;
}

const CREATE =
  "CREATE TEMPORARY TABLE unsorted (id bigint, place integer, text text) ON COMMIT DROP";
const COPY = "COPY unsorted FROM STDIN";
const DECLARE =
  "DECLARE sorted NO SCROLL CURSOR FOR SELECT id::text, place, text FROM unsorted u ORDER BY u.id, u.place";
const FETCH = "FETCH 5000 FROM sorted";

/**
 * Lines by ascending id, those of one id in their order; in constant memory, on PostgreSQL's disk.
 * Nothing of them stays.
 *
 * @param url of the database
 */
export async function* sortedById(
  url: string,
  pages: AsyncIterable<readonly IdentifiedLine[]>,
): AsyncGenerator<IdentifiedLine[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "tapeline backfill",
    connectionTimeoutMillis: 5_000,
  });
  // The next statement fails anyway.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("BEGIN; SET LOCAL statement_timeout = 0");
    await client.query(CREATE);
    await pipeline(Readable.from(textOf(pages)), client.query(copyFrom(COPY)));
    await client.query(DECLARE);
    for (;;) {
      const { rows } = await client.query<IdentifiedLine>(FETCH);
      if (rows.length === 0) return;
      yield rows;
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function* textOf(pages: AsyncIterable<readonly IdentifiedLine[]>): AsyncGenerator<string> {
  for await (const page of pages)
    yield page.map(({ id, place, text }) => `${id}\t${place}\t${text}\n`).join("");
}
