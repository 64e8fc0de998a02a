import { setTimeout as sleep } from "node:timers/promises";
import { Process } from "../support/app.js";
import { describeKills, environment, expectUninterrupted, recordWhile } from "./crash-scene.js";

describeKills("of the recorder", (scene) => {
  it("gives the rows of the uninterrupted run after ten kills of the recorder", async () => {
    const settings = await environment(scene());
    let kills = 0;
    await recordWhile(
      scene(),
      settings,
      async (next) => {
        const recorder = await Process.start(["serve"], {
          ...settings,
          ROLES: "recorder",
        });
        await sleep(900 + next() * 1_800);
        await recorder.kill();
        kills++;
      },
      33,
    );
    while (kills++ < 10) {
      const recorder = await Process.start(["serve"], {
        ...settings,
        ROLES: "recorder",
      });
      await sleep(1_500);
      await recorder.kill();
    }
    await expectUninterrupted(scene(), settings);
  }, 300_000);
});
