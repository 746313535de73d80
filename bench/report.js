// @ts-check
// A run as Markdown tables, for a file of its own and for docs/performance.md, and its targets. Targets are reported and
// never tested: other programs on the machine would fail such a test at random.

import { ratios, spread } from './measure.js';
import { markdown, tableOf } from './table.js';

/** @import { Report, Result, Run, Spread, Target } from './types.js' */

/** @param {Result} result @param {Target} target @returns {Spread | undefined} */
function measured({ rows }, { row: name, over, minus, atLeast }) {
  const row = rows.find((each) => each.name === name);
  const others = rows.find((each) => each.name === (minus ?? over) || (over && each.limit === over))?.samples;
  if (!row?.samples || !(others || over === 'limit')) return undefined;
  if (minus) return spread(row.samples.map((ns, round) => (ns - (others?.[round] ?? Number.NaN)) / 1000));
  const times = others ? ratios(row.samples, others) : row.over;
  return times && atLeast !== undefined ? inverse(times) : times;
}

/** @param {Spread} spread @returns {Spread} */
const inverse = ({ median, q1, q3, min, max }) => ({
  median: 1 / median,
  q1: 1 / q3,
  q3: 1 / q1,
  min: 1 / max,
  max: 1 / min,
});

/**
 * Figures with their quartiles, and ✓ where the median reaches the target.
 *
 * @param {Result[]} results
 * @returns {{ what: string, figure: string, target: string }[]}
 */
const outcomes = (results) =>
  results.flatMap((result) =>
    (result.targets ?? []).flatMap((target) => {
      const value = measured(result, target);
      if (!value) return [];
      const { what, minus, atMost = Infinity, atLeast } = target;
      const show = (/** @type {number} */ figure) => figure.toFixed(2);
      const met = atLeast === undefined ? value.median <= atMost : value.median >= atLeast;
      const figure = `${show(value.median)}${minus ? ' µs' : ''} (${show(value.q1)}–${show(value.q3)})`;
      return {
        what,
        figure: `${figure} ${met ? '✓' : '✗'}`,
        target: atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`,
      };
    }),
  );

/** A column for each version of Node. @param {Run[]} runs @returns {string[][]} */
export function targetCells(runs) {
  const columns = runs.map(({ results }) => outcomes(results));
  return [
    ['', ...runs.map(({ node }) => `Node ${node}`), 'target'],
    ...(columns[0] ?? []).map(({ what, target }) => [
      what,
      ...columns.map((column) => column.find((outcome) => outcome.what === what)?.figure ?? ''),
      target,
    ]),
  ];
}

/** @param {Result[]} results @returns {Result[][]} */
const byTitle = (results) =>
  [...new Set(results.map(({ title }) => title))].map((title) => results.filter((result) => result.title === title));

/** @param {Report} report @returns {Record<string, string>} by the names of their places in the document */
export const tables = ({ runs, seconds }) => ({
  machine: [...runs.map(({ machine }) => machine.join('; ')), `${seconds} s in all`]
    .map((line) => `- ${line}`)
    .join('\n'),
  targets: markdown(targetCells(runs)),
  ...Object.fromEntries(
    byTitle(runs[0]?.results ?? []).map((results) => [results[0]?.operation, markdown(tableOf(results, true))]),
  ),
});

/** @param {Report} report */
export function reportText({ suite, whole, seconds, runs }) {
  const sections = runs.flatMap(({ node, machine, results }) => [
    `## Node ${node}\n\n${machine.join('  \n')}`,
    ...byTitle(results).map((group) => `### ${group[0]?.title}\n\n${markdown(tableOf(group, true))}`),
  ]);
  const size = whole ? 'All cases' : 'Not all cases, or fewer rounds';
  return [
    `# center-loss: ${suite}`,
    `${size}, ${seconds} s. Bold is the time of the base, × is over that in the same round: median (quartiles).`,
    `## Targets\n\n${markdown(targetCells(runs))}`,
    ...sections,
  ].join('\n\n');
}
