import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import type { Sources } from "./support/architecture.js";
import { forbiddenImports } from "./support/import-rules.js";

const product: Sources = Object.fromEntries(
  readdirSync("src", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [file.split(sep).join("/"), readFileSync(file, "utf8")]),
);

const of = (file: string, specifier: string): Sources => ({
  [file]: `import { x } from "${specifier}";`,
});

describe("the layout of src", () => {
  it("is read at all", () => {
    expect(Object.keys(product).length).toBeGreaterThan(200);
  });

  it("has no import that its table forbids", () => {
    expect(forbiddenImports(product)).toEqual([]);
  });

  it.each([
    ["src/domain/trade.ts", "node:fs", "domain imports nothing"],
    ["src/domain/trade.ts", "@nestjs/common", "domain imports nothing"],
    ["src/domain/trade.ts", "../config/config.js", "domain may not import config"],
    ["src/domain/a.ts", "../waiting/a.js", "domain may not import waiting"],
    ["src/waiting/a.ts", "../domain/a.js", "waiting may not import domain"],
    ["src/waiting/a.ts", "../config/config.js", "waiting may not import config"],
    ["src/waiting/a.ts", "node:fs", "waiting imports only Node's timers"],
    ["src/config/config.ts", "../metrics/metrics.js", "config may not import metrics"],
    [
      "src/metrics/metrics.ts",
      "../persistence/schema/database.js",
      "metrics may not import persistence/schema",
    ],
    ["src/venues/okx/okx.ts", "../../streaming/transport.js", "venues may not import streaming"],
    [
      "src/streaming/codec.ts",
      "../persistence/stores/candle-store.js",
      "streaming may not import persistence/stores",
    ],
    ["src/http/a.ts", "../api/rest/a.js", "http may not import api"],
    [
      "src/ingestion/feed/feed.ts",
      "../../persistence/stores/trade-store.js",
      "ingestion may not import persistence/stores",
    ],
    [
      "src/persistence/recorder/recorder.ts",
      "../../ingestion/feed/feed.js",
      "persistence/recorder may not import ingestion",
    ],
    [
      "src/persistence/stores/a-store.ts",
      "../../streaming/topics.js",
      "persistence/stores may not import streaming",
    ],
    [
      "src/persistence/merge/a.ts",
      "../stores/a-store.js",
      "persistence/merge may not import persistence/stores",
    ],
    [
      "src/recovery/repair/repair.ts",
      "../../ingestion/feed/feed.js",
      "recovery may not import ingestion",
    ],
    [
      "src/recovery/repair/repair.ts",
      "../../persistence/recorder/recorder.js",
      "recovery may not import persistence/recorder",
    ],
    ["src/live/a.ts", "../http/problem.js", "live may not import http"],
    ["src/api/rest/a.ts", "../../venues/venues.js", "api may not import venues"],
    [
      "src/api/rest/a.ts",
      "../../persistence/merge/tape-writer.js",
      "api may not import persistence/merge",
    ],
    [
      "src/api/rest/a.ts",
      "../../persistence/schema/market.entity.js",
      "api may not import persistence/schema",
    ],
    [
      "src/live/a.ts",
      "../app.module.js",
      "no room imports the files that assemble the application",
    ],
    ["src/live/a.ts", "../commands/options.js", "live may not import commands"],
    ["src/recovery/a.ts", "../main.js", "no room imports the files that assemble the application"],
    [
      "src/api/system/status.ts",
      "../../../test/support/tape.js",
      "the product imports nothing outside src",
    ],
    ["src/misc/thing.ts", "../domain/trade.js", "folder misc is not in the layout"],
    ["src/persistence/recorder/recorder.ts", "kafkajs", "kafkajs stays in streaming"],
    ["src/api/socket/live.gateway.ts", "ws", "ws stays in venues, ingestion, live"],
    ["src/recovery/market-claims.ts", "typeorm", "typeorm stays in persistence"],
    ["src/health/health.module.ts", "@nestjs/typeorm", "@nestjs/typeorm stays in persistence"],
    ["src/main.ts", "pg", "pg stays in persistence"],
    [
      "src/recovery/backfill/file-load.ts",
      "pg-copy-streams",
      "pg-copy-streams stays in persistence",
    ],
  ])("would refuse that %s imports %s", (file, specifier, reason) => {
    expect(forbiddenImports(of(file, specifier))).toEqual([
      `${file} imports ${specifier}: ${reason}`,
    ]);
  });

  it.each([
    ["src/waiting/backoff.ts", "node:timers/promises"],
    ["src/streaming/courier.ts", "../waiting/backoff.js"],
    ["src/live/ticker-loader.ts", "../waiting/limit.js"],
    ["src/streaming/codec.ts", "../domain/trade.js"],
    ["src/streaming/kafka/client.ts", "kafkajs"],
    ["src/ingestion/feed/feed.ts", "ws"],
    ["src/ingestion/feed/feed.ts", "../../metrics/metrics.js"],
    ["src/venues/rest/venue-hosts.ts", "../../config/config.js"],
    ["src/recovery/repair/repair.ts", "../../venues/venues.js"],
    ["src/recovery/repair/repair.ts", "../../persistence/merge/market-load.js"],
    ["src/persistence/recorder/a.ts", "../stores/a-store.js"],
    ["src/api/rest/a.ts", "../../persistence/stores/candle-store.js"],
    ["src/api/api.module.ts", "../persistence/persistence.module.js"],
    ["src/app.module.ts", "./api/api.module.js"],
    ["src/persistence/commands/verify.command.ts", "../merge/verify.js"],
    ["src/recovery/backfill/backfill.command.ts", "../../commands/launcher.js"],
    ["src/persistence/persistence.module.ts", "@nestjs/typeorm"],
    ["src/persistence/stores/a-store.ts", "typeorm"],
    ["src/domain/decimal.spec.ts", "fast-check"],
  ])("lets %s import %s", (file, specifier) => {
    expect(forbiddenImports(of(file, specifier))).toEqual([]);
  });

  it.each([
    `export * from "../ingestion/feed/feed.js";`,
    `import type { Feed } from "../ingestion/feed/feed.js";`,
    `const feed = await import("../ingestion/feed/feed.js");`,
    `const feed = require("../ingestion/feed/feed.js");`,
    `import feed = require("../ingestion/feed/feed.js");`,
    `let feed: import("../ingestion/feed/feed.js").Feed;`,
  ])("sees an import written as %s", (text) => {
    expect(forbiddenImports({ "src/api/live.ts": text })).toHaveLength(1);
  });
});
