import { bin, extent, max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { numberText } from '../report.js';
import { axisTitles, escapeHtml, plot, rect, round, short, svg, tip, WIDTH } from './svg.js';

const COLOR = '#3b6fb6';
const OTHER_COLOR = '#d9822b';
/** Colors of the least and of the largest value. */
const SHADES = ['#f4f7fb', '#12355f'];
/** Most classes that have a bar, or a named point, each. */
const MAX_BARS = 60;
/** Most classes that have a row and a column of cells each. */
export const MAX_CELLS = 64;

/** Pixels that the name of a point takes. A point nearer to the right edge has its name on its left. */
const LABEL = 84;

interface Point {
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
export function bars(values: readonly number[], names: readonly string[], title: string): string {
  if (values.length > MAX_BARS) return histogram([{ name: '', values }], title, 'classes');
  const top = max(values.filter(Number.isFinite)) ?? 1;
  return plot(
    280,
    { domain: [-0.5, values.length - 0.5], title: 'class', names },
    { domain: [0, top || 1], title },
    ({ x, y }) =>
      values
        .map((value, j) => {
          if (!Number.isFinite(value)) return '';
          return rect([x(j - 0.4), x(j + 0.4)], [y(value), y(0)], COLOR, `${names[j]}: ${numberText(value)}`);
        })
        .join(''),
  );
}

export interface Series {
  readonly name: string;
  readonly values: ArrayLike<number>;
}

/** Draws how many values are in each bin; for two series, which share of each. */
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
            const [from, to] = [one.x0 ?? low, one.x1 ?? high];
            const text = `${numberText(from)} … ${numberText(to)}: ${numberText(one.length)}`;
            const [left, right] = [x(from), Math.max(x(from) + 1, x(to) - 1)];
            return rect([left, right], [y(heightOf(one.length, j)), y(0)], colors[j] as string, text, 0.6);
          }),
        )
        .join('') + legend.join(''),
  );
}

/** Draws a matrix by shades from 0 to 1, its rows downwards. */
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
      const [x, y] = [left + column * step, top + row * step];
      // Cells overlap by a fraction of a pixel: no gap shows between them.
      cells.push(rect([x, x + step + 0.2], [y, y + step + 0.2], color(shade), text));
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
  const caption = axisTitles(height, titles.columns, left + side / 2, titles.rows, top + side / 2);
  return svg(height, cells.join('') + labels.join('') + caption);
}
