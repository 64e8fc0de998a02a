import type { Page } from "playwright-core";

/** A text on a canvas, and where its middle is, px of the page. */
export interface DrawnText {
  text: string;
  x: number;
  y: number;
}

type Texts = Map<HTMLCanvasElement, DrawnText[]>;
interface Recording {
  drawn: Texts;
}

/** For `ViewOptions.scripts`: remembers what is written on each canvas since it was last wiped. */
export function recordDrawn(): void {
  const drawn: Texts = new Map();
  (window as unknown as Recording).drawn = drawn;
  const { prototype } = CanvasRenderingContext2D;
  // Called with the context they were called on.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { fillText, fillRect, clearRect } = prototype;
  prototype.fillText = function (text, x, y, ...rest) {
    const texts = drawn.get(this.canvas) ?? [];
    drawn.set(this.canvas, texts);
    const width = this.measureText(text).width;
    const shift = { left: 0.5, start: 0.5, center: 0, right: -0.5, end: -0.5 };
    const middle = x + width * shift[this.textAlign];
    const at = this.getTransform().transformPoint({ x: middle, y });
    texts.push({ text, x: at.x, y: at.y });
    fillText.call(this, text, x, y, ...rest);
  };
  const wipes = (
    { canvas }: CanvasRenderingContext2D,
    [x, y, width, height]: [number, number, number, number],
  ): boolean => x <= 0 && y <= 0 && width >= canvas.width && height >= canvas.height;
  prototype.fillRect = function (...area) {
    if (wipes(this, area)) drawn.delete(this.canvas);
    fillRect.apply(this, area);
  };
  prototype.clearRect = function (...area) {
    if (wipes(this, area)) drawn.delete(this.canvas);
    clearRect.apply(this, area);
  };
}

/** Every text that is on a canvas of the page now. */
export function drawnTexts(page: Page): Promise<DrawnText[]> {
  return page.evaluate(() => {
    const { drawn } = window as unknown as Recording;
    return [...drawn].flatMap(([canvas, texts]) => {
      if (!canvas.isConnected) return [];
      const { left, top } = canvas.getBoundingClientRect();
      const ratio = devicePixelRatio;
      return texts.map(({ text, x, y }) => ({
        text,
        x: left + x / ratio,
        y: top + y / ratio,
      }));
    });
  });
}

export type Colour = readonly [red: number, green: number, blue: number];

/** A colour of the page's own tokens, such as `up`. */
export function tokenColour(page: Page, name: string): Promise<Colour> {
  return page.evaluate((token) => {
    const probe = document.createElement("i");
    probe.style.color = `var(--${token})`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map(Number);
    return [red, green, blue] as const;
  }, name);
}

/**
 * Pixels of the chart's price pane that have this colour, but for rounding, px from its top left
 * corner.
 */
export function pixelsOf(page: Page, colour: Colour): Promise<{ x: number; y: number }[]> {
  return page.evaluate(([red, green, blue]) => {
    const isNear = (value: number | undefined, wanted: number): boolean =>
      Math.abs((value ?? NaN) - wanted) <= 1;
    const found: { x: number; y: number }[] = [];
    // The first cell between the axes: one canvas for what is drawn, one for the cross-hair.
    const pane = document.querySelector(".chart-canvas td:nth-child(2)");
    for (const canvas of pane?.querySelectorAll("canvas") ?? []) {
      const { width, height } = canvas;
      if (width === 0 || height === 0) continue;
      // From a copy: the chart's own canvases stay as fast as they are.
      const copy = new OffscreenCanvas(width, height).getContext("2d", {
        willReadFrequently: true,
      });
      copy?.drawImage(canvas, 0, 0);
      const data = copy?.getImageData(0, 0, width, height).data ?? [];
      for (let at = 0; at < data.length; at += 4)
        if (isNear(data[at], red) && isNear(data[at + 1], green) && isNear(data[at + 2], blue)) {
          const pixel = at / 4;
          found.push({ x: pixel % width, y: Math.floor(pixel / width) });
        }
    }
    return found;
  }, colour);
}
