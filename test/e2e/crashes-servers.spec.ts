import { setTimeout as sleep } from "node:timers/promises";
import { Process, until } from "../support/app.js";
import {
  describeKills,
  environment,
  expectUninterrupted,
  recordWhile,
  tradesStored,
} from "./crash-scene.js";

describeKills("of these two", (scene) => {
  it("gives the same rows although the broker and the database are killed and come back", async () => {
    const settings = await environment(scene());
    const { postgres, broker } = scene();
    const app = await (await Process.start(["serve"], settings)).ready();
    let kills = 0;
    const seen = { unready: false };
    await recordWhile(
      scene(),
      settings,
      async () => {
        kills++;
        if (kills > 2) {
          await sleep(200);
          return;
        }
        // A process whose database goes away while it starts exits, and its supervisor restarts it:
        // not tested here.
        await until(
          async () => (await tradesStored(app)) > 0,
          60_000,
          () => app.output.slice(-3_000),
        );
        await sleep(1_500);
        await (kills === 1 ? postgres.kill() : broker.kill());
        await until(
          async () => (await app.status("/health/ready")) === 503,
          30_000,
          () => "never unready",
        );
        seen.unready = true;
        expect(await app.status("/health/live")).toBe(200);
        await (kills === 1 ? postgres.restart() : broker.restart());
        await until(
          async () => (await app.status("/health/ready")) === 200,
          60_000,
          () => app.output.slice(-3_000),
        );
      },
      36,
    );
    expect(seen.unready).toBe(true);
    await app.stop();
    await expectUninterrupted(scene(), settings);
  }, 300_000);
});
