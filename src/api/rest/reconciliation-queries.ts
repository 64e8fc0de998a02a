import { applyDecorators } from "@nestjs/common";
import { ApiPropertyOptional } from "@nestjs/swagger";
import { IsIn, IsOptional, IsString } from "class-validator";
import { INTERVALS } from "../../domain/interval.js";
import { DIFFERENCE_STATES, type DifferenceState } from "../../domain/reconciliation.js";
import { OptionalTime } from "../../http/parameters.js";
import { FORMATS, TIME, TimesQuery } from "./queries.js";

function Format(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      enum: FORMATS,
      description: "Instead of the Accept header; csv is a download",
    }),
    IsOptional(),
    IsIn(FORMATS, { message: "must be csv or json" }),
  );
}

export class ReconciliationQuery {
  @ApiPropertyOptional({
    description: "Only this market",
    example: "binance:BTCUSDT",
  })
  @IsOptional()
  @IsString({ message: "must be venue:symbol, such as binance:BTCUSDT" })
  market?: string;

  @ApiPropertyOptional({
    ...TIME,
    description: "A time of the first day; 30 days before `to` if left out",
    example: "2024-08-09",
  })
  @OptionalTime()
  from?: number;

  @ApiPropertyOptional({
    ...TIME,
    description: "Exclusive; now if left out",
    example: "2024-08-10",
  })
  @OptionalTime()
  to?: number;

  @Format()
  format?: (typeof FORMATS)[number];
}

export class DifferencesQuery extends TimesQuery {
  @ApiPropertyOptional({
    enum: INTERVALS,
    default: "1m",
    description: "A stored interval",
  })
  @IsOptional()
  @IsString({ message: "must be an interval, such as 1m" })
  interval?: string;

  @ApiPropertyOptional({
    enum: DIFFERENCE_STATES,
    description: "Only those in this state",
  })
  @IsOptional()
  @IsIn(DIFFERENCE_STATES, {
    message: `must be one of ${DIFFERENCE_STATES.join(", ")}`,
  })
  state?: DifferenceState;

  @Format()
  format?: (typeof FORMATS)[number];
}
