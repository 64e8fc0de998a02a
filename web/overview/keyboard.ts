export type Move = "up" | "down" | "pageUp" | "pageDown" | "first" | "last";

export type Action =
  | { kind: "move"; move: Move }
  | { kind: "open" }
  | { kind: "filter" }
  | { kind: "clear" }
  | { kind: "sort" }
  | { kind: "reverse" };

/** What has the focus: typed text must not be read as a command. */
export type Focus = "text" | "control" | "page";

const MOVES = new Map<string, Move>(
  Object.entries({
    ArrowUp: "up",
    ArrowDown: "down",
    PageUp: "pageUp",
    PageDown: "pageDown",
    Home: "first",
    End: "last",
  } as const),
);

/** The action of a key, if any. */
export function actionOf(key: string, focus: Focus): Action | undefined {
  if (key === "Escape") return { kind: "clear" };
  const move = MOVES.get(key);
  if (focus === "text") {
    if (key === "Enter") return { kind: "open" };
    // Home and End belong to the text.
    return move === undefined || key === "Home" || key === "End"
      ? undefined
      : { kind: "move", move };
  }
  if (key === "/") return { kind: "filter" };
  if (key === "s") return { kind: "sort" };
  if (key === "r") return { kind: "reverse" };
  if (focus === "control") return undefined;
  if (key === "Enter") return { kind: "open" };
  return move === undefined ? undefined : { kind: "move", move };
}

/** Index after a move; without a selection (−1) a move leads to an end of the list. */
export function moved(from: number, move: Move, count: number, pageRows: number): number {
  const last = count - 1;
  if (from < 0) return move === "last" || move === "up" ? last : 0;
  const steps = {
    up: from - 1,
    down: from + 1,
    pageUp: from - pageRows,
    pageDown: from + pageRows,
    first: 0,
    last,
  };
  return Math.max(0, Math.min(last, steps[move]));
}
