import { ApiProperty, ApiPropertyOptional, IntersectionType } from "@nestjs/swagger";
import { IsOptional, IsString, Matches } from "class-validator";
import { INTERVALS } from "../../domain/interval.js";
import { REVISION_REASONS } from "../../domain/revision.js";
import { DEFAULT_LIMIT, MAX_LIMIT, OptionalId, OptionalLimit } from "../../http/parameters.js";
import { TimesQuery } from "./queries.js";

export class OneCandleQuery {
  @ApiProperty({
    enum: INTERVALS,
    description: "A stored interval",
    example: "1m",
  })
  @IsString({ message: "must be given, such as interval=1m" })
  interval!: string;
}

export class HistoryQuery extends OneCandleQuery {
  @ApiPropertyOptional({
    type: "string",
    description: "Only revisions after this one, oldest first; 0 starts at the first",
    example: "0",
  })
  @OptionalId()
  after?: string;

  @ApiPropertyOptional({
    type: "integer",
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: "Rows of the page; more than 1,000 is refused",
  })
  @OptionalLimit()
  limit?: number;
}

const REASON = `(${REVISION_REASONS.join("|")})`;

export class RevisedQuery extends IntersectionType(OneCandleQuery, TimesQuery) {
  @ApiPropertyOptional({
    type: "string",
    description: `Only candles with a revision for one of these reasons, comma-separated: ${REVISION_REASONS.join(", ")}`,
    example: "late,repair,posted",
  })
  @IsOptional()
  @Matches(new RegExp(`^${REASON}(,${REASON})*$`), {
    message: `must be a comma-separated list of ${REVISION_REASONS.join(", ")}`,
  })
  reasons?: string;
}
