import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpStatus,
  Param,
  Post,
  Query,
  Res,
  UseGuards,
  applyDecorators,
} from "@nestjs/common";
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiTags } from "@nestjs/swagger";
import { Checked } from "../../http/checked.js";
import { Fails, ReturnsList, ReturnsOne } from "../../http/documented.js";
import { IngestKeyGuard } from "../../http/ingest-key.guard.js";
import { DEFAULT_LIMIT } from "../../http/parameters.js";
import { ProblemException } from "../../http/problem.js";
import { reference } from "../../http/schema-parts.js";
import {
  type Backfill,
  BackfillStore,
  MAX_OPEN,
} from "../../persistence/stores/backfills/backfill-store.js";
import { BackfillRequest, BackfillsQuery, rangeOf } from "./backfill-request.js";
import { HistoryVenues, requireHistory } from "./history-venues.js";
import { NoQuery } from "./queries.js";

interface Reply {
  header(name: string, value: string): void;
}

/** Jobs that load history. Processes with the role `ingestion` run them. */
@ApiTags("backfills")
@Checked()
@Controller("api/v1/backfills")
export class BackfillsController {
  constructor(
    private readonly store: BackfillStore,
    private readonly venues: HistoryVenues,
  ) {}

  @Post()
  @UseGuards(IngestKeyGuard)
  @NeedsKey()
  @ApiOperation({
    summary: "Load the history of a market",
    description:
      "From the exchange's bulk files where it has them, and from its REST API for the rest. Trades that are already stored are not changed. " +
      "Days older than the retention horizon are loaded whole: their candles are kept, their trades are not. " +
      "A venue without history is refused, with a list of those that have it; a symbol unknown to its venue makes the job fail, with the reason.",
  })
  @ApiResponse({
    status: 201,
    description: "The queued job",
    content: { "application/json": { schema: reference("Backfill") } },
  })
  @ApiResponse({
    status: 409,
    description: `too_many_backfills: ${MAX_OPEN} are waiting or running`,
  })
  @Fails(400)
  async ask(
    @Body() request: BackfillRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Backfill> {
    const { market } = request;
    requireHistory(market, this.venues);
    const { from, to } = rangeOf(request, Date.now());
    const job = await this.store.request({ market, from, to, askedBy: "api" });
    if (job === undefined)
      throw new ProblemException(
        HttpStatus.CONFLICT,
        "too_many_backfills",
        `${MAX_OPEN} backfills are waiting or running; cancel one, or wait.`,
      );
    reply.header("Location", `/api/v1/backfills/${job.id}`);
    return job;
  }

  @Get()
  @ApiOperation({ summary: "Jobs that load history, the newest first" })
  @ReturnsList("Backfill", "Jobs by id, descending")
  @Fails(400)
  @Header("Cache-Control", "no-cache")
  list(@Query() query: BackfillsQuery): Promise<Backfill[]> {
    const { limit = DEFAULT_LIMIT, ...page } = query;
    return this.store.list({ ...page, limit });
  }

  @Get(":id")
  @ApiOperation({ summary: "One job and its progress" })
  @IdInPath()
  @ReturnsOne("Backfill", "The job")
  @Fails(400, 404)
  @Header("Cache-Control", "no-cache")
  async find(@Param("id") id: string, @Query() _query: NoQuery): Promise<Backfill> {
    return found(id, await this.store.find(numberOf(id)));
  }

  @Delete(":id")
  @UseGuards(IngestKeyGuard)
  @NeedsKey()
  @ApiOperation({
    summary: "Cancel a job",
    description:
      "It ends within about a second and keeps the trades it has loaded. A job that has ended is not changed.",
  })
  @IdInPath()
  @ReturnsOne("Backfill", "The job after cancelling")
  @Fails(404)
  async cancel(@Param("id") id: string): Promise<Backfill> {
    return found(id, await this.store.cancel(numberOf(id)));
  }
}

function numberOf(id: string): number {
  // No job has the number 0.
  return /^\d{1,9}$/.test(id) ? Number(id) : 0;
}

function found(id: string, job: Backfill | undefined): Backfill {
  if (job !== undefined) return job;
  throw new ProblemException(
    HttpStatus.NOT_FOUND,
    "unknown_backfill",
    `There is no backfill ${JSON.stringify(id.slice(0, 80))}. GET /api/v1/backfills lists them.`,
  );
}

function IdInPath(): MethodDecorator {
  return ApiParam({
    name: "id",
    description: "Number of the job",
    schema: { type: "integer" },
    example: 17,
  });
}

function NeedsKey(): MethodDecorator {
  return applyDecorators(
    ApiBearerAuth(),
    ApiResponse({ status: 401, description: "bad_key: no valid key" }),
    ApiResponse({
      status: 403,
      description: "ingest_off: no key is configured; set INGEST_KEYS",
    }),
  );
}
