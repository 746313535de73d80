import { sum } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { PCA } from 'ml-pca';
import type { EvaluationAccumulator } from '../commands/evaluation.js';
import type { ModelSummary } from '../model-summary.js';
import { numberText, type Report, textOf, wordsOf } from '../report.js';
import { bars, heatMap, histogram, MAX_CELLS, scatter } from './charts.js';
import { escapeHtml } from './svg.js';

const STYLE = `
  body { margin: 0 auto; max-width: 1180px; padding: 32px 24px 64px; color: #222;
         font: 16px/1.5 system-ui, 'DejaVu Sans', Verdana, sans-serif; }
  h1 { font-size: 26px; margin: 0 0 8px; overflow-wrap: anywhere; }
  h2 { font-size: 18px; margin: 0 0 4px; font-weight: 600; }
  table { display: block; margin: 12px 0 32px; }
  tbody { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); column-gap: 32px; }
  tr { display: grid; grid-template-columns: 190px 1fr; border-bottom: 1px solid #ddd; }
  th, td { padding: 4px 24px 4px 0; text-align: left; font-weight: normal;
           vertical-align: top; overflow-wrap: anywhere; }
  th { color: #555; white-space: nowrap; }
  .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 32px; }
  figure { margin: 0; }
  figcaption { color: #555; font-size: 14px; }
  svg { width: 100%; height: auto; }
  svg text { font-size: 11px; fill: #555; }
  svg text.title { font-size: 12px; fill: #333; }
  svg text.mark { fill: #222; }
  .grid { stroke: #eee; }
`;

/** Draws a model, and its results on data if there are any, as one page that loads nothing else. */
export function htmlPage(
  title: string,
  report: Report,
  model: ModelSummary,
  evaluation?: EvaluationAccumulator,
): string {
  const rows = Object.entries(report)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) =>
        `<tr><th scope="row">${escapeHtml(wordsOf(name))}</th><td>${escapeHtml(textOf(value))}</td></tr>`,
    );
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
<table><tbody>${rows.join('\n')}</tbody></table>
<div class="plots">
${[...figures(model), ...(evaluation ? evaluationFigures(evaluation, model) : [])].join('\n')}
</div>
</body>
</html>
`;
}

function figure(id: string, title: string, picture: string, caption = ''): string {
  const note = caption && `<figcaption>${escapeHtml(caption)}</figcaption>`;
  return `<figure id="${id}" aria-label="${escapeHtml(title)}"><h2>${escapeHtml(title)}</h2>${picture}${note}</figure>`;
}

function figures(model: ModelSummary): string[] {
  const { names, distances, nearest, radius, counts, thresholds, nClasses } = model;
  const shown = names.length;
  const some = shown < nClasses ? `${numberText(shown)} of ${numberText(nClasses)} classes, evenly chosen.` : '';
  const found = [figure('centers', 'Centers in two dimensions', projection(model), some)];
  if (shown > 1 && shown <= MAX_CELLS) {
    const [least, most] = [Math.min(...nearest), Math.max(...distances)];
    const shade = scaleLinear().domain([least, most]).range([0.05, 1]).clamp(true);
    const cell = (row: number, column: number) => {
      const distance = distances[row * shown + column] as number;
      return {
        shade: row === column ? 0 : shade(distance),
        text: `${names[row]} – ${names[column]}: ${numberText(distance)}`,
      };
    };
    const picture = heatMap(shown, names, cell, { rows: 'class', columns: 'class' });
    found.push(figure('distances', 'Euclidean distances between centers', picture, 'The darker, the farther.'));
  }
  if (shown > 1) {
    const title = 'Distance to the nearest other center';
    found.push(figure('nearest', title, bars(nearest, names, 'distance'), some && `${some} The nearest among these.`));
  }
  if (radius) found.push(figure('radius', 'Radius', bars(radius, names, 'radius'), some));
  if (counts) found.push(figure('counts', 'Rows', bars(counts, names, 'rows'), some));
  if (thresholds) found.push(figure('thresholds', 'Thresholds', bars(thresholds, names, 'score'), some));
  return found;
}

/** Draws the centers in the two directions in which they differ most. */
function projection({ centers, names, described }: ModelSummary): string {
  const scatterOf = (places: number[][], xTitle: string, yTitle: string) => {
    const points = places.map(([x = 0, y = 0], j) => ({ x, y, name: names[j] ?? '', text: described[j] ?? '' }));
    return scatter(points, xTitle, yTitle);
  };
  const rows = centers.map((center) => Array.from(center));
  const nDim = rows[0]?.length ?? 0;
  if (rows.length < 2 || nDim < 2) {
    return scatterOf(
      rows.map(([x = 0]) => [x, 0]),
      'first dimension',
      '',
    );
  }
  const pca = new PCA(rows, { method: 'SVD', center: true });
  const [first = 0, second = 0] = pca.getExplainedVariance();
  // Equal centers have no variance, and a share of it is NaN.
  const title = (which: string, part: number) =>
    `${which} principal component${Number.isNaN(part) ? '' : `, ${(100 * part).toFixed(0)} % of the variance`}`;
  const places = pca.predict(rows, { nComponents: 2 }).to2DArray();
  return scatterOf(places, title('first', first), title('second', second));
}

function evaluationFigures({ confusion, scores }: EvaluationAccumulator, { names, nClasses }: ModelSummary): string[] {
  const found: string[] = [];
  if (confusion && nClasses < MAX_CELLS && names.length === nClasses) {
    const all = [...names, 'unknown'];
    const cell = (row: number, column: number) => {
      const counts = confusion[row] ?? [];
      const count = counts[column] ?? 0;
      return { shade: count / (sum(counts) || 1), text: `${all[row]} taken for ${all[column]}: ${numberText(count)}` };
    };
    const picture = heatMap(all.length, all, cell, { rows: 'class', columns: 'taken for' });
    found.push(figure('confusion', 'Confusion', picture, 'Shares of the rows of each class.'));
  }
  const { known, unknown } = scores;
  const series = [
    { name: 'known', values: known },
    { name: 'unknown', values: unknown },
  ].filter(({ values }) => values.length > 0);
  found.push(figure('scores', 'Scores of the rows', histogram(series, 'score', 'rows')));
  return found;
}
