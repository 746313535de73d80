// @ts-check
/** The summary as tables: Markdown for the docs, HTML for the report, text for the terminal. */

import { escapeHtml } from '../../scripts/charts/html.js';
import { COLUMNS, cell, METHOD_NAMES } from './summary.js';

/** @import { Row } from './summary.js' */

/** @param {Row[]} rows of one number of features */
function shownColumns(rows) {
  return COLUMNS.filter(({ key }) => rows.some(({ figures }) => figures[key]));
}

/**
 * @param {Row[]} rows
 * @returns {string} Markdown
 */
export function markdownTable(rows) {
  const columns = shownColumns(rows);
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const body = rows.map(({ method, score, figures }, i) => [
    rows[i - 1]?.method === method ? '' : METHOD_NAMES[method],
    score,
    ...columns.map(({ key }) => cell(figures[key])),
  ]);
  return [
    line(['training', 'score', ...columns.map(({ title }) => title)]),
    line(['---', '---', ...columns.map(() => '--:')]),
    ...body.map(line),
  ].join('\n');
}

/**
 * @param {Row[]} rows
 * @returns {string} HTML
 */
export function htmlTable(rows) {
  const columns = shownColumns(rows);
  const head = ['training', 'score', ...columns.map(({ title }) => title)];
  const body = rows.map(({ nDim, method, score, figures }, i) => {
    const name = rows[i - 1]?.method === method ? '' : METHOD_NAMES[method];
    const cells = columns.map(
      ({ key }) => `<td data-figure="${escapeHtml(`${nDim}/${method}/${score}/${key}`)}">${cell(figures[key])}</td>`,
    );
    return `<tr><th scope="row">${escapeHtml(name)}</th><th scope="row">${escapeHtml(score)}</th>${cells.join('')}</tr>`;
  });
  return `<table class="scores">
<thead><tr>${head.map((title) => `<th scope="col">${escapeHtml(title)}</th>`).join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>`;
}

/**
 * @param {Row[]} rows
 * @returns {string} for a terminal: the figures that most papers give
 */
export function textTable(rows) {
  const columns = COLUMNS.filter(({ key }) => ['auroc', 'fpr95', 'oscr', 'accuracy'].includes(key));
  const line = (/** @type {string[]} */ [training = '', score = '', ...cells]) =>
    `  ${training.padEnd(23)}${score.padEnd(17)}${cells.map((text) => text.padStart(16)).join('')}`;
  return [
    line(['', '', ...columns.map(({ title }) => title)]),
    ...rows.map(({ method, score, figures }, i) =>
      line([
        rows[i - 1]?.method === method ? '' : METHOD_NAMES[method],
        score,
        ...columns.map(({ key }) => cell(figures[key])),
      ]),
    ),
  ].join('\n');
}
