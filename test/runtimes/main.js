// @ts-check
/** Tries the packed package in every runtime and bundler. See `./build.sh matrix --help`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from 'commander';
import { checksOf } from './browsers/checks.js';
import { chromium } from './browsers/chromium.js';
import { firefox } from './browsers/firefox.js';
import { webkit } from './browsers/webkit.js';
import { checks as bundlers } from './bundlers/checks.js';
import { checks as next } from './bundlers/next.js';
import { checks as viteDev } from './bundlers/vite-dev.js';
import { outcomeOf } from './check.js';
import { page } from './page.js';
import { makeProjects, ROOT } from './project.js';
import { checks as bun } from './runtimes/bun.js';
import { checks as deno } from './runtimes/deno.js';
import { checks as edge } from './runtimes/edge.js';
import { checks as fastly } from './runtimes/fastly.js';
import { checks as node } from './runtimes/node.js';
import { checks as workerd } from './runtimes/workerd.js';
import { notes, table } from './table.js';

/** @import { Check } from './check.js' */

const { ci, only } = program
  .name('./build.sh matrix')
  .description('Runs the suite of the packed package in every runtime and bundler.')
  .option('--ci', 'only the part that continuous integration runs, with a short suite in most places')
  .option('--only <text>', 'only the rows and columns whose "runtime, check" contains this')
  .parse()
  .opts();

const browsers = [chromium, firefox, webkit].flatMap(checksOf);
const selected = [
  ...node,
  ...deno,
  ...bun,
  ...workerd,
  ...edge,
  ...fastly,
  ...browsers,
  ...viteDev,
  ...bundlers,
  ...next,
]
  .filter((check) => !ci || check.ci !== 'nothing')
  .filter(({ runtime, name }) => !only || `${runtime}, ${name}`.includes(only));
say('packing the package, bundling the suite');
const projects = await makeProjects();
/** @param {Check} check */
const contextOf = (check) => (ci && check.ci !== 'whole' ? projects.short : projects.whole);
for (const context of [projects.whole, projects.short]) {
  const places = selected.filter((check) => contextOf(check) === context).length;
  if (places > 0) say(`${context.tests} tests, in ${places} places`);
}

const outcomes = [];
for (const check of selected) {
  const outcome = await outcomeOf(check, contextOf(check));
  outcomes.push(outcome);
  const { runtime, name, status, detail, seconds } = outcome;
  say(
    `  ${{ passed: '✓', failed: '✗', skipped: '–' }[status]} ${runtime}, ${name}: ${detail} (${seconds.toFixed(1)} s)`,
  );
}

say(`\n${table(outcomes)}\n`);
for (const note of notes(outcomes)) say(note);
if (!ci && !only) await writeFile(join(ROOT, 'docs/runtimes.md'), page(outcomes, projects.whole.tests));
const count = { passed: 0, failed: 0, skipped: 0 };
for (const { status } of outcomes) count[status]++;
await writeFile(join(ROOT, 'build/matrix/count.json'), JSON.stringify(count));
say(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
// Browsers and servers that a failed check left behind must not keep this from ending.
process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}
