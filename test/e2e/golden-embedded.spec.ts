import { freePort, prepareDataDir, runFolder } from "../support/postgres.js";
import { replaysLikeTheExchange } from "./golden-under-test.js";

describe("replay, in-process and embedded", () => {
  replaysLikeTheExchange(async () => {
    const settings = {
      DATA_DIR: prepareDataDir(runFolder("golden-")),
      EMBEDDED_PORT: String(await freePort()),
    };
    return { settings, tearDown: () => Promise.resolve() };
  });
});
