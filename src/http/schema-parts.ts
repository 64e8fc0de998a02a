import type { OpenAPIObject } from "@nestjs/swagger";

type SchemaOrReference = NonNullable<NonNullable<OpenAPIObject["components"]>["schemas"]>[string];
export type Schema = Exclude<SchemaOrReference, { $ref: string }>;

export const text = (description: string, example: string): Schema => ({
  type: "string",
  description,
  example,
});
export const decimal = (description: string, example: string): Schema => ({
  ...text(`${description}. Exact decimal as text`, example),
  pattern: "^-?\\d+(\\.\\d+)?$",
});
export const count = (description: string, example: number): Schema => ({
  type: "integer",
  minimum: 0,
  description,
  example,
});
export const time = (description: string, example = 1723161600000): Schema => ({
  type: "integer",
  format: "int64",
  description: `${description}. Epoch ms`,
  example,
});
export const flag = (description: string, example: boolean): Schema => ({
  type: "boolean",
  description,
  example,
});
export const oneOf = (description: string, values: readonly string[]): Schema => ({
  type: "string",
  enum: [...values],
  description,
  example: values[0],
});
export const number = (description: string, example: number): Schema => ({
  type: "number",
  minimum: 0,
  description,
  example,
});
export const part = (description: string): Schema => ({
  ...number(`${description}. 0–1`, 0.4),
  maximum: 1,
});
/** An enum must list null, too, to admit it. */
export const nullable = (schema: Schema): Schema => ({
  ...schema,
  nullable: true,
  ...(schema.enum && { enum: [...(schema.enum as unknown[]), null] }),
});
/** Every field of `T` is described and required; a missing one does not compile. */
export function object<T>(
  properties: Record<keyof T & string, SchemaOrReference>,
  description?: string,
): Schema {
  return {
    type: "object",
    properties,
    required: Object.keys(properties),
    ...(description === undefined ? {} : { description }),
  };
}

export const listOf = (items: SchemaOrReference, description?: string): Schema => ({
  type: "array",
  items,
  ...(description === undefined ? {} : { description }),
});

export const reference = (name: string): { $ref: string } => ({
  $ref: `#/components/schemas/${name}`,
});

export const market = text("Market, `venue:symbol`", "binance:BTCUSDT");
