import {
  BadRequestException,
  Body,
  Controller,
  HttpCode,
  Post,
  UseGuards,
} from "@nestjs/common";
import {
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from "@nestjs/swagger";
import { IngestKeyGuard } from "../../http/ingest-key.guard.js";
import { Transport, TransportError } from "../../streaming/transport.js";
import { MAX_POSTED, postedTrades } from "./posted-trades.js";

const LIMIT_MS = 10_000;
/** A body of nothing but faults gets an answer that is not larger than itself. */
const MOST_FAULTS = 1_000;

const problem = (status: number, code: string, detail: string): object => ({
  "application/problem+json": {
    schema: { $ref: "#/components/schemas/Problem" },
    example: {
      type: "about:blank",
      title: "…",
      status,
      code,
      detail,
      instance: "/api/v1/trades",
    },
  },
});

@ApiTags("trades")
@Controller("api/v1/trades")
export class IngestController {
  private last = 0;

  constructor(private readonly transport: Transport) {}

  @Post()
  @HttpCode(202)
  @UseGuards(IngestKeyGuard)
  @ApiBearerAuth()
  @ApiOperation({
    summary: "Post trades of a market that no feed owns",
    description:
      "1 to 1,000 trades, all or nothing. They take the same way as an exchange's: the answer comes once they cannot be lost. " +
      "A trade with an id can be sent again without harm; without one it gets an id, and a repetition is a new trade.",
  })
  @ApiBody({
    schema: {
      type: "array",
      minItems: 1,
      maxItems: MAX_POSTED,
      items: {
        type: "object",
        required: ["price"],
        properties: {
          market: {
            type: "string",
            description: "`venue:symbol`; this or symbol",
            example: "desk:BTCUSD",
          },
          symbol: {
            type: "string",
            description: "Means venue `posted`",
            example: "BTCUSD",
          },
          price: {
            type: "string",
            description: "Decimal above 0, as text",
            example: "61234.50",
          },
          amount: {
            type: "string",
            description:
              'Decimal as text; "0", the default, is a price without a size',
            example: "0.25",
          },
          time: {
            oneOf: [
              { type: "integer" },
              { type: "string", format: "date-time" },
            ],
            description: "Epoch ms or ISO 8601; default now",
            example: 1767323045000,
          },
          takerSide: {
            type: "string",
            enum: ["buy", "sell", "unknown"],
            default: "unknown",
          },
          id: {
            type: "string",
            maxLength: 128,
            description: "Unique within the market",
            example: "a-17",
          },
        },
      },
    },
    examples: {
      one: { value: [{ symbol: "BTCUSD", price: "61234.50" }] },
      two: {
        value: [
          {
            market: "desk:BTCUSD",
            id: "a-17",
            price: "61234.5",
            amount: "0.25",
            takerSide: "buy",
            time: 1767323045000,
          },
        ],
      },
    },
  })
  @ApiResponse({
    status: 202,
    description: "They cannot be lost any more",
    schema: { example: { accepted: 1, ids: ["a-17"] } },
  })
  @ApiResponse({
    status: 400,
    description: "Nothing was taken; each fault is named",
    content: problem(
      400,
      "bad_trades",
      "[0].price must be a decimal as text, not 61234.5",
    ) as never,
  })
  @ApiResponse({
    status: 401,
    description: "No valid key",
    content: problem(
      401,
      "bad_key",
      "Send Authorization: Bearer <key>",
    ) as never,
  })
  @ApiResponse({
    status: 403,
    description: "No key is configured: posting is off",
    content: problem(403, "ingest_off", "Set INGEST_KEYS") as never,
  })
  @ApiResponse({
    status: 413,
    description: "More than 1 MB",
    content: problem(
      413,
      "payload_too_large",
      "The body may have 1,048,576 bytes at most",
    ) as never,
  })
  @ApiResponse({
    status: 429,
    description: "Too many requests; see Retry-After",
    content: problem(429, "too_many_requests", "Try again in 20 s") as never,
  })
  @ApiResponse({
    status: 503,
    description: "The pipeline does not take them now; try again",
    content: problem(
      503,
      "transport_unavailable",
      "No room within 10 s",
    ) as never,
  })
  async post(
    @Body() body: unknown,
  ): Promise<{ accepted: number; ids: string[] }> {
    const { trades, faults } = postedTrades(
      body,
      Date.now(),
      () => this.last++,
    );
    if (faults.length > 0) {
      const shown = faults.slice(0, 20);
      const detail = shown
        .map(
          (fault) =>
            `${fault.field} ${fault.detail}${fault.value === undefined ? "" : `, not ${fault.value}`}`,
        )
        .join("; ");
      throw new BadRequestException({
        code: "bad_trades",
        detail:
          faults.length > shown.length
            ? `${detail}; and ${faults.length - shown.length} more`
            : detail,
        errors: faults.slice(0, MOST_FAULTS),
      });
    }
    const limit = AbortSignal.timeout(LIMIT_MS);
    try {
      await this.transport.produce("trades", trades, { signal: limit });
    } catch (error) {
      // At shutdown, another process may take them.
      const isClosed =
        error instanceof TransportError && error.code === "closed";
      if (isClosed)
        throw new TransportError("closed", error.message, {
          canRetry: true,
          cause: error,
        });
      if (!limit.aborted) throw error;
      const detail = `The trades could not be stored within ${LIMIT_MS / 1_000} s. They may still be: send them again with the same ids`;
      throw new TransportError("unavailable", detail, { cause: error });
    }
    return { accepted: trades.length, ids: trades.map(({ id }) => id) };
  }
}
