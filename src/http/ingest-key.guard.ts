import { createHash, timingSafeEqual } from "node:crypto";
import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from "@nestjs/common";
import { CONFIG, type Config } from "../config/config.js";

interface Request {
  headers: { authorization?: string };
}
interface Reply {
  header(name: string, value: string): void;
}

/**
 * Requires `Authorization: Bearer <key>` with a key of INGEST_KEYS, for routes that write. Without
 * a configured key such routes are disabled.
 */
@Injectable()
export class IngestKeyGuard implements CanActivate {
  private readonly digests: readonly Buffer[];

  constructor(@Inject(CONFIG) config: Config) {
    this.digests = config.ingestKeys.map(digest);
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.digests.length === 0) {
      throw new ForbiddenException({
        code: "ingest_off",
        title: "Writing is off",
        detail:
          "No key is configured: set INGEST_KEYS to one or more keys of at least 16 characters",
      });
    }
    const http = context.switchToHttp();
    const [scheme, key] = (http.getRequest<Request>().headers.authorization ?? "").split(" ");
    const given = digest(key ?? "");
    // Compares every key, by digests of one length, so that timing reveals nothing about a key.
    let known = false;
    for (const expected of this.digests) known = timingSafeEqual(expected, given) || known;
    if (known && scheme?.toLowerCase() === "bearer") return true;
    http.getResponse<Reply>().header("WWW-Authenticate", 'Bearer realm="tapeline"');
    throw new UnauthorizedException({
      code: "bad_key",
      title: "A valid key is required",
      detail: "Send Authorization: Bearer <key> with a key of INGEST_KEYS",
    });
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
