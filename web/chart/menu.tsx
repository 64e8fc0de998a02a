import "./menu.css";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A button that opens a panel; Escape and a click elsewhere close it. */
export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const close = () => details.current?.removeAttribute("open");
    addEventListener(
      "pointerdown",
      ({ target }) => {
        if (!details.current?.contains(target as Node)) close();
      },
      { signal },
    );
    // The focused element may have been removed from the panel: the key event then comes from the
    // body.
    addEventListener(
      "keydown",
      ({ key }) => {
        if (key !== "Escape" || details.current?.open !== true) return;
        close();
        details.current.querySelector("summary")?.focus();
      },
      { signal },
    );
    return () => abort.abort();
  }, []);
  return (
    <details class="menu" ref={details}>
      <summary class="button">{label}</summary>
      <div class="menu-panel">{children}</div>
    </details>
  );
}
