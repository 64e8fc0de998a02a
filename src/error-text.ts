/** An error as text for people: its message and those of its causes (at most 5), without stacks. */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause) {
    // An AggregateError of several connection attempts has no message of its own.
    const message = at.message || ("code" in at ? String(at.code) : at.name);
    if (!parts.some((part) => part.includes(message))) parts.push(message);
  }
  return parts.length === 0 ? String(error) : parts.join("\n  because: ");
}
