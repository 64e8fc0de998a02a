import { useEffect, useMemo } from "preact/hooks";

/** Creates an object that is closed when the component unmounts or a key changes. */
export function useOwned<T extends { close: () => void }>(
  make: () => T,
  keys: readonly unknown[],
): T {
  const owned = useMemo(make, keys);
  useEffect(() => () => owned.close(), [owned]);
  return owned;
}
