import { Body, Controller, HttpCode, HttpStatus, Post, UseGuards } from "@nestjs/common";
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from "@nestjs/swagger";
import { Refuses } from "../../http/documented.js";
import { IngestKeyGuard } from "../../http/ingest-key.guard.js";
import { ProblemException } from "../../http/problem.js";
import { Transport, TransportError } from "../../streaming/transport.js";
import { Venues } from "../../venues/venues.js";
import { MAX_POSTED, postedTrades } from "./posted-trades.js";

const STORE_LIMIT_MS = 10_000;
/** Bounds the answer to a body full of faults. */
const MAX_FAULTS = 1_000;

@ApiTags("trades")
@Controller("api/v1/trades")
export class IngestController {
  private last = 0;

  constructor(
    private readonly transport: Transport,
    private readonly venues: Venues,
  ) {}

  @Post()
  @HttpCode(202)
  @UseGuards(IngestKeyGuard)
  @ApiBearerAuth()
  @ApiOperation({
    summary: "Post trades of a market that no feed owns",
    description:
      "1 to 1,000 trades, all or nothing. They are processed like an exchange's trades; the answer comes once they cannot be lost. " +
      "A trade with an id can be sent again without harm; a trade without one gets an id, so that a repetition is a new trade.",
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
            description: 'Decimal as text; "0", the default, is a price without a size',
            example: "0.25",
          },
          time: {
            oneOf: [{ type: "integer" }, { type: "string", format: "date-time" }],
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
    description: "Accepted: the trades cannot be lost any more",
    schema: { example: { accepted: 1, ids: ["a-17"] } },
  })
  @Refuses("/api/v1/trades", [
    {
      status: 400,
      code: "bad_trades",
      description: "No trade was accepted; each fault is named",
      detail: "[0].price must be a decimal as text, not 61234.5",
    },
    {
      status: 401,
      code: "bad_key",
      description: "No valid key",
      detail: "Send Authorization: Bearer <key>",
    },
    {
      status: 403,
      code: "ingest_off",
      description: "No key is configured: posting is off",
      detail: "Set INGEST_KEYS",
    },
    {
      status: 413,
      code: "payload_too_large",
      description: "More than 1 MB",
      detail: "The body may have 1,048,576 bytes at most",
    },
    {
      status: 429,
      code: "too_many_requests",
      description: "Too many requests; see Retry-After",
      detail: "Try again in 20 s",
    },
    {
      status: 503,
      code: "transport_unavailable",
      description: "The pipeline does not accept trades now; try again",
      detail: "No room within 10 s",
    },
  ])
  async post(@Body() body: unknown): Promise<{ accepted: number; ids: string[] }> {
    const { trades, faults } = postedTrades(body, this.venues, Date.now(), () => this.last++);
    if (faults.length > 0) {
      const shown = faults.slice(0, 20);
      const detail = shown
        .map(
          (fault) =>
            `${fault.field} ${fault.detail}${fault.value === undefined ? "" : `, not ${fault.value}`}`,
        )
        .join("; ");
      throw new ProblemException(
        HttpStatus.BAD_REQUEST,
        "bad_trades",
        faults.length > shown.length
          ? `${detail}; and ${faults.length - shown.length} more`
          : detail,
        faults.slice(0, MAX_FAULTS),
      );
    }
    const limit = AbortSignal.timeout(STORE_LIMIT_MS);
    try {
      await this.transport.produce("trades", trades, { signal: limit });
    } catch (error) {
      throw limit.aborted
        ? unavailable(
            `The trades could not be stored within ${STORE_LIMIT_MS / 1_000} s. They may still be: send them again with the same ids`,
          )
        : error instanceof TransportError && isTemporary(error)
          ? unavailable(error.message)
          : error;
    }
    return { accepted: trades.length, ids: trades.map(({ id }) => id) };
  }
}

/** `closed`: this process shuts down, and another may accept the trades. */
function isTemporary({ canRetry, code }: TransportError): boolean {
  return canRetry || code === "closed";
}

function unavailable(detail: string): ProblemException {
  return new ProblemException(HttpStatus.SERVICE_UNAVAILABLE, "transport_unavailable", detail);
}
