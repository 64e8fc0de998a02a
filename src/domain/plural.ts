/** `1 hole`, `2 holes`, in a sentence for people. */
export function plural(count: number | bigint | string, noun: string): string {
  return `${count} ${noun}${String(count) === "1" ? "" : "s"}`;
}
