import { ApiPropertyOptional, ApiProperty } from "@nestjs/swagger";
import { IsIn, IsOptional, IsString } from "class-validator";
import { INTERVALS } from "../domain/interval.js";
import {
  DEFAULT_LIMIT,
  MAX_LIMIT,
  OptionalId,
  OptionalLimit,
  OptionalTime,
} from "./parameters.js";

const LIMIT = {
  type: "integer",
  minimum: 1,
  maximum: MAX_LIMIT,
  default: DEFAULT_LIMIT,
} as const;
const TIME = {
  oneOf: [
    { type: "integer", format: "int64" },
    { type: "string", format: "date-time" },
  ],
};

class TimeRange {
  @ApiPropertyOptional({
    ...TIME,
    description:
      "Inclusive. Epoch ms or ISO 8601. Alone: the oldest rows from there",
    example: 1723161600000,
  })
  @OptionalTime()
  start?: number;

  @ApiPropertyOptional({
    ...TIME,
    description:
      "Exclusive. Epoch ms or ISO 8601. Alone: the newest rows before it",
    example: "2024-08-09T01:00:00Z",
  })
  @OptionalTime()
  end?: number;

  @ApiPropertyOptional({
    ...LIMIT,
    description: "Rows of the page; more than 1,000 is refused",
  })
  @OptionalLimit()
  limit: number = DEFAULT_LIMIT;
}

export class CandlesQuery extends TimeRange {
  @ApiProperty({
    enum: INTERVALS,
    description: "One that is stored",
    example: "1m",
  })
  @IsString({ message: "must be given, such as interval=1m" })
  interval!: string;

  @ApiPropertyOptional({
    enum: ["previous"],
    description:
      "Adds a flat candle (version 0, no trades, the close before) for each empty bucket in which provably nobody traded",
  })
  @IsOptional()
  @IsIn(["previous"], { message: "must be previous, or left out" })
  fill?: "previous";
}

export class TradesQuery extends TimeRange {
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
    description: "Only gaps behind this raw id: page with the last `toId`",
    example: "1298144955",
  })
  @OptionalId()
  after?: string;

  @ApiPropertyOptional({
    ...LIMIT,
    description: "Rows of the page; more than 1,000 is refused",
  })
  @OptionalLimit()
  limit: number = DEFAULT_LIMIT;
}

/** For endpoints without parameters: any is refused. */
export class NoQuery {}
