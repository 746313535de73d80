import { bin, extent, max } from 'd3-array';
import { numberText } from '../report.js';
import { distinct, escapeHtml, fitted, MARGIN, MAX_NAME_WIDTH, plot, round, tip, WIDTH, widthOf } from './svg.js';

/** Most points that have a name each. */
const MAX_NAMES = 64;
/** Classes from which on circles would hide each other: they are faint except under the pointer. */
const MANY = 12;

/** Center of a class, in the plane. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  /** Text beside the name, under the pointer. */
  readonly text: string;
  /** Radii of circles around the point, by their names. */
  readonly rings: Readonly<Record<string, number>>;
}

/** Row, in the plane. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  /** Index of the point of its class; below 0 = unknown. */
  readonly point: number;
}

/** Draws points with their names and circles, and dots around them, in axes of one scale. */
export function scatter(points: readonly Point[], dots: readonly Dot[], xTitle: string, yTitle: string): string {
  const height = 380;
  const [width, tall] = [WIDTH - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  const ends = (axis: 'x' | 'y') => [
    ...points.flatMap((point) => [0, ...Object.values(point.rings)].flatMap((r) => [point[axis] - r, point[axis] + r])),
    ...dots.map((dot) => dot[axis]),
  ];
  const [xDomain, yDomain] = [padded(ends('x')), padded(ends('y'))];
  // The shorter axis is widened about its middle.
  const perPixel = Math.max((xDomain[1] - xDomain[0]) / width, (yDomain[1] - yDomain[0]) / tall);
  const about = ([low, high]: [number, number], pixels: number): [number, number] => [
    (low + high - perPixel * pixels) / 2,
    (low + high + perPixel * pixels) / 2,
  ];
  const frame = [
    { domain: about(xDomain, width), title: xTitle },
    { domain: about(yDomain, tall), title: yTitle },
  ] as const;
  return plot(height, ...frame, (at) => {
    const place = ({ x, y }: { x: number; y: number }) => `cx="${round(at.x(x))}" cy="${round(at.y(y))}"`;
    const rows = dots.map((dot) =>
      dot.point < 0
        ? `<circle class="unknown row" ${place(dot)} r="2"/>`
        : `<circle class="row" ${place(dot)} r="2" style="${hue(dot.point)}"/>`,
    );
    const isMany = points.length > MANY;
    const centers = points.map((point, j) => {
      const rings = Object.entries(point.rings).map(
        ([name, length]) => `<circle class="${name} ring" ${place(point)} r="${round(length / perPixel)}"/>`,
      );
      const center = `<circle class="center" ${place(point)} r="${isMany ? 3 : 4.5}">${tip(`${point.name}: ${point.text}`)}</circle>`;
      return `<g${isMany ? ' class="many"' : ''} style="${hue(j)}">${rings.join('')}${center}</g>`;
    });
    const names = points.length > MAX_NAMES ? [] : labels(points.map(({ x, y, name }) => [at.x(x), at.y(y), name]));
    return [...rows, ...centers, ...names].join('');
  });
}

/** Gives neighbors in the order of classes colors far from each other, by the golden angle. */
const hue = (j: number): string => `--hue:${Math.round((250 + 137.5 * j) % 360)}`;

/** Writes a name at one of the four sides of its point, or none where it would cover another. */
function labels(points: readonly (readonly [x: number, y: number, name: string])[]): string[] {
  const names = distinct(points.map(([, , name]) => name));
  const taken: (readonly [left: number, top: number, right: number, bottom: number])[] = [];
  for (const [x, y] of points) taken.push([x - 4, y - 4, x + 4, y + 4]);
  return points.flatMap(([x, y], j) => {
    const text = fitted(names[j] ?? '', MAX_NAME_WIDTH);
    const width = widthOf(text);
    for (const [dx, dy] of [
      [7, -6],
      [-7 - width, -6],
      [-width / 2, -18],
      [-width / 2, 6],
    ] as const) {
      const [left, top, right, bottom] = [x + dx, y + dy, x + dx + width, y + dy + 12];
      const isInside = left >= MARGIN.left && right <= WIDTH && top >= 0;
      const isFree = taken.every(
        (other, i) => i === j || right < other[0] || left > other[2] || bottom < other[1] || top > other[3],
      );
      if (!isInside || !isFree) continue;
      taken.push([left, top, right, bottom]);
      return `<text class="mark" x="${round(left + width / 2)}" y="${round(top + 10)}" text-anchor="middle">${escapeHtml(text)}</text>`;
    }
    return [];
  });
}

function padded(values: readonly number[]): [number, number] {
  const [low = 0, high = 0] = extent(values) as [number, number];
  const room = 0.06 * (high - low || 1);
  return [low - room, high + room];
}

export interface Series {
  /** Class of the marks, in the style of the page. */
  readonly name: string;
  readonly values: ArrayLike<number>;
}

/** Draws how many values are in each bin, or which share of each of two series; and a line or a band at `limits`. */
export function histogram(
  series: readonly Series[],
  title: string,
  counted: string,
  limits: readonly number[] = [],
): string {
  const finite = series.map(({ values }) => Array.from(values).filter(Number.isFinite));
  const [low = 0, high = 1] = extent([...finite.flatMap((values) => extent(values) as [number, number]), ...limits]);
  const bins = finite.map((values) => bin().domain([low, high]).thresholds(40)(values));
  const isShare = series.length > 1;
  const heightOf = (count: number, j: number) => (isShare ? count / Math.max(1, finite[j]?.length ?? 1) : count);
  const top = max(bins.flatMap((some, j) => some.map(({ length }) => heightOf(length, j)))) ?? 1;
  const height = 300;
  const yTitle = isShare ? `share of the ${counted}` : counted;
  // Above the bars there is room for the name of a limit.
  const room = limits.length > 0 ? 1.1 : 1;
  return plot(height, { domain: [low, high], title }, { domain: [0, room * top], title: yTitle }, ({ x, y }) => {
    const bars = bins.flatMap((some, j) =>
      some
        .filter(({ length }) => length > 0)
        .map((one) => {
          const [from, to] = [one.x0 ?? low, one.x1 ?? high];
          const text = `${numberText(from)} … ${numberText(to)}: ${numberText(one.length)} ${counted}`;
          const [left, right] = [x(from), Math.max(x(from) + 1, x(to) - 1)];
          const at = y(heightOf(one.length, j));
          return `<rect class="${series[j]?.name} bar" x="${round(left)}" y="${round(at)}" width="${round(right - left)}" height="${round(y(0) - at)}">${tip(text)}</rect>`;
        }),
    );
    return bars.join('') + limitMark(limits.map(x), limits, height);
  });
}

/** Marks one limit by a line, or the range of many by a band. */
function limitMark(places: readonly number[], limits: readonly number[], height: number): string {
  const [left, right] = extent(places);
  if (left === undefined || right === undefined) return '';
  const [least = 0, most = 0] = extent(limits);
  const text =
    places.length === 1 ? `threshold ${numberText(least)}` : `thresholds ${numberText(least)} … ${numberText(most)}`;
  const [top, tall] = [MARGIN.top, height - MARGIN.top - MARGIN.bottom];
  const width = widthOf(text);
  const isRight = right + 6 + width < WIDTH - MARGIN.right;
  const start = isRight ? right + 6 : Math.max(MARGIN.left + 4, left - 6 - width);
  return (
    `<rect class="${places.length === 1 ? 'limit' : 'limits'}" x="${round(left - 0.75)}" y="${top}" width="${round(right - left + 1.5)}" height="${tall}">${tip(text)}</rect>` +
    `<text class="mark" x="${round(start + width / 2)}" y="${top + 12}" text-anchor="middle">${text}</text>`
  );
}
