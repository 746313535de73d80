// @ts-check
// Contenders take turns: on a shared machine only times taken side by side can be compared.
//
// mitata and tinybench measure one function to the end before the next. Called once a turn, mitata.measure spends
// 13 ms on its own array and loop for a sample of 5 ms, and the cold loop then doubles short calls. tinybench 6.2 reads
// the clock around every call, which adds 40 ns to one of 100, and needs 0.5 to 4 ms for each run that it sets up and
// sums up; given a loop of many calls instead, all that is left of it is the clock.

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {'ours' | 'peer' | 'roofline'} group
 * @property {() => import('./reference.js').Outcome | Promise<import('./reference.js').Outcome>} outcome  run once, before timing
 * @property {number} tolerance  the error allowed in its outcome
 * @property {(iterations: number) => number | Promise<number>} time  nanoseconds for that many iterations
 * @property {import('./shapes.js').Demand} [demand]  of ours: what its bound is made of
 * @property {{ by: Limit, demand: import('./shapes.js').Demand }} [bounds]  of the roofline: whom it bounds, and how
 * @property {() => void | Promise<void>} [dispose]
 */

/** @typedef {'streaming' | 'reading' | 'multiply-adds'} Limit */

/** @typedef {{ name: string, group: 'peer', missing: string }} Missing  a peer that is not installed */

/**
 * @typedef {object} Effort
 * @property {number} warmMs  until compilers have settled, per contender
 * @property {number} sampleMs  least length of one sample
 * @property {number} workMs  all rounds of one work together
 * @property {number} minRounds
 * @property {number} maxRounds
 */

/** @typedef {{ contender: Contender, iterations: number, samples: number[] }} Timing  ns per iteration, one a round */

/** A sample that takes more than this share of the one before: the compilers are done. */
const SETTLED = 0.95;
const MAX_WARM_SAMPLES = 500;

/** @type {unknown} */
let sink;

/**
 * @param {() => unknown} run
 * @returns {(iterations: number) => number}
 */
export function timed(run) {
  return (iterations) => {
    const start = performance.now();
    // The result escapes, so that no engine may drop the call.
    for (let i = 0; i < iterations; i++) sink = run();
    return (performance.now() - start) * 1e6;
  };
}

/**
 * @param {() => Promise<unknown>} run
 * @returns {(iterations: number) => Promise<number>}
 */
export function timedAsync(run) {
  return async (iterations) => {
    const start = performance.now();
    for (let i = 0; i < iterations; i++) sink = await run();
    return (performance.now() - start) * 1e6;
  };
}

/** Keeps `sink` a read variable. */
export const lastResult = () => sink;

/**
 * @param {Contender} contender
 * @param {Effort} effort
 * @returns {Promise<number>} iterations in a sample
 */
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
 * @param {Contender[]} contenders
 * @param {Effort} effort
 * @param {(done: number) => void} [onProgress]  share of the rounds that is done
 * @returns {Promise<Timing[]>} sample i of each was taken in round i
 */
export async function measure(contenders, effort, onProgress = () => {}) {
  /** @type {Timing[]} */
  const timings = [];
  for (const contender of contenders) {
    timings.push({ contender, iterations: await warmUp(contender, effort), samples: [] });
  }
  const start = performance.now();
  for (let round = 0; round < effort.maxRounds; round++) {
    const spent = performance.now() - start;
    if (round >= effort.minRounds && spent >= effort.workMs) break;
    onProgress(Math.min(1, Math.max(spent / effort.workMs, round / effort.maxRounds)));
    // Rotated, and every other round reversed: nobody always follows the same neighbour.
    const first = round % timings.length;
    const order = [...timings.slice(first), ...timings.slice(0, first)];
    if (round % 2 === 1) order.reverse();
    for (const { contender, iterations, samples } of order) {
      // One call outside the clock brings back what the neighbour drove from the caches.
      if (iterations > 1) await contender.time(1);
      samples.push((await contender.time(iterations)) / iterations);
    }
  }
  return timings;
}
