import { useEffect, useMemo } from "preact/hooks";

/** Something that lives as long as the component, or until a key changes, and is then closed. */
export function useOwned<T extends { close: () => void }>(
  make: () => T,
  keys: readonly unknown[],
): T {
  const owned = useMemo(make, keys);
  useEffect(() => () => owned.close(), [owned]);
  return owned;
}
