import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** A module of the built product: what runs these files makes no metadata of decorators, by which Nest injects. */
export async function built<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(resolve("dist", file)).href)) as T;
}
