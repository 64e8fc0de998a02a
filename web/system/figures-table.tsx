import type { ComponentChildren } from "preact";

export interface FiguresColumn {
  name: string;
  /** Its cells are figures. */
  figures?: boolean;
  title?: string;
}

/** A table with an optional caption for screen readers. */
export function FiguresTable({
  columns,
  caption,
  children,
}: {
  columns: readonly FiguresColumn[];
  caption?: string;
  children: ComponentChildren;
}) {
  return (
    <table class="figures">
      {caption !== undefined && <caption class="visually-hidden">{caption}</caption>}
      <thead>
        <tr>
          {columns.map(({ name, figures = false, title }) => (
            <th key={name} scope="col" class={figures ? "num" : undefined} title={title}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/**
 * Container for content that may be wider, or `tall`er, than its space: scrolls by keyboard, too.
 */
export function Scrolled({
  label,
  tall = false,
  children,
}: {
  label: string;
  tall?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={tall ? "scroll-x tall" : "scroll-x"} tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
