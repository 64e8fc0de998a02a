import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { readConfig } from "../src/config/config.js";
import {
  anchorsOf,
  filesNamed,
  firstColumn,
  localLinks,
  variablesOf,
} from "./support/documents.js";

const read = (file: string): string => readFileSync(file, "utf8");
const documents = [
  ...readdirSync(".").filter((name) => name.endsWith(".md")),
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

const sources = ["src", "test", "bench", "web"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
    join(folder, name).replaceAll("\\", "/"),
  ),
);

const configuration = sources
  .filter((file) => /^src\/(config\/|.+\/settings\.ts$)/.test(file))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".spec.ts"))
  .map(read)
  .join("\n");

describe("the documents", () => {
  it.each(documents)("link to files and headings that exist: %s", (document) => {
    const broken = localLinks(read(document)).filter(({ path, anchor }) => {
      const target = path === "" ? document : join(dirname(document), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(documents)("name files that exist: %s", (document) => {
    const gone = filesNamed(read(document)).filter(
      (name) => !sources.some((file) => file === name || file.endsWith(`/${name}`)),
    );
    expect(gone).toEqual([]);
  });

  it("would be found with a broken link or a file that has gone", () => {
    const text = "[a](b.md#c) [d](https://e.f) ![g](h.png)\n```\n[x](y)\n```\n## A c, too\n";
    expect(localLinks(text)).toEqual([
      { path: "b.md", anchor: "c" },
      { path: "h.png", anchor: undefined },
    ]);
    expect(anchorsOf(text)).toEqual(["a-c-too"]);
    expect(filesNamed("`a/b.ts` `*-c.ts` `d.sql` `e` x.ts")).toEqual(["a/b.ts", "d.sql"]);
  });
});

describe("the README", () => {
  it("has every variable of the configuration in its table, and no other", () => {
    const documented = firstColumn(read("README.md"), "Configuration");
    const generic = documented.filter((name) => name.startsWith("<VENUE>"));
    expect(generic).toEqual(["<VENUE>_WS_URL", "<VENUE>_REST_URL", "<VENUE>_BULK_URL"]);
    expect(documented.filter((name) => !name.startsWith("<")).sort()).toEqual(
      variablesOf(configuration),
    );
  });

  it("would be found without one", () => {
    expect(
      variablesOf(`read.text("NEW_ONE", "x"); env["OTHER_ONE"]; log("x", "NOT_READ");`),
    ).toEqual(["NEW_ONE", "OTHER_ONE"]);
  });

  it("names the defaults that hold", () => {
    const config = readConfig({});
    const defaults = new Map(
      read("README.md")
        .split("\n")
        .filter((line) => line.startsWith("| `"))
        .map((line) => line.split("|").map((cell) => cell.trim()))
        .map(([, names = "", value = ""]) => [names, value.replaceAll("`", "")]),
    );
    expect(defaults.get("`PORT`, `HOST`")).toBe(`${config.port}, ${config.host}`);
    expect(defaults.get("`DATA_DIR`")).toBe(config.dataDir);
    expect(defaults.get("`EMBEDDED_PORT`")).toBe(String(config.embeddedPort));
    expect(defaults.get("`TOPIC_PREFIX`")).toBe(config.topicPrefix);
    expect(defaults.get("`KAFKA_PARTITIONS`, `KAFKA_REPLICATION`")).toBe(
      `${config.kafkaPartitions}, ${config.kafkaReplication}`,
    );
    expect(defaults.get("`ROLES`")).toBe([...config.roles].join(","));
    expect(defaults.get("`RATE_LIMIT`")).toBe(String(config.rateLimit));
    expect(defaults.get("`FLUSH_MS`")).toBe(String(config.flushMs));
    expect(defaults.get("`WRITERS`, `MAX_BATCH`")).toBe(`${config.writers}, ${config.maxBatch}`);
    expect(defaults.get("`SIM_SEED`, `SIM_RATE`")).toBe(
      `${config.simulator.seed}, ${config.simulator.rate}`,
    );
  });
});

describe("the other files", () => {
  it("name in docs/operations.md every metric, and no other", () => {
    const names = sources
      .filter((file) => /^src\/.+\.ts$/.test(file))
      .flatMap((file) => [...read(file).matchAll(/^ +name: "(tapeline_[a-z_]+)",$/gm)])
      .map(([, name]) => name);
    expect(names.length).toBeGreaterThan(30);
    const documented = read("docs/operations.md").matchAll(/`(tapeline_[a-z_]+)/g);
    const unique = new Set(
      [...documented].map(([, name]) => name).filter((name) => name !== "tapeline_read"),
    );
    expect([...unique].sort()).toEqual(names.sort());
  });

  it("describe in docs/events.md every topic, and no other", () => {
    const topics = [
      ...read("src/streaming/topics.ts").matchAll(/^ {2}"?([a-z.]+)"?: [A-Z]\w+;$/gm),
    ].map(([, name]) => name);
    expect(topics.length).toBeGreaterThan(3);
    expect(firstColumn(read("docs/events.md"), "Topics").sort()).toEqual(topics.sort());
  });

  it("set in docker-compose.yml and .env.example only variables that exist", () => {
    const known = [
      ...variablesOf(configuration),
      "APP_PORT",
      "KAFKA_PORT",
      "POSTGRES_PORT",
      "POSTGRES_PASSWORD",
    ];
    const app = /environment:\n([\s\S]*?)\n {4}ports:/.exec(read("docker-compose.yml"))?.[1] ?? "";
    const inCompose = [...app.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name);
    const inExample = [...read(".env.example").matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(
      ([, name]) => name,
    );
    expect(inCompose.length).toBeGreaterThan(5);
    expect([...inCompose, ...inExample].filter((name) => !known.includes(name ?? ""))).toEqual([]);
  });
});
