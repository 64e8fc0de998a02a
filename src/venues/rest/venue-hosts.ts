import { Inject, Injectable } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import { RestFigures } from "./rest-figures.js";
import { VenueClocks } from "../clock/venue-clocks.js";
import type { RestRequest, Venue } from "../venue.js";
import type { Urgency } from "./rest-budget.js";
import { VenueHost } from "./venue-host.js";

/** The only access to the venues' REST: one budget for each host, shared by all callers. */
@Injectable()
export class VenueHosts {
  private readonly hosts = new Map<string, VenueHost>();

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, "venueUrl">,
    private readonly figures: RestFigures,
    private readonly clocks: VenueClocks,
  ) {}

  /** Rejects with a VenueError, or with the signal's reason. */
  fetch<T>(
    venue: Venue,
    request: RestRequest<T>,
    urgency: Urgency,
    signal: AbortSignal,
  ): Promise<T> {
    const latest = (): number => this.clocks.latest(venue.name);
    return this.hostOf(venue).fetch(request, urgency, signal, latest);
  }

  /** Venues with the same base URL share its budget. */
  private hostOf({ name, restUrl, rest }: Venue): VenueHost {
    const url = this.config.venueUrl(name, "REST") ?? restUrl;
    const known = this.hosts.get(url);
    if (known !== undefined) return known;
    const host = new VenueHost(url, rest, this.figures);
    this.hosts.set(url, host);
    return host;
  }
}
