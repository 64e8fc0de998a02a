import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

interface Props<P> {
  /** Must be the same function at each rendering. */
  load: () => Promise<ComponentType<P>>;
  props: P;
}

/** A view whose code is loaded when it is first shown. */
export function LazyView<P extends object>({ load, props }: Props<P>) {
  const [View, setView] = useState<ComponentType<P>>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    let wanted = true;
    load().then(
      (view) => wanted && setView(() => view),
      (reason: unknown) => wanted && setError(reason as Error),
    );
    return () => void (wanted = false);
  }, [load]);
  if (error !== undefined)
    return (
      <section class="card message" role="alert">
        <h2>This view cannot be loaded</h2>
        <p>{error.message}</p>
        <p>
          <button type="button" onClick={() => location.reload()}>
            Load the page again
          </button>
        </p>
      </section>
    );
  if (View === undefined) return <p class="loading">Loading…</p>;
  return <View {...props} />;
}
