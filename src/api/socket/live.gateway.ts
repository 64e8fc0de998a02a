import { type BeforeApplicationShutdown, Inject, Logger } from "@nestjs/common";
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
} from "@nestjs/websockets";
import { CONFIG, type Config } from "../../config/config.js";
import { hasCode } from "../../domain/tapeline-error.js";
import { KnownMarkets } from "../../live/known-markets.js";
import type {
  LiveError,
  ErrorReply,
  SubscribeReply,
  SubscribeRequest,
  UnsubscribeReply,
} from "../../live/live-events.js";
import { LIVE_LIMITS } from "../../live/live-limits.js";
import { LiveRooms } from "../../live/live-rooms.js";
import { Snapshots } from "../../live/snapshots.js";
import { channelOf, parseSubscription, roomOf } from "../../live/subscription.js";
import { AudienceFigures } from "./audience-figures.js";
import { Audience, type LiveServer, type LiveSocket } from "./audience.js";

type Answer<R> = ((reply: R) => void) | undefined;

/** The Socket.IO feed; its protocol is `live-events.ts`. */
@WebSocketGateway()
export class LiveGateway
  implements
    OnGatewayInit<LiveServer>,
    OnGatewayConnection<LiveSocket>,
    OnGatewayDisconnect<LiveSocket>,
    BeforeApplicationShutdown
{
  private readonly logger = new Logger(LiveGateway.name);
  private readonly audience: Audience;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    figures: AudienceFigures,
    private readonly rooms: LiveRooms,
    private readonly markets: KnownMarkets,
    private readonly snapshots: Snapshots,
  ) {
    this.audience = new Audience(figures);
  }

  afterInit(server: LiveServer): void {
    this.audience.open(server);
    server
      .of("/")
      .adapter.on("delete-room", (room: string) => this.rooms.close(room, this.audience));
  }

  handleConnection(socket: LiveSocket): void {
    this.audience.add(socket);
  }

  handleDisconnect(socket: LiveSocket): void {
    this.audience.remove(socket);
  }

  beforeApplicationShutdown(): void {
    this.audience.close();
  }

  @SubscribeMessage("subscribe")
  subscribe(
    @ConnectedSocket() socket: LiveSocket,
    @MessageBody() body: unknown,
    @Ack() answer: Answer<SubscribeReply>,
  ): void {
    this.enqueue(socket, body, answer, (request) => this.enter(socket, request, answer));
  }

  @SubscribeMessage("unsubscribe")
  unsubscribe(
    @ConnectedSocket() socket: LiveSocket,
    @MessageBody() body: unknown,
    @Ack() answer: Answer<UnsubscribeReply>,
  ): void {
    this.enqueue(socket, body, answer, async (request) => {
      await this.audience.leave(socket, request);
      answer?.({ ok: true });
    });
  }

  private enqueue(
    socket: LiveSocket,
    body: unknown,
    answer: Answer<ErrorReply>,
    work: (request: SubscribeRequest) => Promise<void>,
  ): void {
    const member = socket.data;
    const request = parseSubscription(body, this.config.intervals);
    if ("code" in request) return refuse(answer, request.code, request.detail);
    const { waitingRequests } = LIVE_LIMITS;
    if (member.waiting >= waitingRequests) {
      return refuse(
        answer,
        "too_many_requests",
        `more than ${waitingRequests} requests are unanswered`,
      );
    }
    member.waiting++;
    member.queue = member.queue.then(async () => {
      try {
        if (socket.connected) await work(request);
      } catch (error) {
        if (hasCode(error, "not_built")) {
          await this.audience.leave(socket, request);
          return refuse(answer, error.code, error.message);
        }
        this.logger.warn(
          `Live request for ${request.channel} failed, the client may retry: ${String(error)}`,
        );
        await this.audience.leave(socket, request);
        refuse(answer, "unavailable", "the database does not answer at the moment; try again");
      } finally {
        member.waiting--;
      }
    });
  }

  private async enter(
    socket: LiveSocket,
    request: SubscribeRequest,
    answer: Answer<SubscribeReply>,
  ): Promise<void> {
    const { channels } = socket.data;
    const room = roomOf(request);
    if (this.audience.isSlow(socket))
      return refuse(answer, "too_slow", "read the frames already sent before subscribing to more");
    if (!channels.has(room) && channels.size >= LIVE_LIMITS.subscriptions) {
      return refuse(
        answer,
        "too_many_subscriptions",
        `a client may have ${LIVE_LIMITS.subscriptions} subscriptions`,
      );
    }
    if (request.channel !== "tickers" && !(await this.markets.has(request.market))) {
      return refuse(
        answer,
        "unknown_market",
        `there is no market ${JSON.stringify(request.market)}`,
      );
    }
    if (!socket.connected) return;
    const channel = channelOf(request);
    this.rooms.open(channel, this.audience);
    await this.audience.join(socket, channel);
    const snapshot =
      request.channel === "tickers" ? this.snapshots.ofTickers() : await this.snapshots.of(request);
    // The client has become slow meanwhile and was removed from the room; a resync follows.
    if (!channels.has(room))
      return refuse(answer, "too_slow", "read the frames already sent before subscribing to more");
    answer?.({
      ok: true,
      epoch: this.rooms.epoch,
      seq: this.rooms.seqOf(channel),
      ...snapshot,
    });
  }
}

function refuse(answer: Answer<ErrorReply>, code: LiveError["code"], detail: string): void {
  answer?.({ ok: false, error: { code, detail } });
}
