import { type Market, parseMarket } from "../../src/domain/market.js";

export type Route =
  | { view: "overview" }
  | { view: "market"; market: Market }
  | { view: "system" }
  | { view: "unknown"; path: string };

/** Parameters that are kept from view to view. */
const LASTING = ["tz"] as const;

export function routeOf(pathname: string): Route {
  const path = pathname.replace(/(?<=.)\/+$/, "");
  if (path === "/") return { view: "overview" };
  if (path === "/system") return { view: "system" };
  const market = path.startsWith("/m/") ? decoded(path.slice(3)) : undefined;
  return market !== undefined && parseMarket(market) !== undefined
    ? { view: "market", market }
    : { view: "unknown", path };
}

/** Path of a market's page; the colon stays readable. */
export function marketPath(market: Market): string {
  return `/m/${encodeURIComponent(market).replaceAll("%3A", ":")}`;
}

/**
 * `search` with the patch applied; null and undefined take a parameter away, the others keep their
 * order.
 */
export function patched(
  search: string,
  patch: Readonly<Record<string, string | null | undefined>>,
): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined) params.delete(name);
    else params.set(name, value);
  }
  // Market names and lists stay readable in a link.
  const text = params.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

/** Address of a link to another view: its own parameters, and the lasting ones. */
export function linkTo(href: string, search: string): string {
  const [path = "/", own = ""] = href.split("?");
  const here = new URLSearchParams(search);
  const lasting = Object.fromEntries(LASTING.map((name) => [name, here.get(name)]));
  const target = Object.fromEntries(new URLSearchParams(own));
  return path + patched("", { ...lasting, ...target });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
