import { ConsoleLogger, Logger, type LogLevel } from "@nestjs/common";
import type { Config } from "./config/config.js";

/** Contexts in which Nest logs its own wiring: forty lines per start that no operator reads. */
const WIRING: ReadonlySet<unknown> = new Set([
  "InstanceLoader",
  "RoutesResolver",
  "RouterExplorer",
  "NestFactory",
  "WebSocketsController",
  "NestMicroservice",
  "NestApplication",
]);

const LEVELS: LogLevel[] = ["fatal", "error", "warn", "log", "debug"];

class TapelineLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (WIRING.has(rest.at(-1))) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/**
 * JSON lines for machines, coloured text on a terminal. Warnings and errors go to the same stream,
 * so that the log stays in order.
 */
export function useLogger(config: Pick<Config, "logLevel">): ConsoleLogger {
  const terminal = process.stdout.isTTY === true;
  const logLevels = LEVELS.slice(0, LEVELS.indexOf(config.logLevel) + 1);
  const logger = new TapelineLogger({
    json: !terminal,
    colors: terminal,
    prefix: "Tapeline",
    logLevels,
  });
  Logger.overrideLogger(logger);
  return logger;
}
