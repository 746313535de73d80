// @ts-check
/** The outcomes as a table, runtime × check. */

/** @import { Outcome } from './check.js' */

const MARK = { passed: '✓', failed: '✗', skipped: '–' };

/** In Markdown, which a terminal shows as well. @param {Outcome[]} outcomes @returns {string} */
export function table(outcomes) {
  const names = [...new Set(outcomes.map(({ name }) => name))];
  const runtimes = [...new Set(outcomes.map(({ runtime }) => runtime))];
  const cells = [['runtime', 'version', ...names]];
  for (const runtime of runtimes) {
    const of = outcomes.filter((one) => one.runtime === runtime);
    const versions = new Set(of.map(({ version }) => version).filter(Boolean));
    cells.push([runtime, [...versions].join(', '), ...names.map((name) => cell(of, name))]);
  }
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = cells.map((row) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  return lines.join('\n');
}

/** @param {Outcome[]} outcomes @param {string} name */
function cell(outcomes, name) {
  const outcome = outcomes.find((one) => one.name === name);
  if (!outcome) return '';
  return outcome.status === 'passed' ? `${MARK.passed} ${outcome.detail}` : MARK[outcome.status];
}

/** What the marks alone do not say. @param {Outcome[]} outcomes @returns {string[]} */
export function notes(outcomes) {
  return outcomes
    .filter(({ status }) => status !== 'passed')
    .map(({ runtime, name, status, detail }) => `${MARK[status]} ${runtime}, ${name}: ${status}: ${detail}`);
}
