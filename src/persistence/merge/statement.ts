import type { QueryConfig } from "pg";

/** A statement whose parameters have names. */
export interface Statement<Name extends string> {
  /** Name of the prepared statement on each connection; empty: not prepared. */
  name: string;
  text: string;
  /** In the order of their numbers. */
  parameters: readonly Name[];
}

/** A parameter's place in the text of a statement, with its type. */
export type Slot<Name extends string> = (parameter: Name) => string;

/**
 * Numbers the parameters in the order in which the text names them first.
 *
 * @param types PostgreSQL type of each; parameters that the text does not use are ignored
 */
export function statement<Name extends string>(
  name: string,
  types: Readonly<Record<Name, string>>,
  textOf: (slot: Slot<Name>) => string,
): Statement<Name> {
  const numbers = new Map<Name, number>();
  const text = textOf((parameter) => {
    if (!numbers.has(parameter)) numbers.set(parameter, numbers.size + 1);
    return `$${numbers.get(parameter)}::${types[parameter]}`;
  });
  return { name, text, parameters: [...numbers.keys()] };
}

/** The query in the form of the driver. */
export function queryOf<Name extends string>(
  { name, text, parameters }: Statement<Name>,
  values: Readonly<Record<Name, string | number>>,
): QueryConfig {
  return { name, text, values: parameters.map((each) => values[each]) };
}
