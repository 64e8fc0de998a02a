/** A choice stored in this browser; undefined also where storage is not allowed. */
export function storedChoice(key: string): string | undefined {
  try {
    return localStorage.getItem(`tapeline.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function storeChoice(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`tapeline.${key}`);
    else localStorage.setItem(`tapeline.${key}`, value);
  } catch {
    // Private windows may not allow storage: the choice then lasts as long as the page.
  }
}
