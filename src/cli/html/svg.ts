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
  const middle = round((left + right) / 2);
  const titles = `<text class="title" x="${middle}" y="${height - 8}" text-anchor="middle">${escapeHtml(x.title)}</text><text class="title" transform="translate(14 ${round((top + bottom) / 2)}) rotate(-90)" text-anchor="middle">${escapeHtml(y.title)}</text>`;
  return svg(height, `${below.join('')}${beside.join('')}${titles}${marks(frame)}`);
}

export const svg = (height: number, content: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="presentation">${content}</svg>`;

/** Rounds a coordinate to a tenth of a pixel. */
export const round = (value: number): number => Math.round(10 * value) / 10;

/** Makes the text of a mark under the pointer. */
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
