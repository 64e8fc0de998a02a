import { ApiProperty, ApiPropertyOptional } from "@nestjs/swagger";
import { Type } from "class-transformer";
import { IsInt, IsOptional, Max, Min, ValidateBy } from "class-validator";
import { marketFault, readMarket } from "../../domain/market.js";
import { MIN_TIME } from "../../domain/trade.js";
import { DAY_MS } from "../../domain/units.js";
import { OptionalLimit, Time } from "../../http/parameters.js";
import { badParameters } from "../../http/problem.js";
import { MAX_SPAN_MS } from "../../persistence/stores/backfills/backfill-store.js";

const TIME = {
  oneOf: [
    { type: "integer", format: "int64" },
    { type: "string", format: "date-time" },
  ],
};

/** Body of POST /backfills. */
export class BackfillRequest {
  @ApiProperty({
    type: String,
    description: "`venue:symbol`, in the venue's own spelling",
    example: "binance:BTCUSDT",
  })
  @MarketName()
  market!: string;

  @ApiProperty({
    ...TIME,
    description: "Exchange time, inclusive. Epoch ms or ISO 8601",
    example: "2024-01-01",
  })
  @Time()
  from!: number;

  @ApiPropertyOptional({
    ...TIME,
    description: "Exclusive; default now",
    example: "2024-02-01",
  })
  @IsOptional()
  @Time()
  to?: number;
}

/** Parameters of GET /backfills. */
export class BackfillsQuery {
  @ApiPropertyOptional({
    type: String,
    description: "Only of this market",
    example: "binance:BTCUSDT",
  })
  @IsOptional()
  @MarketName()
  market?: string;

  @ApiPropertyOptional({
    type: "integer",
    description: "Continue after this id",
    example: 17,
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: "must be the id of a backfill" })
  @Min(1, { message: "must be the id of a backfill" })
  @Max(2 ** 31 - 1, { message: "must be the id of a backfill" })
  before?: number;

  @ApiPropertyOptional({
    type: "integer",
    minimum: 1,
    maximum: 1_000,
    default: 500,
    description: "Jobs of the page",
  })
  @OptionalLimit()
  limit?: number;
}

/** The requested range in epoch ms, or throws a 400. `now` is epoch ms. */
export function rangeOf(request: BackfillRequest, now: number): { from: number; to: number } {
  const { from, to = now } = request;
  const fault = (field: "from" | "to", detail: string): Error =>
    badParameters([{ field, detail, value: timeText(field === "from" ? from : to) }]);
  if (from < MIN_TIME) throw fault("from", `must be ${timeText(MIN_TIME)} or later`);
  if (to > now) throw fault("to", `must not lie in the future (it is ${timeText(now)})`);
  const end = `to (${timeText(to)}${request.to === undefined ? ", now" : ""})`;
  if (from >= to) throw fault("from", `must be before ${end}`);
  if (to - from > MAX_SPAN_MS)
    throw fault("from", `must be at most ${MAX_SPAN_MS / DAY_MS} days before ${end}`);
  return { from, to };
}

/** Times out of the calendar's range stay as sent. */
function timeText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

function MarketName(): PropertyDecorator {
  return ValidateBy({
    name: "isMarket",
    validator: {
      validate: (value) => typeof value === "string" && readMarket(value) !== undefined,
      defaultMessage: (fault) =>
        marketFault("must be venue:symbol, such as binance:BTCUSDT", fault?.value),
    },
  });
}
