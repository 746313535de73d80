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
  /** In place of numbers: a name for each whole number from 0. */
  readonly names?: readonly string[];
}

/** A plot with axes, drawn by `marks` within a frame. */
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

/** A place in a picture, as exact as one can see. */
export const round = (value: number): number => Math.round(10 * value) / 10;

/** What a mark says when it is pointed at. */
export const tip = (text: string): string => `<title>${escapeHtml(text)}</title>`;

/** A domain that is not empty. */
function widened([low, high]: readonly [number, number]): [number, number] {
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function ticksOf(scale: ScaleLinear<number, number>, { names }: Axis): [at: number, text: string][] {
  if (!names) {
    const format = scale.tickFormat(6);
    return scale.ticks(6).map((value) => [round(scale(value)), format(value)]);
  }
  // As many names as have room.
  const every = Math.ceil(names.length / 24);
  return names.flatMap((name, j) => (j % every === 0 ? [[round(scale(j)), escapeHtml(short(name))]] : [])) as [
    number,
    string,
  ][];
}

export const short = (name: string): string => (name.length > 9 ? `${name.slice(0, 8)}…` : name);
