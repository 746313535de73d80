import { extent, sum } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { PCA } from 'ml-pca';
import type { Evaluation } from '../commands/evaluate.js';
import type { ModelSummary } from '../model-summary.js';
import { numberText, type Report, shownOf, textOf, wordsOf } from '../report.js';
import { type Dot, histogram, scatter } from './charts.js';
import { STYLE } from './style.js';
import { distinct, escapeHtml } from './svg.js';
import { type Column, classTable, heatMap, MAX_CELLS } from './tables.js';

/** Draws a model, and its results on data if there are any, as one page that loads nothing else. */
export function htmlPage(title: string, report: Report, model: ModelSummary, evaluation?: Evaluation): string {
  const facts = shownOf(report)
    .filter(([name]) => name !== 'file' && name !== 'names')
    .map(([name, value]) => `<div><dt>${escapeHtml(wordsOf(name))}</dt><dd>${escapeHtml(textOf(value))}</dd></div>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<dl>${facts.join('\n')}</dl>
<div class="figures">
${figures(model, evaluation).join('\n')}
</div>
</body>
</html>
`;
}

/** @param isWide true for a figure that takes the whole width of the page */
function figure(id: string, title: string, content: string, caption = '', isWide = false): string {
  const note = caption && `<figcaption>${caption}</figcaption>`;
  const style = isWide ? ' class="wide"' : '';
  return `<figure id="${id}"${style} aria-label="${escapeHtml(title)}"><h2>${escapeHtml(title)}</h2>${content}${note}</figure>`;
}

/** Names whose columns fit beside other figures. */
const FEW = 8;

function figures(model: ModelSummary, evaluation: Evaluation | undefined): string[] {
  const { names, distances, nClasses } = model;
  const shown = names.length;
  const some =
    shown < nClasses ? `${numberText(shown)} of ${numberText(nClasses)} classes are shown, evenly chosen.` : '';
  const found = [figure('centers', 'Centers in two dimensions', ...projection(model, evaluation, some))];
  if (evaluation) found.push(scoresFigure(evaluation));
  const columns = columnsOf(model);
  if (shown > MAX_CELLS) {
    for (const { title, values } of columns) {
      found.push(
        figure(
          title.split(' ')[0] ?? '',
          `${title[0]?.toUpperCase()}${title.slice(1)}`,
          histogram([{ name: 'known', values }], title, 'classes'),
          some,
        ),
      );
    }
    return found;
  }
  if (columns.length > 0) found.push(figure('classes', 'Classes', classTable(names, columns), some, shown > FEW));
  if (shown > 1) {
    const [least = 0, most = 0] = extent(distances.filter((_, at) => at % (shown + 1) !== 0));
    const shade = scaleLinear()
      .domain([least, Math.max(most, least + Number.EPSILON)])
      .range([1, 0]);
    const cell = (row: number, column: number) => {
      const distance = distances[row * shown + column] as number;
      const text = `${names[row]} – ${names[column]}: ${numberText(distance)}`;
      return row === column
        ? { shade: 0, number: undefined, text }
        : { shade: shade(distance), number: distance, text };
    };
    const picture = heatMap(names, distinct(names), cell, [`${numberText(most)}, far`, `${numberText(least)}, near`]);
    found.push(figure('distances', 'Euclidean distances between centers', picture, some, shown > FEW));
  }
  const confusion = evaluation?.accumulator.confusion;
  // Classes without a center are not shown.
  if (confusion && shown === nClasses) found.push(confusionFigure(confusion, names));
  return found;
}

function columnsOf({ names, counts, radius, thresholds, nearest }: ModelSummary): Column[] {
  const columns: Column[] = [];
  if (counts) columns.push({ title: 'rows', values: counts });
  if (radius) columns.push({ title: 'radius', values: radius });
  if (thresholds) columns.push({ title: 'threshold', values: thresholds });
  if (nearest.length > 0) {
    const shortNames = distinct(names);
    const notes = nearest.map(({ index }) => shortNames[index] ?? '');
    columns.push({
      title: 'distance to the nearest other center',
      values: nearest.map(({ distance }) => distance),
      notes,
    });
  }
  return columns;
}

/** Draws centers and rows: two dimensions as they are, more in the two directions in which the centers differ most. */
function projection(
  model: ModelSummary,
  evaluation: Evaluation | undefined,
  some: string,
): [picture: string, caption: string] {
  const { centers, names, shown, rings } = model;
  const nDim = centers[0]?.length ?? 0;
  const rows = rowsOf(evaluation, nDim);
  const { place, titles } = planeOf(centers, rows);
  const columns = columnsOf(model);
  const points = place(centers).map(([x, y], j) => {
    const facts = columns.map(({ title, values, notes }) =>
      `${title} ${numberText(values[j] as number)} ${notes?.[j] ?? ''}`.trim(),
    );
    return { x, y, name: names[j] ?? '', text: facts.join(', '), rings: rings[j] ?? {} };
  });
  const indexOf = new Map(shown.map((j, index) => [j, index]));
  const dots = place(rows).flatMap(([x, y], i): Dot[] => {
    const label = evaluation?.sample.rows.target[i] ?? -1;
    const point = label < 0 ? -1 : indexOf.get(label);
    return point === undefined ? [] : [{ x, y, point }];
  });
  const legend = [
    '<b class="center"></b>center',
    ...(dots.some(({ point }) => point >= 0) ? ['<b class="row"></b>row, in the color of its class'] : []),
    ...(dots.some(({ point }) => point < 0) ? ['<b class="unknown row"></b>unknown row'] : []),
    ...(rings.some(({ radius }) => radius) ? ['<b class="radius ring"></b>radius'] : []),
    ...(rings.some(({ threshold }) => threshold) ? ['<b class="threshold ring"></b>threshold'] : []),
  ];
  const isFlat = nDim > 2 && (dots.length > 0 || rings.some((ring) => Object.keys(ring).length > 0));
  const flat = isFlat ? `In ${nDim} dimensions, rows are farther from centers than they look here.` : '';
  const caption = `<span class="legend">${legend.map((item) => `<span>${item}</span>`).join('')}</span>`;
  return [scatter(points, dots, ...titles), [caption, flat, some].filter(Boolean).join(' ')];
}

type Vectors = readonly Float32Array[];
type Place = readonly [x: number, y: number];

function rowsOf(evaluation: Evaluation | undefined, nDim: number): Vectors {
  const { x, target } = evaluation?.sample.rows ?? { x: new Float32Array(0), target: [] };
  const rows = Array.from(target, (_, i) => x.subarray(i * nDim, (i + 1) * nDim));
  return rows.filter((row) => row.every(Number.isFinite));
}

interface Plane {
  readonly place: (vectors: Vectors) => Place[];
  readonly titles: readonly [x: string, y: string];
}

function planeOf(centers: Vectors, rows: Vectors): Plane {
  const nDim = centers[0]?.length ?? 0;
  if (nDim <= 2 || centers.length + rows.length < 2) {
    const titles = ['first dimension', nDim < 2 ? '' : 'second dimension'] as const;
    return { place: (vectors) => vectors.map(([x = 0, y = 0]) => [x, nDim < 2 ? 0 : y]), titles };
  }
  // Two centers differ in one direction only.
  const basis = centers.length > 2 ? centers : [...centers, ...rows];
  const pca = new PCA(
    basis.map((row) => Array.from(row)),
    { method: 'SVD', center: true },
  );
  const shares = pca.getExplainedVariance();
  // Equal centers have no variance, and a share of it is NaN.
  const title = (which: string, part = 0) =>
    `${which} principal component${Number.isNaN(part) ? '' : `, ${(100 * part).toFixed(0)} % of the variance`}`;
  const place = (vectors: Vectors) =>
    vectors.length === 0
      ? []
      : (pca
          .predict(
            vectors.map((row) => Array.from(row)),
            { nComponents: 2 },
          )
          .to2DArray() as unknown as Place[]);
  return { place, titles: [title('first', shares[0]), title('second', shares[1])] };
}

function confusionFigure(confusion: readonly (readonly number[])[], names: readonly string[]): string {
  const all = [...names, 'unknown'];
  const cell = (row: number, column: number) => {
    const counts = confusion[row] ?? [];
    const count = counts[column] ?? 0;
    const text = `${all[row]} taken for ${all[column]}: ${numberText(count)}`;
    return { shade: count / (sum(counts) || 1), number: count === 0 ? undefined : count, text };
  };
  const caption = 'Row: class of a row of data. Column: decision of the model. Empty cells are 0.';
  const picture = heatMap(all, [...distinct(names), 'unknown'], cell, ['0 %', '100 % of the rows of a class']);
  return figure('confusion', 'Confusion', picture, caption, names.length >= FEW);
}

function scoresFigure({ accumulator, threshold }: Evaluation): string {
  const { known, unknown } = accumulator.scores;
  const series = [
    { name: 'known', values: known },
    { name: 'unknown', values: unknown },
  ].filter(({ values }) => values.length > 0);
  const limits = threshold === undefined ? [] : typeof threshold === 'number' ? [threshold] : Array.from(threshold);
  const infinite = series.reduce(
    (count, { values }) => count + Array.from(values).filter((score) => !Number.isFinite(score)).length,
    0,
  );
  // Unknown rows that are very far would press all known ones into one bar.
  const [low = 0, high = 0] = extent([...Array.from(known).filter(Number.isFinite), ...limits.filter(Number.isFinite)]);
  const end = high > low ? high + 3 * (high - low) : Number.POSITIVE_INFINITY;
  const isFar = (score: number) => score > end && score < Number.POSITIVE_INFINITY;
  const far = sum(series, ({ values }) => Array.from(values).filter(isFar).length);
  const drawn = series.map(({ name, values }) => ({
    name,
    values: Array.from(values, (score) => (isFar(score) ? end : score)),
  }));
  const caption = [
    `<span class="legend">${series.map(({ name }) => `<span><b class="${name} bar"></b>${name} rows</span>`).join('')}</span>`,
    limits.length > 0 && 'A row to the right of its threshold is rejected as unknown.',
    far > 0 && `The last bar has the ${numberText(far)} rows with a score above ${numberText(end)}.`,
    infinite > 0 && `${numberText(infinite)} rows with an infinite score are left out.`,
  ];
  const picture = histogram(drawn, 'score', 'rows', limits.filter(Number.isFinite));
  return figure('scores', 'Scores of the rows', picture, caption.filter(Boolean).join(' '));
}
