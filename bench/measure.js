// @ts-check
// Implementations take turns: on a shared machine only times taken side by side can be compared.
//
// mitata and tinybench measure one function to the end before the next. Called once a turn, mitata.measure spends
// 13 ms on its own array and loop for a sample of 5 ms, and the cold loop then doubles short calls. tinybench 6.2 reads
// the clock around every call, which adds 40 ns to one of 100, and each run takes 0.5 to 4 ms to set up and sum up.

import { quantileSorted } from 'd3-array';

/** @import { Effort, Implementation, Spread, Timing } from './types.js' */

/** Warm-up ends when a sample takes more than this share of the one before. */
const SETTLED = 0.95;
const MAX_WARM_SAMPLES = 500;

/** @type {unknown} */
let sink;
/** Makes `sink` a variable that is read. */
export const lastResult = () => sink;

/** @param {() => unknown} run @returns {Implementation['time']} */
export const timed = (run) => (iterations) => {
  const start = performance.now();
  // The result escapes, so that no engine may drop the call.
  for (let i = 0; i < iterations; i++) sink = run();
  return (performance.now() - start) * 1e6;
};

/** @param {() => Promise<unknown>} run @returns {Implementation['time']} */
export const timedAsync = (run) => async (iterations) => {
  const start = performance.now();
  for (let i = 0; i < iterations; i++) sink = await run();
  return (performance.now() - start) * 1e6;
};

/** @param {Implementation} implementation @param {Effort} effort @returns {Promise<number>} calls in a sample */
async function warmUp({ time }, { warmMs, sampleMs }) {
  let iterations = 1;
  let each = await time(1);
  let spent = each;
  for (let calls = 1; calls < MAX_WARM_SAMPLES; calls++) {
    // Compilers work in the background between two turns of the event loop.
    await new Promise((resume) => setImmediate(resume));
    const last = each;
    iterations = Math.max(1, Math.ceil(Math.min((sampleMs * 1e6) / each, iterations * 8)));
    each = (await time(iterations)) / iterations;
    spent += each * iterations;
    if (spent > warmMs * 1e6 && each > SETTLED * last) break;
  }
  return Math.max(1, Math.ceil((sampleMs * 1e6) / each));
}

/**
 * Order of a round: rotated, and reversed every other round, so that no implementation always follows the same one.
 *
 * @template T
 * @param {T[]} all
 * @param {number} round
 */
export function inTurn(all, round) {
  const first = round % all.length;
  const order = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 1 ? order.reverse() : order;
}

/** @param {Implementation[]} implementations @param {Effort} effort @returns {Promise<Timing[]>} */
export async function measure(implementations, effort) {
  const timings = [];
  for (const implementation of implementations) {
    const iterations = await warmUp(implementation, effort);
    timings.push({ implementation, iterations, samples: /** @type {number[]} */ ([]) });
  }
  const start = performance.now();
  for (let round = 0; round < effort.maxRounds; round++) {
    if (round >= effort.minRounds && performance.now() - start >= effort.caseMs) break;
    for (const { implementation, iterations, samples } of inTurn(timings, round)) {
      // One call outside the clock brings the implementation's data back into the caches.
      if (iterations > 1) await implementation.time(1);
      samples.push((await implementation.time(iterations)) / iterations);
    }
  }
  return timings;
}

/** @param {number[]} values @returns {Spread} */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => quantileSorted(sorted, share) ?? Number.NaN;
  return { median: at(0.5), q1: at(0.25), q3: at(0.75), min: at(0), max: at(1) };
}

/** Ratios within rounds, in which noise that slows a whole round cancels out. @param {number[]} times @param {number[]} others */
export const ratios = (times, others) => spread(times.map((time, round) => time / (others[round] ?? Number.NaN)));
