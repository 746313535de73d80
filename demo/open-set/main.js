// @ts-check
/** The main job: trainings on splits into known and unknown digits, scores, pictures, figures and report. */

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fill } from '../../bench/markdown.js';
import { renderPng, renderSvg } from '../../scripts/charts/render.js';
import { loadMnist } from '../mnist.js';
import { progressBar } from '../progress.js';
import { evaluate } from './evaluate.js';
import { FASHION_MNIST, loadFashion } from './fashion.js';
import { HELP, parseOptions } from './options.js';
import { keep, pictures } from './pictures.js';
import { runJobs } from './pool.js';
import { reportHtml } from './report.js';
import { SCORES } from './scores.js';
import { DIMENSIONS, METHODS, SHARED, TPR } from './settings.js';
import { countImages, othersOf, SPLITS } from './splits.js';
import { summarize } from './summary.js';
import { markdownTable, textTable } from './tables.js';
import { stepsOf } from './train.js';

/** @import { Job, Trained } from './job.js' */
/** @import { Options } from './options.js' */
/** @import { Shown } from './pictures.js' */
/** @import { Figures } from './report.js' */
/** @import { Trial } from './summary.js' */

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else await demo(options);
} catch (error) {
  process.stderr.write(`demo open-set: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

/** @param {Options} options */
async function demo({ splits, epochs, limit, seed, threads, docs, out }) {
  const started = performance.now();
  const folder = resolve(out ?? fileURLToPath(new URL('../out', import.meta.url)));
  await mkdir(folder, { recursive: true });
  const [mnist, fashion] = await Promise.all([loadMnist(), loadFashion()]);
  const settings = { ...SHARED, epochs };
  const known = SPLITS.slice(0, splits);
  const images = known.map((digits) => ({ ...countImages(mnist, digits, limit), fashion: fashion?.count ?? 0 }));
  // The splits of one kind follow each other, so that the estimate of the time left is of all kinds early.
  const jobs = known.flatMap((_, split) =>
    DIMENSIONS.flatMap((nDim) =>
      METHODS.map((method) => /** @type {Job} */ ({ split, nDim, method, seed, limit, settings })),
    ),
  );
  say(
    `${jobs.length} trainings on six digits of MNIST, ${threads} at a time: ` +
      `${splits} splits × ${DIMENSIONS.join(' and ')} features × ${METHODS.join(', ')}; ${epochs} epochs, seed ${seed}`,
  );
  if (!fashion) say(`Fashion-MNIST is not in ${FASHION_MNIST}: the unknown are the four other digits alone`);

  const { trials, shown } = await trainAll(jobs, threads, (job) => stepsOf(images[job.split]?.train ?? 0, settings));
  const summary = summarize(trials);
  /** @type {Figures} */
  const figures = {
    settings: { ...settings, seed, splits, limit: Number.isFinite(limit) ? limit : null, tpr: TPR },
    splits: known.map((digits) => ({ known: digits, unknown: othersOf(digits) })),
    images,
    summary,
    trials,
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: process.cpuUsage().user / 1e6,
  };
  await writeFile(join(folder, 'open-set.json'), `${JSON.stringify(figures, null, 2)}\n`);

  const drawn = pictures(shown);
  /** @type {Parameters<typeof reportHtml>[1]} */
  const svgs = {};
  for (const [name, { spec, title, description }] of Object.entries(drawn)) {
    const svg = await renderSvg(spec);
    svgs[name] = { svg, title, description };
    await writeFile(join(folder, `${name}.png`), renderPng(svg));
    if (docs) await copyFile(join(folder, `${name}.png`), join(DOCS, `${name}.png`));
  }
  const report = join(folder, 'open-set.html');
  await writeFile(report, reportHtml(figures, svgs));
  const bySize = DIMENSIONS.toReversed().map((nDim) => ({
    nDim,
    rows: summary.filter((row) => row.nDim === nDim),
  }));
  if (docs) {
    const document = join(DOCS, 'open-set.md');
    const tables = Object.fromEntries(bySize.map(({ nDim, rows }) => [`features-${nDim}`, markdownTable(rows)]));
    await writeFile(document, fill(await readFile(document, 'utf8'), tables));
  }

  for (const { nDim, rows } of bySize) say(`\n${nDim} features\n${textTable(rows)}`);
  say(`\nreport: ${relative('.', report)}`);
}

/**
 * @param {Job[]} jobs
 * @param {number} threads
 * @param {(job: Job) => number} stepsIn
 * @returns {Promise<{ trials: Trial[], shown: Shown }>} trials in the order of the jobs
 */
async function trainAll(jobs, threads, stepsIn) {
  let finished = 0;
  const total = jobs.reduce((sum, job) => sum + stepsIn(job), 0);
  const progress = progressBar('trainings', total, () => `${finished} of ${jobs.length} trainings done`);
  /** @type {Map<Job, Trial[]>} */
  const trials = new Map();
  /** @type {Shown} */
  const shown = { first: new Map(), curves: new Map() };
  await runJobs(jobs, threads, {
    onSteps: (steps) => progress.advance(steps),
    onTrained: (job, trained) => {
      finished += 1;
      trials.set(job, evaluateAll(job, trained));
      keep(shown, job, trained);
    },
  }).finally(() => progress.stop());
  return { trials: jobs.flatMap((job) => trials.get(job) ?? []), shown };
}

/**
 * @param {Job} job
 * @param {Trained} trained
 * @returns {Trial[]}
 */
function evaluateAll({ split, nDim, method }, trained) {
  return SCORES.filter(({ methods }) => methods.includes(method)).map((score) => ({
    split,
    nDim,
    method,
    score: score.name,
    evaluation: evaluate(score, trained),
  }));
}

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}
