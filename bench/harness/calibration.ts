import { once } from "node:events";
import { createServer, connect } from "node:net";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { parseNs } from "../../test/support/machine-speed.js";
import { type Row, median } from "./benchmark.js";
import { chunks, generate } from "./generate.js";
import type { Servers } from "./servers.js";

const COPY_ROWS = 300_000;

/** Baseline speeds of this machine, so that figures of different machines can be compared. */
export async function calibrate(servers: Servers): Promise<Row> {
  const figures: Row["figures"] = {
    memcpy: { unit: "GB/s", samples: [memcpy()] },
    "JSON.parse of a trade": { unit: "ns", samples: [parseNs()] },
    "COPY, no index": {
      unit: "rows/s",
      samples: [await copy(await servers.postgresUrl())],
    },
    "loopback echo, p50": { unit: "µs", samples: [await echo()] },
  };
  return { contestant: "this machine", kind: "bare", figures };
}

function memcpy(): number {
  const [from, to] = [Buffer.alloc(64 << 20, 1), Buffer.alloc(64 << 20)];
  const rates: number[] = [];
  for (let round = 0; round < 8; round++) {
    const began = performance.now();
    from.copy(to);
    rates.push(from.length / (performance.now() - began) / 1e6);
  }
  return median(rates);
}

async function copy(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(
      "CREATE TEMP TABLE calibration (market integer, time bigint, id bigint, price numeric, amount numeric)",
    );
    const lines: string[] = [];
    for (const { time, id, price, amount } of generate(COPY_ROWS, 20))
      lines.push(`1\t${time}\t${id}\t${price}\t${amount}\n`);
    const blocks = [...chunks(lines, 1_000)].map((block) => block.join(""));
    const began = performance.now();
    await pipeline(Readable.from(blocks), client.query(copyFrom("COPY calibration FROM STDIN")));
    return COPY_ROWS / ((performance.now() - began) / 1_000);
  } finally {
    await client.end();
  }
}

async function echo(): Promise<number> {
  const server = createServer((socket) => socket.setNoDelay().pipe(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(client, "connect");
  client.setNoDelay();
  const times: number[] = [];
  for (let turn = 0; turn < 3_000; turn++) {
    const began = performance.now();
    client.write("x");
    await once(client, "data");
    times.push((performance.now() - began) * 1_000);
  }
  client.destroy();
  server.close();
  return median(times.slice(500));
}
