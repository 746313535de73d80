// @ts-check
/** Tries the packed package in every place. See `./build.sh matrix --help`, and README.md to add a place. */
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from 'commander';
import { MARK, notes, page, table } from './docs.js';
import { outcomeOf } from './place.js';
import { makeProjects, OUT, ROOT } from './project.js';

/** @import { Outcome, Place } from './place.js' */

const { ci, only } = program
  .name('./build.sh matrix')
  .description('Runs the suite of the packed package in every runtime, browser and bundler.')
  .option('--ci', 'only the part that continuous integration runs, with a short suite in most places')
  .option('--only <text>', 'only the rows and columns whose "runtime, check" contains this')
  .parse()
  .opts();

/** @type {Place[]} */
const places = [];
for (const folder of ['servers', 'browsers', 'bundlers']) {
  for (const file of readdirSync(new URL(folder, import.meta.url)).sort()) {
    places.push(...(await import(`./${folder}/${file}`)).default);
  }
}
const selected = places
  .flatMap((place) => Object.keys(place.checks).map((check) => ({ place, check })))
  .filter(({ place, check }) => !(ci && place.fullOnly?.includes(check)))
  .filter(({ place, check }) => !only || `${place.name}, ${check}`.includes(only));

console.log('packing the package, bundling the suites');
const { whole, short } = await makeProjects();
console.log(`${whole.tests} tests${ci ? `, or ${short.tests} in most places` : ''}; ${selected.length} checks`);
/** @type {Outcome[]} */
const outcomes = [];
for (const { place, check } of selected) {
  const started = performance.now();
  const outcome = await outcomeOf(place, check, ci && !place.whole?.includes(check) ? short : whole);
  outcomes.push(outcome);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`  ${MARK[outcome.status]} ${place.name}, ${check}: ${outcome.detail} (${seconds} s)`);
}

console.log(`\n${table(outcomes)}\n\n${notes(outcomes)}`);
const docs = join(ROOT, 'docs/runtimes.md');
if (!ci && !only) await writeFile(docs, page(await readFile(docs, 'utf8'), outcomes, whole.tests));
const count = { passed: 0, failed: 0, skipped: 0 };
for (const { status } of outcomes) count[status]++;
await writeFile(join(OUT, 'count.json'), JSON.stringify(count));
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
// Browsers and servers that a failed check left behind must not keep this process from ending.
process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);
