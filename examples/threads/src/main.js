// @ts-check
/** Classifies many embeddings on one thread and on more, and prints how much faster that is. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { ClassCenters } from 'center-loss';
import { SingleBar } from 'cli-progress';
import { classify } from './classify.js';
import { fill, labelOf } from './embeddings.js';
import { makeJob } from './job.js';
import { measure } from './measure.js';
import { parseOptions, usage } from './options.js';
import { Pool } from './pool.js';
import { isSame } from './same.js';
import { table } from './table.js';

/** @import { Job } from './job.js' */

/** Makes the results without threads. @param {Job} job */
function withoutThreads(job) {
  const centers = new ClassCenters(job.nClasses, job.nDim);
  classify(job, centers);
  centers.dispose();
  return { classes: job.classes.slice(), distances: job.distances.slice() };
}

/** @param {Job} job @param {ReturnType<typeof withoutThreads>} due @param {Pool} pool */
function checkSame(job, due, { threads }) {
  if (!isSame(job.classes, due.classes) || !isSame(job.distances, due.distances)) {
    throw new Error(`the results of ${threads} threads are not those of the main thread`);
  }
  // The next run must write all of them itself.
  job.classes.fill(-2);
  job.distances.fill(-2);
}

/** @param {string[]} args */
async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(usage);
    return;
  }
  const { rows, nClasses, nDim, rounds } = options;
  const job = makeJob(options);
  console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)})`);
  console.log(`${rows} rows of ${nDim} values, ${nClasses} centers, ${rounds} rounds`);
  fill(job);
  const due = withoutThreads(job);
  const right = due.classes.reduce((sum, nearest, row) => sum + Number(nearest === labelOf(row, job)), 0);
  console.log(`${((100 * right) / rows).toFixed(1)} % of the rows are nearest to the center of their class\n`);

  const bar = new SingleBar({ format: '{bar} {percentage} %  {eta_formatted} left', clearOnComplete: true });
  /** @type {Pool[]} */
  const pools = [];
  try {
    for (const threads of options.threads) pools.push(await Pool.start(job, threads));
    bar.start((1 + rounds) * pools.length, 0);
    const onRun = (/** @type {Pool} */ pool) => {
      checkSame(job, due, pool);
      bar.increment();
    };
    // The first round is for the compilers, which make the code fast while it runs.
    await measure(pools, 1, onRun);
    const results = await measure(pools, rounds, onRun);
    bar.stop();
    console.log(table(results, rows));
    console.log('\nEvery run gave the same results as the main thread alone, to the last bit.');
  } finally {
    bar.stop();
    await Promise.all(pools.map((pool) => pool.stop()));
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`threads: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
