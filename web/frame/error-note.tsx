import type { ApiError } from "../live/api.js";

/** An error with the API's own text. */
export function ErrorNote({ what, error }: { what: string; error: ApiError | undefined }) {
  if (error === undefined) return null;
  return (
    <p class="error" role="alert">
      <strong>{what}</strong> {error.message}{" "}
      <span class="dim">{error.status === 0 ? "" : `(${error.status}, ${error.code})`}</span>
    </p>
  );
}
