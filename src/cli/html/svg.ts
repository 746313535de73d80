import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { printable } from '../failure.js';

export const escapeHtml = (text: string): string =>
  printable(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Width of a picture: about the pixels of a column of the page, on a phone and on a desk, so that text keeps its size. */
export const WIDTH = 420;
export const MARGIN = { left: 58, right: 12, top: 12, bottom: 44 };

export interface Frame {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
}

export interface Axis {
  readonly domain: readonly [number, number];
  readonly title: string;
}

/** Draws axes, and `marks` within their frame. */
export function plot(height: number, x: Axis, y: Axis, marks: (frame: Frame) => string): string {
  const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const frame = {
    x: scaleLinear().domain(widened(x.domain)).range([left, right]),
    y: scaleLinear().domain(widened(y.domain)).range([bottom, top]),
  };
  const below = ticksOf(frame.x).map(
    ([at, text]) =>
      `<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/><text x="${at}" y="${bottom + 16}" text-anchor="middle">${text}</text>`,
  );
  const beside = ticksOf(frame.y).map(
    ([at, text]) =>
      `<line class="grid" y1="${at}" y2="${at}" x1="${left}" x2="${right}"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${text}</text>`,
  );
  const titles =
    `<text class="title" x="${round((left + right) / 2)}" y="${height - 8}" text-anchor="middle">${escapeHtml(x.title)}</text>` +
    `<text class="title" transform="translate(12 ${round((top + bottom) / 2)}) rotate(-90)" text-anchor="middle">${escapeHtml(y.title)}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="presentation">${below.join('')}${beside.join('')}${titles}${marks(frame)}</svg>`;
}

/** Rounds a coordinate to a tenth of a pixel. */
export const round = (value: number): number => Math.round(10 * value) / 10;

/** Makes the text of a mark, shown under the pointer. */
export const tip = (text: string): string => `<title>${escapeHtml(text)}</title>`;

/** Estimates the pixels of a text of 11 pixels in height, for there is no font to measure it with. */
export const widthOf = (text: string): number =>
  [...text].reduce(
    (sum, sign) => sum + (/[MWmw@%\u0250-\u{10ffff}]/u.test(sign) ? 11 : /[A-Z]/.test(sign) ? 8 : 6.4),
    0,
  );

/** Cuts a text to a width. */
export function fitted(text: string, pixels: number): string {
  if (widthOf(text) <= pixels) return text;
  const signs = [...text];
  while (signs.length > 1 && widthOf(`${signs.join('')}…`) > pixels) signs.pop();
  return `${signs.join('')}…`;
}

/** Most pixels of a name beside its mark or its cells. */
export const MAX_NAME_WIDTH = 130;

/** Leaves out the words that all names begin or end with, if some name is too long: what differs is then seen. */
export function distinct(names: readonly string[]): string[] {
  if (names.length < 3 || names.every((name) => widthOf(name) <= MAX_NAME_WIDTH)) return [...names];
  const start = commonWords(names);
  const end = commonWords(names.map((name) => [...name.slice(start)].reverse().join('')));
  const cut = (name: string) => `${start > 0 ? '…' : ''}${name.slice(start, name.length - end)}${end > 0 ? '…' : ''}`;
  return names.map(cut);
}

/** Counts the characters of the whole words that all names begin with. */
function commonWords([first = '', ...others]: readonly string[]): number {
  let length = 0;
  for (const word of first.match(/[\p{L}\p{N}]+[^\p{L}\p{N}]+/gu) ?? []) {
    if (!others.every((other) => other.startsWith(first.slice(0, length + word.length)))) break;
    length += word.length;
  }
  return length;
}

/** Widens an empty domain. */
function widened([low, high]: readonly [number, number]): [number, number] {
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function ticksOf(scale: ScaleLinear<number, number>): [at: number, text: string][] {
  const largest = Math.max(...scale.domain().map(Math.abs));
  // Digits in full would not fit.
  const format = scale.tickFormat(5, largest >= 1e6 || largest < 1e-3 ? '~g' : undefined);
  return scale.ticks(5).map((value) => [round(scale(value)), format(value)]);
}
