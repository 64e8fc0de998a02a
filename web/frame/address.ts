import { computed, signal } from "@preact/signals";
import { linkTo, patched, routeOf } from "./route.js";

/** The address bar as signals; every view keeps its state there, so that a link reproduces it. */
const place = signal(here());

export const path = computed(() => place.value.path);
export const search = computed(() => place.value.search);
export const route = computed(() => routeOf(path.value));
const params = computed(() => new URLSearchParams(search.value));

/** A parameter's value; reading it inside a component or an effect subscribes to it. */
export function param(name: string): string | null {
  return params.value.get(name);
}

/** A new entry in the history. */
export function navigate(href: string): void {
  history.pushState(null, "", linkTo(href, search.peek()));
  place.value = here();
  scrollTo(0, 0);
}

/**
 * Changes the view's state in place; null takes a parameter away. Going back does not step through
 * such changes.
 */
export function setParams(patch: Readonly<Record<string, string | null | undefined>>): void {
  const next = patched(search.peek(), patch);
  if (next === search.peek()) return;
  history.replaceState(null, "", path.peek() + next);
  place.value = here();
}

/**
 * Follows the history, and turns clicks on the page's own links into navigation; returns a function
 * that stops it.
 */
export function watchAddress(): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  addEventListener("popstate", () => (place.value = here()), { signal });
  addEventListener("click", followLink, { signal });
  return () => abort.abort();
}

function followLink(event: MouseEvent): void {
  const link = (event.target as Element).closest?.("a");
  const plain =
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (
    !plain ||
    event.defaultPrevented ||
    link === null ||
    link.target !== "" ||
    link.hasAttribute("download") ||
    link.origin !== location.origin ||
    link.hash !== "" ||
    routeOf(link.pathname).view === "unknown"
  )
    return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

function here(): { path: string; search: string } {
  return { path: location.pathname, search: location.search };
}
