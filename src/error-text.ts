/** An error as a person should read it: its message and those of its causes, without stacks. */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error && parts.length < 5; at = at.cause) {
    // Errors of several connection attempts have no message of their own.
    const message = at.message || ("code" in at ? String(at.code) : at.name);
    if (!parts.some((part) => part.includes(message))) parts.push(message);
  }
  return parts.length === 0 ? String(error) : parts.join("\n  because: ");
}
