import { createDatabase } from "../support/databases.js";
import { type ApiUnderTest, startApi } from "./api-under-test.js";

/** Opens a database and the API over it for the calling suite. */
export function apiForSuite(
  intervals: string,
  started: (api: ApiUnderTest) => void | Promise<void>,
): void {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await startApi(await createDatabase(), {
      INTERVALS: intervals,
    });
    await started(api);
  }, 120_000);
  afterAll(async () => {
    await api.close();
  });
}
