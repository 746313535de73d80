import { type ScaleLinear, scaleLinear } from 'd3-scale';

export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export const WIDTH = 520;
const MARGIN = { left: 64, right: 16, top: 12, bottom: 46 };

export interface Frame {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
}

export interface Axis {
  readonly domain: readonly [number, number];
  readonly title: string;
  /** Names in place of the whole numbers from 0. */
  readonly names?: readonly string[];
}

/** Draws axes, and `marks` within their frame. */
export function plot(height: number, x: Axis, y: Axis, marks: (frame: Frame) => string): string {
  const frame = {
    x: scaleLinear()
      .domain(widened(x.domain))
      .range([MARGIN.left, WIDTH - MARGIN.right]),
    y: scaleLinear()
      .domain(widened(y.domain))
      .range([height - MARGIN.bottom, MARGIN.top]),
  };
  const [left, right] = frame.x.range() as [number, number];
  const [bottom, top] = frame.y.range() as [number, number];
  const below = ticksOf(frame.x, x).map(
    ([at, text]) =>
      `<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/><text x="${at}" y="${bottom + 16}" text-anchor="middle">${text}</text>`,
  );
  const beside = ticksOf(frame.y, y).map(
    ([at, text]) =>
      `<line class="grid" y1="${at}" y2="${at}" x1="${left}" x2="${right}"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${text}</text>`,
  );
  const titles = axisTitles(height, x.title, (left + right) / 2, y.title, (top + bottom) / 2);
  return svg(height, `${below.join('')}${beside.join('')}${titles}${marks(frame)}`);
}

/** Writes one title below and one beside a picture, each about the middle of its axis. */
export const axisTitles = (height: number, x: string, xMiddle: number, y: string, yMiddle: number): string =>
  `<text class="title" x="${round(xMiddle)}" y="${height - 8}" text-anchor="middle">${escapeHtml(x)}</text>` +
  `<text class="title" transform="translate(14 ${round(yMiddle)}) rotate(-90)" text-anchor="middle">${escapeHtml(y)}</text>`;

/** Draws a rectangle with text under the pointer. */
export function rect(
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
  color: string,
  text: string,
  opacity = 1,
): string {
  const [x, y] = [round(left), round(top)];
  const size = `width="${round(round(right) - x)}" height="${round(round(bottom) - y)}"`;
  return `<rect x="${x}" y="${y}" ${size} fill="${color}" fill-opacity="${opacity}">${tip(text)}</rect>`;
}

export const svg = (height: number, content: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="presentation">${content}</svg>`;

/** Rounds a coordinate to a tenth of a pixel. */
export const round = (value: number): number => Math.round(10 * value) / 10;

/** Makes the text of a mark, shown under the pointer. */
export const tip = (text: string): string => `<title>${escapeHtml(text)}</title>`;

/** Widens an empty domain. */
function widened([low, high]: readonly [number, number]): [number, number] {
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function ticksOf(scale: ScaleLinear<number, number>, { names }: Axis): [at: number, text: string][] {
  if (!names) {
    const format = scale.tickFormat(6);
    return scale.ticks(6).map((value) => [round(scale(value)), format(value)]);
  }
  // About 24 names fit.
  const every = Math.ceil(names.length / 24);
  return names.flatMap((name, j) => (j % every === 0 ? [[round(scale(j)), escapeHtml(short(name))]] : [])) as [
    number,
    string,
  ][];
}

export const short = (name: string): string => (name.length > 9 ? `${name.slice(0, 8)}…` : name);
