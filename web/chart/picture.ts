import type { Palette } from "./palette.js";

const MARGIN_PX = 12;
const TITLE_PX = 32;

/**
 * Downloads the chart as a PNG with a title line above, which is not part of the chart's own
 * canvas.
 */
export function downloadPicture(
  chart: HTMLCanvasElement,
  title: string,
  name: string,
  palette: Palette,
): void {
  const ratio = devicePixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = chart.width;
  canvas.height = chart.height + TITLE_PX * ratio;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.fillStyle = palette.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = palette.ink;
  context.font = `600 ${13 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  context.fillText(title, MARGIN_PX * ratio, (TITLE_PX / 2) * ratio);
  context.drawImage(chart, 0, TITLE_PX * ratio);
  canvas.toBlob((blob) => {
    if (blob === null) return;
    const url = URL.createObjectURL(blob);
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // By then the browser has started to read it.
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
  }, "image/png");
}
