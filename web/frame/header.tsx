import { route, search } from "./address.js";
import { ConnectionState } from "./connection-state.js";
import { now } from "./now.js";
import { linkTo } from "./route.js";
import { type ThemeChoice, chooseTheme, themeChoice } from "./theme.js";
import { timeText } from "./time-text.js";
import { chooseZone, localZone, zone, zones } from "./time-zone.js";

export function Header() {
  const { view } = route.value;
  const link = (href: string) => linkTo(href, search.value);
  return (
    <header class="header">
      <a class="brand" href={link("/")}>
        <img src="/icon.svg" alt="" width="20" height="20" />
        Tapeline
      </a>
      <nav class="nav" aria-label="Views">
        <a href={link("/")} aria-current={view === "overview" ? "page" : undefined}>
          Markets
        </a>
        <a href={link("/system")} aria-current={view === "system" ? "page" : undefined}>
          System
        </a>
        <a href="/docs">API</a>
      </nav>
      <div class="controls">
        <ConnectionState />
        <Clock />
        <ZoneChoice />
        <ThemeSelect />
      </div>
    </header>
  );
}

function Clock() {
  return (
    <span class="clock num dim" title={`Time in ${zone.value}`}>
      {timeText(now.value, zone.value, "second")}
    </span>
  );
}

function ZoneChoice() {
  return (
    <select
      aria-label="Time zone"
      value={zone.value}
      onChange={({ currentTarget }) => chooseZone(currentTarget.value)}
    >
      {zones.value.map((name) => (
        <option key={name} value={name}>
          {name === localZone && name !== "UTC" ? `${nameOf(name)} (local)` : nameOf(name)}
        </option>
      ))}
    </select>
  );
}

/** "America/New_York" → "New York" */
function nameOf(name: string): string {
  return (name.split("/").at(-1) ?? name).replaceAll("_", " ");
}

function ThemeSelect() {
  return (
    <select
      aria-label="Colours"
      value={themeChoice.value}
      onChange={({ currentTarget }) => chooseTheme(currentTarget.value as ThemeChoice)}
    >
      <option value="system">Auto</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
