// @ts-check
// Works one after the other in this process.

import { openRoofline } from './contenders/roofline.js';
import { machine } from './machine.js';
import { run } from './run.js';

/**
 * @typedef {object} Run  of a suite in one process
 * @property {import('./machine.js').Machine} machine
 * @property {import('./measure.js').Effort} effort
 * @property {import('./run.js').Result[]} works
 */

/** @type {{ full: import('./measure.js').Effort, quick: import('./measure.js').Effort }} */
export const efforts = {
  full: { warmMs: 120, sampleMs: 4, workMs: 4500, minRounds: 5, maxRounds: 200 },
  quick: { warmMs: 15, sampleMs: 1, workMs: 350, minRounds: 3, maxRounds: 50 },
};

/** @typedef {keyof typeof efforts} EffortName */

/**
 * @param {import('./shapes.js').Work[]} works
 * @param {EffortName} effortName
 * @param {object} [options]
 * @param {{ peers: import('./peers.js').Peer[], versions: import('./peers.js').Versions }} [options.against]
 * @param {(facts: import('./machine.js').Machine) => void} [options.onStart]
 * @param {(done: number, work: string) => void} [options.onProgress]  works that are done, and parts of one
 * @param {(result: import('./run.js').Result) => void} [options.onResult]
 * @returns {Promise<Run>}
 */
export async function runSuite(works, effortName, { against, onStart, onProgress, onResult } = {}) {
  const roofline = await openRoofline();
  const facts = machine(against?.versions ?? {}, roofline.chains);
  onStart?.(facts);
  const effort = efforts[effortName];
  const results = [];
  for (const work of works) {
    const result = await run(work, against?.peers ?? [], roofline, effort, (done) =>
      onProgress?.(results.length + done, work.id),
    );
    results.push(result);
    onResult?.(result);
  }
  return { machine: facts, effort, works: results };
}
