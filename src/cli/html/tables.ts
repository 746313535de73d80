import { max } from 'd3-array';
import { numberText } from '../report.js';
import { escapeHtml } from './svg.js';

/** Most classes that have a row and a column of cells each. */
export const MAX_CELLS = 64;

/** Shade above which text takes the other color: with those of the style, contrast is 4.5 or more at every shade. */
const HIGH = 0.6;

/** Writes numbers in the room of a cell: 0.0123, 12.3, 12.3K. */
const brief = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Cell of a heat map: a shade from 0 to 1 and a number; no number for an empty cell. */
export interface Cell {
  readonly shade: number;
  readonly number: number | undefined;
  readonly text: string;
}

/**
 * Writes a matrix of numbers on shades, with a legend of the two ends.
 * @param shortNames the names as they fit beside the cells
 */
export function heatMap(
  names: readonly string[],
  shortNames: readonly string[],
  cell: (row: number, column: number) => Cell,
  legend: readonly [low: string, high: string],
): string {
  const shown = shortNames.map(escapeHtml);
  const head = names.map((name, j) => `<th scope="col" title="${escapeHtml(name)}"><span>${shown[j]}</span></th>`);
  const rows = names.map((name, row) => {
    const cells = names.map((_, column) => {
      const { shade, number, text } = cell(row, column);
      const style = `class="${shade > HIGH ? 'high' : ''}" style="--shade:${Math.round(100 * shade)}%"`;
      return `<td ${style} title="${escapeHtml(text)}">${number === undefined ? '' : brief.format(number)}</td>`;
    });
    return `<tr><th scope="row" title="${escapeHtml(name)}">${shown[row]}</th>${cells.join('')}</tr>`;
  });
  const [low, high] = legend.map(escapeHtml);
  return (
    `<div class="scroll"><table class="heat"><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>` +
    `<p class="legend"><span>${low}</span><i class="shades"></i><span>${high}</span></p>`
  );
}

/** Column of a table of classes. */
export interface Column {
  readonly title: string;
  readonly values: readonly number[];
  /** Text after each number. */
  readonly notes?: readonly string[];
}

/** Writes a row for each class, with a bar behind each number. */
export function classTable(names: readonly string[], columns: readonly Column[]): string {
  const tops = columns.map(({ values }) => max(values.filter(Number.isFinite)) || 1);
  const head = columns.map(({ title }) => `<th scope="col">${escapeHtml(title)}</th>`);
  const rows = names.map((name, j) => {
    const cells = columns.map(({ values, notes }, column) => {
      const value = values[j] as number;
      const width = Math.max(0, Math.round((100 * value) / (tops[column] as number))) || 0;
      const note = notes ? ` <small>${escapeHtml(notes[j] ?? '')}</small>` : '';
      return `<td style="--width:${width}%">${numberText(value)}${note}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="classes"><thead><tr><th scope="col">class</th>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}
