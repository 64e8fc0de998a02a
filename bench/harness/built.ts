import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * A module of the built product: the runner of these files emits no decorator metadata, which Nest
 * needs to inject.
 */
export async function built<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(resolve("dist", file)).href)) as T;
}
