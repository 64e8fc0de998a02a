import { ApiPropertyOptional, ApiProperty } from "@nestjs/swagger";
import { IsIn, IsOptional, IsString } from "class-validator";
import { INTERVALS } from "../../domain/interval.js";
import {
  DEFAULT_LIMIT,
  MAX_LIMIT,
  OptionalId,
  OptionalLimit,
  OptionalTime,
} from "../../http/parameters.js";
import { GAP_STATES, type GapState } from "../../persistence/stores/gaps/gap-store.js";

const LIMIT = {
  type: "integer",
  minimum: 1,
  maximum: MAX_LIMIT,
  default: DEFAULT_LIMIT,
} as const;
export const TIME = {
  oneOf: [
    { type: "integer", format: "int64" },
    { type: "string", format: "date-time" },
  ],
};

export const FORMATS = ["csv", "json"] as const;

export class TimesQuery {
  @ApiPropertyOptional({
    ...TIME,
    description: "Inclusive. Epoch ms or ISO 8601. Alone: the oldest rows from there",
    example: 1723161600000,
  })
  @OptionalTime()
  start?: number;

  @ApiPropertyOptional({
    ...TIME,
    description: "Exclusive. Epoch ms or ISO 8601. Alone: the newest rows before it",
    example: "2024-08-09T01:00:00Z",
  })
  @OptionalTime()
  end?: number;

  @ApiPropertyOptional({
    ...LIMIT,
    description: "Rows of the page; more than 1,000 is refused",
  })
  @OptionalLimit()
  limit?: number;
}

export class CandlesQuery extends TimesQuery {
  @ApiProperty({
    enum: INTERVALS,
    description: "A stored interval",
    example: "1m",
  })
  @IsString({ message: "must be given, such as interval=1m" })
  interval!: string;

  @ApiPropertyOptional({
    enum: ["previous"],
    description:
      "Adds a flat candle (version 0, no trades, the close before) for each empty bucket that provably had no trade",
  })
  @IsOptional()
  @IsIn(["previous"], { message: "must be previous, or left out" })
  fill?: "previous";

  @ApiPropertyOptional({
    enum: FORMATS,
    description:
      "Instead of the Accept header; csv is a download. CSV with `start` and without `limit` is the whole range",
  })
  @IsOptional()
  @IsIn(FORMATS, { message: "must be csv or json" })
  format?: (typeof FORMATS)[number];
}

export class TradesQuery extends TimesQuery {
  @ApiPropertyOptional({
    type: "string",
    description: "First raw id (`ord`), inclusive: page by it",
    example: "3721061031",
  })
  @OptionalId()
  fromId?: string;
}

export class GapsQuery {
  @ApiPropertyOptional({
    type: "string",
    description: "Only gaps after this raw id: page with the last `toId`",
    example: "1298144955",
  })
  @OptionalId()
  after?: string;

  @ApiPropertyOptional({
    enum: GAP_STATES,
    description: "Only gaps in this state; repaired and void are ended ones",
  })
  @IsOptional()
  @IsIn(GAP_STATES, { message: `must be one of ${GAP_STATES.join(", ")}` })
  state?: GapState;

  @ApiPropertyOptional({
    ...LIMIT,
    description: "Rows of the page; more than 1,000 is refused",
  })
  @OptionalLimit()
  limit?: number;
}

export class DeadLettersQuery {
  @ApiPropertyOptional({
    type: "string",
    description: "Only dead letters before this id: page with the last `id`",
    example: "42",
  })
  @OptionalId()
  before?: string;

  @ApiPropertyOptional({
    ...LIMIT,
    description: "Rows of the page; more than 1,000 is refused",
  })
  @OptionalLimit()
  limit?: number;
}

/** For endpoints without parameters: any is refused. */
export class NoQuery {}
