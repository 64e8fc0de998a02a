// Takes the README's picture of the start page: node scripts/picture.mjs [URL] [FILE]
// Needs a running Tapeline and Chromium (CHROMIUM names it; /usr/bin/chromium by default).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";

const [url = "http://127.0.0.1:3000/", file = "docs/start-page.png"] =
  process.argv.slice(2);
const WIDTH = 1200;
const HEIGHT = 800;
/** Prices must have moved a few times, and the chart must be drawn. */
const SETTLE_MS = 6_000;

const profile = mkdtempSync(join(tmpdir(), "tapeline-picture-"));
const browser = spawn(
  process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    `--window-size=${WIDTH},${HEIGHT}`,
    "about:blank",
  ],
  { stdio: ["ignore", "ignore", "pipe"] },
);

try {
  const socket = await connect(await pageTarget());
  const call = caller(socket);
  await call("Emulation.setDeviceMetricsOverride", {
    width: WIDTH,
    height: HEIGHT,
    deviceScaleFactor: 1,
    mobile: false,
  });
  const { errorText } = await call("Page.navigate", { url });
  if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
  await sleep(SETTLE_MS);
  const { data } = await call("Page.captureScreenshot", { format: "png" });
  writeFileSync(file, Buffer.from(data, "base64"));
  console.log(`${file}: ${url}, ${WIDTH} × ${HEIGHT}`);
  socket.close();
} finally {
  browser.kill();
  await once(browser, "exit");
  // The browser's other processes write for a moment after it has gone.
  rmSync(profile, {
    recursive: true,
    force: true,
    maxRetries: 20,
    retryDelay: 100,
  });
}

/** WebSocket address of the first page, once the browser has said where it listens. */
async function pageTarget() {
  const lines = createInterface({ input: browser.stderr });
  const port = await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const match = /DevTools listening on ws:\/\/[^:]+:(\d+)\//.exec(line);
      if (match !== null) resolve(match[1]);
    });
    browser.once("error", reject);
    browser.once("exit", () => reject(new Error("the browser ended at once")));
  });
  const response = await globalThis.fetch(`http://127.0.0.1:${port}/json`);
  const targets = await response.json();
  return targets.find(({ type }) => type === "page").webSocketDebuggerUrl;
}

async function connect(address) {
  const socket = new WebSocket(address);
  await once(socket, "open");
  return socket;
}

/** Calls of the DevTools protocol, answered by their ids. */
function caller(socket) {
  let id = 0;
  return async (method, params) => {
    const mine = ++id;
    socket.send(JSON.stringify({ id: mine, method, params }));
    for (;;) {
      const [text] = await once(socket, "message");
      const { id: answered, result, error } = JSON.parse(String(text));
      if (answered !== mine) continue;
      if (error !== undefined) throw new Error(`${method}: ${error.message}`);
      return result;
    }
  };
}
