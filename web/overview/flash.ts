/** How long a changed price stays marked. */
const FLASH_MS = 350;
const SWEEP_MS = 100;

const until = new Map<HTMLElement, number>();
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Marks an element for `FLASH_MS`. One attribute and one timer for all elements: animations in
 * forty cells would make the browser paint sixty times a second.
 */
export function flash(element: HTMLElement, direction: "up" | "down"): void {
  element.dataset["flash"] = direction;
  until.set(element, performance.now() + FLASH_MS);
  timer ??= setTimeout(sweep, SWEEP_MS);
}

function sweep(): void {
  const now = performance.now();
  for (const [element, end] of until) {
    if (end > now) continue;
    delete element.dataset["flash"];
    until.delete(element);
  }
  timer = until.size === 0 ? undefined : setTimeout(sweep, SWEEP_MS);
}
