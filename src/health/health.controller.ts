import { Controller, Get, HttpException, ServiceUnavailableException } from "@nestjs/common";
import {
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from "@nestjs/swagger";
import {
  HealthCheckService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from "@nestjs/terminus";
import { type HealthCheck, HealthChecks, healthOf } from "./health-checks.js";

@ApiTags("health")
@Controller("health")
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly checks: HealthChecks,
  ) {}

  @Get("live")
  @ApiOperation({ summary: "The process answers; restart it when this fails" })
  @ApiOkResponse({
    description: "Alive",
    schema: { example: { status: "ok" } },
  })
  live(): { status: "ok" } {
    return { status: "ok" };
  }

  @Get("ready")
  @ApiOperation({
    summary: "It can do its work: database, transport, assignment, feeds",
  })
  @ApiOkResponse({
    description: "Ready; feeds in trouble are named, and do not make the whole unready",
  })
  @ApiServiceUnavailableResponse({
    description: "Not ready; the part that is down is named",
  })
  async ready(): Promise<HealthCheckResult> {
    try {
      return await this.health.check(this.checks.all.map((check) => () => run(check)));
    } catch (error) {
      throw error instanceof ServiceUnavailableException
        ? notReady(error.getResponse() as HealthCheckResult)
        : error;
    }
  }
}

/** In the form of Terminus: by name, the state after the details. */
async function run(check: HealthCheck): Promise<HealthIndicatorResult> {
  const { state, ...details } = await healthOf(check);
  return { [check.name]: { ...details, status: state } };
}

/** One sentence for a person; `details` has every part for programs. */
function notReady({ error = {}, details }: HealthCheckResult): HttpException {
  const down = Object.entries(error).map(
    ([part, state]) => `${part} is down (${String(state?.reason)})`,
  );
  const detail = `Not ready: ${down.join(", ")}.`;
  return new HttpException({ code: "not_ready", detail, details }, 503);
}
