import { once } from "node:events";
import { connect } from "node:net";
import { createDatabase } from "../support/databases.js";
import { trade } from "../support/tape.js";
import { startApi } from "./api-under-test.js";

const START = 1_723_161_600_000;

// Browsers preconnect; an unused connection blocked the shutdown until its tab was closed.
it("ends at once although a connection was opened and never used, and clients are subscribed", async () => {
  const api = await startApi(await createDatabase());
  const client = await api.client();
  expect(await client.emitWithAck("subscribe", { channel: "tickers" })).toMatchObject({ ok: true });
  const unused = connect(Number(new URL(api.url).port), "127.0.0.1");
  await once(unused, "connect");
  const disconnected = once(client as never, "disconnect");
  const begun = Date.now();
  await api.app.close();
  await disconnected;
  expect(Date.now() - begun).toBeLessThan(3_000);
  unused.destroy();
});

it("ends within its grace period although a client has stopped reading", async () => {
  const api = await startApi(await createDatabase());
  await api.record([trade("binance:A", 1, START)]);
  const client = await api.client();
  const raw = (
    client.io.engine.transport as unknown as {
      ws: { _socket: { pause(): void; destroy(): void } };
    }
  ).ws._socket;
  raw.pause();
  const begun = Date.now();
  await api.app.close();
  expect(Date.now() - begun).toBeLessThan(8_000);
  raw.destroy();
});
