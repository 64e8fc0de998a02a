/**
 * Colours for the canvas, which does not support custom properties: read from the page's tokens.
 */
export interface Palette {
  background: string;
  ink: string;
  dim: string;
  line: string;
  strong: string;
  up: string;
  down: string;
  upSoft: string;
  downSoft: string;
  warn: string;
  accent: string;
  studies: string[];
}

const STUDY_COLOURS = 8;

export function readPalette(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    background: token("card"),
    ink: token("ink"),
    dim: token("dim"),
    line: token("line"),
    strong: token("line-strong"),
    up: token("up"),
    down: token("down"),
    upSoft: token("volume-up"),
    downSoft: token("volume-down"),
    warn: token("warn"),
    accent: token("accent"),
    studies: Array.from({ length: STUDY_COLOURS }, (_, at) => token(`study-${at + 1}`)),
  };
}
