import { computed, effect, signal } from "@preact/signals";
import { storeChoice, storedChoice } from "./stored.js";

export type Theme = "light" | "dark";
export type ThemeChoice = Theme | "system";

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const system = signal<Theme>(prefersDark.matches ? "dark" : "light");
prefersDark.addEventListener("change", ({ matches }) => {
  system.value = matches ? "dark" : "light";
});

const chosen = signal<ThemeChoice>(choiceOf(storedChoice("theme")));

export const themeChoice = computed(() => chosen.value);

/**
 * The theme in use. When it changes, the colours (custom properties of the root element) have
 * already changed.
 */
export const theme = signal<Theme>("light");

effect(() => {
  const now = chosen.value === "system" ? system.value : chosen.value;
  document.documentElement.dataset["theme"] = now;
  theme.value = now;
});

export function chooseTheme(choice: ThemeChoice): void {
  storeChoice("theme", choice === "system" ? undefined : choice);
  chosen.value = choice;
}

function choiceOf(text: string | undefined): ThemeChoice {
  return text === "light" || text === "dark" ? text : "system";
}
