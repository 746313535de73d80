import { bin, extent, max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { numberText } from '../report.js';
import { escapeHtml, plot, round, short, svg, tip, WIDTH } from './svg.js';

const COLOR = '#3b6fb6';
const OTHER_COLOR = '#d9822b';
/** Colors of the least and of the largest value. */
const SHADES = ['#f4f7fb', '#12355f'];
/** Most classes of which each has a mark of its own. */
export const MAX_BARS = 60;
export const MAX_CELLS = 64;

/** Pixels that the name of a point takes: where they are not free on its right, the name goes to its left. */
const LABEL = 84;

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  /** Text beside the name, under the pointer. */
  readonly text: string;
}

/** Draws points with their names, in axes of one scale. */
export function scatter(points: readonly Point[], xTitle: string, yTitle: string): string {
  const height = 420;
  const [x, y] = [points.map((point) => point.x), points.map((point) => point.y)];
  const [xDomain, yDomain] = [padded(x), padded(y)];
  // The shorter axis is widened about its middle.
  const perPixel = Math.max((xDomain[1] - xDomain[0]) / 440, (yDomain[1] - yDomain[0]) / 362);
  const about = ([low, high]: [number, number], pixels: number): [number, number] => [
    (low + high - perPixel * pixels) / 2,
    (low + high + perPixel * pixels) / 2,
  ];
  const named = points.length <= MAX_BARS;
  const frame = [
    { domain: about(xDomain, 440), title: xTitle },
    { domain: about(yDomain, 362), title: yTitle },
  ] as const;
  return plot(height, ...frame, (at) =>
    points
      .map((point) => {
        const [px, py] = [round(at.x(point.x)), round(at.y(point.y))];
        const label = named
          ? `<text class="mark" ${px > WIDTH - LABEL ? `x="${px - 7}" text-anchor="end"` : `x="${px + 7}"`} y="${py + 4}">${escapeHtml(short(point.name))}</text>`
          : '';
        const radius = named ? 5 : 2.5;
        return `<circle cx="${px}" cy="${py}" r="${radius}" fill="${COLOR}" fill-opacity="0.8">${tip(`${point.name}: ${point.text}`)}</circle>${label}`;
      })
      .join(''),
  );
}

function padded(values: readonly number[]): [number, number] {
  const [low = 0, high = 0] = extent(values) as [number, number];
  const room = 0.08 * (high - low || 1);
  return [low - room, high + room];
}

/** Draws a bar for each class, or a histogram of many classes. */
export function bars(values: ArrayLike<number>, names: readonly string[], title: string): string {
  const numbers = Array.from(values);
  if (numbers.length > MAX_BARS) return histogram([{ name: '', values: numbers }], title, 'classes');
  const height = 280;
  const top = max(numbers.filter(Number.isFinite)) ?? 1;
  return plot(
    height,
    { domain: [-0.5, numbers.length - 0.5], title: 'class', names },
    { domain: [0, top || 1], title },
    ({ x, y }) =>
      numbers
        .map((value, j) => {
          if (!Number.isFinite(value)) return '';
          const [left, right] = [round(x(j - 0.4)), round(x(j + 0.4))];
          const at = round(y(value));
          return `<rect x="${left}" y="${at}" width="${round(right - left)}" height="${round(y(0) - at)}" fill="${COLOR}">${tip(`${names[j]}: ${numberText(value)}`)}</rect>`;
        })
        .join(''),
  );
}

export interface Series {
  readonly name: string;
  readonly values: ArrayLike<number>;
}

/** Draws numbers of values; of two series, each as a share of its own. */
export function histogram(series: readonly Series[], title: string, counted: string): string {
  const finite = series.map(({ values }) => Array.from(values).filter(Number.isFinite));
  const ends = finite.flatMap((values) => extent(values) as [number, number]).filter((end) => end !== undefined);
  const [low = 0, high = 1] = extent(ends) as [number, number];
  const bins = finite.map((values) => bin().domain([low, high]).thresholds(40)(values));
  const isShare = series.length > 1;
  const heightOf = (count: number, j: number) => (isShare ? count / Math.max(1, finite[j]?.length ?? 1) : count);
  const top = max(bins.flatMap((some, j) => some.map(({ length }) => heightOf(length, j)))) ?? 1;
  const colors = [COLOR, OTHER_COLOR];
  const legend = series
    .filter(({ name }) => name !== '')
    .map(
      ({ name }, j) =>
        `<rect x="${WIDTH - 120}" y="${16 + 18 * j}" width="12" height="12" fill="${colors[j]}" fill-opacity="0.6"/><text x="${WIDTH - 102}" y="${26 + 18 * j}">${escapeHtml(name)}</text>`,
    );
  return plot(
    280,
    { domain: [low, high], title },
    { domain: [0, top], title: isShare ? `share of ${counted}` : counted },
    ({ x, y }) =>
      bins
        .flatMap((some, j) =>
          some.map((one) => {
            const [left, right] = [x(one.x0 ?? low), x(one.x1 ?? high)];
            const at = round(y(heightOf(one.length, j)));
            const said = `${numberText(one.x0 ?? low)} … ${numberText(one.x1 ?? high)}: ${numberText(one.length)}`;
            return `<rect x="${round(left)}" y="${at}" width="${round(Math.max(1, right - left - 1))}" height="${round(y(0) - at)}" fill="${colors[j]}" fill-opacity="0.6">${tip(said)}</rect>`;
          }),
        )
        .join('') + legend.join(''),
  );
}

/** Draws a matrix by shades 0 … 1, with its rows downwards. */
export function heatMap(
  size: number,
  names: readonly string[],
  cell: (row: number, column: number) => { readonly shade: number; readonly text: string },
  titles: { readonly rows: string; readonly columns: string },
): string {
  const [left, top, side] = [80, 12, 420];
  const step = side / size;
  const color = scaleLinear<string>().domain([0, 1]).range(SHADES).clamp(true);
  const cells: string[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const { shade, text } = cell(row, column);
      cells.push(
        `<rect x="${round(left + column * step)}" y="${round(top + row * step)}" width="${round(step + 0.2)}" height="${round(step + 0.2)}" fill="${color(shade)}">${tip(text)}</rect>`,
      );
    }
  }
  const every = Math.ceil(size / 24);
  const labels = names.flatMap((name, j) => {
    if (j % every !== 0) return [];
    const middle = (j + 0.5) * step;
    const text = escapeHtml(short(name));
    return [
      `<text x="${left - 6}" y="${round(top + middle + 4)}" text-anchor="end">${text}</text>`,
      `<text transform="translate(${round(left + middle + 4)} ${top + side + 8}) rotate(-60)" text-anchor="end">${text}</text>`,
    ];
  });
  const height = top + side + 92;
  const said = `<text class="title" x="${left + side / 2}" y="${height - 8}" text-anchor="middle">${escapeHtml(titles.columns)}</text><text class="title" transform="translate(12 ${top + side / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(titles.rows)}</text>`;
  return svg(height, cells.join('') + labels.join('') + said);
}
