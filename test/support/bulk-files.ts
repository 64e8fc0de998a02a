import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as yazl from "yazl";
import type { Trade } from "../../src/domain/trade.js";

/** A folder laid out like `data.binance.vision`. */
type BulkKind = "aggTrades" | "trades";

export interface FileOf {
  symbol: string;
  /** `2024-01` or `2024-01-05`. */
  period: string;
  kind?: BulkKind;
  market?: "spot" | "futures/um";
}

/** Path of a zip under the folder. */
function bulkPath({ symbol, period, kind = "aggTrades", market = "spot" }: FileOf): string {
  const span = period.length === 7 ? "monthly" : "daily";
  return `data/${market}/${span}/${kind}/${symbol}/${symbol}-${kind}-${period}.zip`;
}

/** Writes a zip of these lines and the checksum beside it; returns the path of the zip. */
export async function writeBulkFile(
  folder: string,
  file: FileOf,
  lines: Iterable<string>,
): Promise<string> {
  const path = join(folder, bulkPath(file));
  await mkdir(dirname(path), { recursive: true });
  const zip = new yazl.ZipFile();
  const name = path.slice(path.lastIndexOf("/") + 1).replace(".zip", ".csv");
  zip.addReadStream(Readable.from(chunked(lines)), name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  await writeChecksum(path);
  return path;
}

/** Of the zip as it is now. */
export async function writeChecksum(path: string): Promise<void> {
  const sum = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  const name = path.slice(path.lastIndexOf("/") + 1);
  await writeFile(`${path}.CHECKSUM`, `${sum}  ${name}\n`);
}

/** Lines of a spot file of aggregates. */
export function* aggregateLines(
  trades: Iterable<Trade>,
  unit: "ms" | "µs" = "ms",
): Generator<string> {
  for (const { id, price, amount, ord, count, time, takerSide } of trades) {
    const last = BigInt(ord) + BigInt(count) - 1n;
    yield `${id},${padded(price)},${padded(amount)},${ord},${last},${time}${unit === "µs" ? "417" : ""},${takerSide === "sell" ? "True" : "False"},True`;
  }
}

/** Lines of a futures file of raw trades, with its header. */
export function* futuresLines(trades: Iterable<Trade>): Generator<string> {
  yield "id,price,qty,quote_qty,time,is_buyer_maker";
  for (const { id, price, amount, time, takerSide } of trades)
    yield `${id},${price},${amount},0,${time},${takerSide === "sell"}`;
}

/** As the exchange writes decimals: eight digits. */
function padded(decimal: string): string {
  const [integer = "", fraction = ""] = decimal.split(".");
  return `${integer}.${fraction.padEnd(8, "0")}`;
}

function* chunked(lines: Iterable<string>): Generator<string> {
  let text = "";
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length > 65_536) {
      yield text;
      text = "";
    }
  }
  yield text;
}
