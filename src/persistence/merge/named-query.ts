/**
 * Statements made of another one's parts: what loads history past the topics merges by the very text of
 * `write-trades.sql`, with other rows for its input.
 */

/** Text between the parentheses of the named WITH query. The statement has no comments. */
export function queryNamed(statement: string, name: string): string {
  const { from, to } = placeOf(statement, name);
  return statement.slice(from, to);
}

/** The statement with another body for the named WITH query. */
export function withQuery(
  statement: string,
  name: string,
  body: string,
): string {
  const { from, to } = placeOf(statement, name);
  return `${statement.slice(0, from)}${body}${statement.slice(to)}`;
}

/** The statement without its first `count` parameters, which nothing in it uses any more. */
export function withoutParameters(statement: string, count: number): string {
  return statement.replace(/\$(\d+)/g, (_match, number: string) => {
    const left = Number(number) - count;
    if (left < 1) throw new Error(`parameter $${number} is still used`);
    return `$${left}`;
  });
}

function placeOf(
  statement: string,
  name: string,
): { from: number; to: number } {
  const head = new RegExp(
    `(?:WITH|,)\\s+${name} AS (?:MATERIALIZED )?\\(`,
  ).exec(statement);
  if (head === null) throw new Error(`no query is named ${name}`);
  const from = head.index + head[0].length;
  let depth = 1;
  for (const { 0: token, index } of statement
    .slice(from)
    .matchAll(/'[^']*'|[()]/g)) {
    if (token === "(") depth++;
    if (token === ")" && --depth === 0) return { from, to: from + index };
  }
  throw new Error(`the query ${name} does not end`);
}
