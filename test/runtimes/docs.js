// @ts-check
/** Prints the outcomes as a table of places × checks, and writes docs/runtimes.md. */

import { markdownTable } from '../../scripts/markdown-table.js';

/** @import { Outcome } from './place.js' */

export const MARK = { passed: '✓', failed: '✗', skipped: '–' };

/** Gives a row for each place and a column for each check. @param {Outcome[]} outcomes */
export function table(outcomes) {
  const checks = [...new Set(outcomes.map(({ check }) => check))];
  const rows = [['runtime', 'version', ...checks]];
  for (const place of new Set(outcomes.map(({ place }) => place))) {
    const own = outcomes.filter((outcome) => outcome.place === place);
    const version = own.find(({ version }) => version)?.version ?? '';
    rows.push([place, version, ...checks.map((check) => cell(own.find((outcome) => outcome.check === check)))]);
  }
  return markdownTable(rows);
}

/** @param {Outcome | undefined} outcome */
const cell = (outcome) =>
  outcome?.status === 'passed' ? `${MARK.passed} ${outcome.detail}` : outcome ? MARK[outcome.status] : '';

/** Gives the reasons for skips and failures. @param {Outcome[]} outcomes */
export const notes = (outcomes) =>
  outcomes
    .filter(({ status }) => status !== 'passed')
    .map(({ place, check, status, detail }) => `- ${MARK[status]} ${place}, ${check}: ${status}: ${detail}`)
    .join('\n');

/** Puts the outcomes below the mark in the text of docs/runtimes.md. @param {string} text @param {Outcome[]} outcomes @param {number} tests */
export const page = (text, outcomes, tests) => `${text.split('<!-- matrix -->')[0]}<!-- matrix -->
\`./build.sh matrix\` writes this part. It packs the package as npm would publish it, installs that, and runs one suite of
${tests} tests in each place: results of the references, properties, errors, memory, and bits equal to those of a native
build. A number is the tests that passed there. A few tests are skipped where they can't run: one needs a place without
WebAssembly, one needs shared memory, and two need a garbage collection that can be called. An interpreter (\`--jitless\`)
also skips the tests of memory and the random ones, which would take it minutes. Workers of browsers skip those of the pool.

${table(outcomes)}

- \`import\`, \`require\`: the default entry. \`slim\`: \`center-loss/slim\` with the file of the module. \`js\`: \`center-loss/js\`.
- \`blocked\`: WebAssembly is forbidden or missing, and the error says so at first use, not at import.
- \`fallback\`: WebAssembly is forbidden, and \`ensureEngine\` takes the JavaScript engine.
- \`dry run\`: a deployment would hold the module as a file, and no bytes of it in the script.

${notes(outcomes)}
`;
