/** Whether an If-None-Match header names this ETag. */
export function matchesEtag(header: string, etag: string): boolean {
  return header.split(",").some((given) => [etag, `W/${etag}`, "*"].includes(given.trim()));
}
