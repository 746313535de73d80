// @ts-check
/** The run as one HTML file that loads nothing else. */

import { escapeHtml } from '../scripts/charts/html.js';
import { renderSvg } from '../scripts/charts/render.js';
import { goalCells, outcomes } from './goals.js';
import { describe } from './machine.js';
import { ratioPlot } from './plots.js';
import { cells } from './table.js';

/** @typedef {import('./main.js').Report} Report */

const STYLE = `
  body { margin: 0 auto; max-width: 1440px; padding: 32px 24px 64px; color: #222;
         font: 15px/1.5 system-ui, 'DejaVu Sans', Verdana, sans-serif; }
  h1 { font-size: 28px; margin: 0 0 4px; }
  h2 { font-size: 22px; margin: 48px 0 8px; border-top: 2px solid #222; padding-top: 12px; }
  h3 { font-size: 17px; margin: 36px 0 8px; }
  p, li { max-width: 60em; }
  section > div { display: flex; flex-wrap: wrap; gap: 12px 32px; }
  table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; align-self: start; }
  th, td { padding: 4px 0 4px 18px; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
  th:first-child, td:first-child { text-align: left; padding-left: 0; font-weight: normal; }
  thead th { font-weight: bold; }
  tbody + tbody { border-top: 2px solid #999; }
  tbody.ours th { color: #1f5fa8; font-weight: bold; }
  tbody.roofline th { color: #d9480f; }
  td.missing { text-align: left; color: #777; white-space: normal; }
  td.met { color: #2b7a2b; }
  td.missed { color: #b02a1b; }
  figure { margin: 0; flex: 0 1 600px; }
  svg { max-width: 100%; height: auto; }
  .note { color: #555; font-size: 13px; white-space: pre-line; }
`;

/** @param {Report} report @returns {Promise<string>} */
export async function reportHtml({ whole, seconds, runs }) {
  const parts = [];
  // Names of sections are those of works; a second Node's need another.
  for (const [i, run] of runs.entries()) parts.push(await runHtml(run, i === 0 ? '' : `-node-${run.machine.node}`));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>center-loss: speed</title>
<style>${STYLE}</style>
</head>
<body>
<h1>center-loss: speed</h1>
<p>Everybody computes the same results from the same data in one thread, and takes turns: a ratio is of two times in the
same round, given as the median over the rounds with its quartiles. × bound is the time over the least that this machine
needs: the bytes in and out at the rate of a loop that only moves them, or the multiply-adds at the rate of one that does
nothing else, whichever takes longer. In the plots the dot is the median, the thick line goes from quartile to quartile,
the thin one from the least to the most; less is faster.</p>
<p class="note">${whole ? 'All works' : 'Not all works, or fewer rounds (--quick)'}, ${seconds} s.</p>
${parts.join('\n')}
</body>
</html>
`;
}

/** @param {import('./suite.js').Run} run @param {string} suffix */
async function runHtml({ machine, works }, suffix) {
  const goals = outcomes(works).map((outcome) => {
    const [what, measured, goal] = goalCells(outcome);
    return `<tr><th scope="row">${escapeHtml(what)}</th><td>${measured}</td><td class="${outcome.met ? 'met' : 'missed'}">${goal}</td></tr>`;
  });
  const sections = [];
  for (const work of works) sections.push(await workHtml(work, suffix));
  return `<h2>Node ${machine.node}</h2>
<p class="note">${escapeHtml(describe(machine))}</p>
${
  goals.length === 0
    ? ''
    : `<table>
<thead><tr><th>goals</th><th scope="col">measured</th><th scope="col">goal</th></tr></thead>
<tbody>${goals.join('\n')}</tbody>
</table>`
}
${sections.join('\n')}`;
}

/** @param {import('./run.js').Result} result @param {string} suffix */
async function workHtml(result, suffix) {
  const { head, groups } = cells(result);
  /** @param {string[]} row */
  const line = ([name = '', ...rest]) => {
    // What is said of a missing peer runs across the columns.
    const cellsOf =
      rest.length === head.length - 1
        ? rest.map((text) => `<td>${escapeHtml(text)}</td>`)
        : rest.map((text) => `<td class="missing" colspan="${head.length - 1}">${escapeHtml(text)}</td>`);
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cellsOf.join('')}</tr>`;
  };
  const bodies = groups.map(({ group, rows }) => `<tbody class="${group}">${rows.map(line).join('\n')}</tbody>`);
  return `<section id="${result.id}${suffix}">
<h3>${escapeHtml(result.title)}</h3>
<div>
<table>
<thead><tr>${head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('')}</tr></thead>
${bodies.join('\n')}
</table>
<figure role="img" aria-label="Dot plot of the ratios in the table">${await renderSvg(ratioPlot(result))}</figure>
</div>
<p class="note">${result.rounds} rounds</p>
</section>`;
}
