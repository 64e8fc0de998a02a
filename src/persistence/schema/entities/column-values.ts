import type { ValueTransformer } from "typeorm";

type Stored<T> = T | null;

/**
 * A `bigint` that a number holds exactly: epoch ms, or a count. Ids may exceed 2^53 and stay text.
 */
export const WHOLE_NUMBER: ValueTransformer = {
  to: (value: unknown) => value,
  from: (text: Stored<string>) => (text === null ? null : Number(text)),
};

/** `numeric` without trailing zeros, which the database keeps as a sum or a venue gave them. */
export const DECIMAL: ValueTransformer = {
  to: (value: unknown) => value,
  from: (text: Stored<string>) =>
    text?.includes(".") === true ? text.replace(/\.?0+$/, "") : text,
};

/** `timestamptz` as epoch ms. */
export const EPOCH_MS: ValueTransformer = {
  to: (value: unknown) => (typeof value === "number" ? new Date(value) : value),
  from: (date: Stored<Date>) => (date === null ? null : date.getTime()),
};
