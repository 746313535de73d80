// @ts-check
/** Times that can be compared on a machine that other programs use too. */

/** @import { Pool } from './pool.js' */

/** @typedef {{ median: number, least: number, most: number }} Spread over the rounds */

/**
 * @typedef {object} Row
 * @property {number} threads
 * @property {Spread} ms time of a run
 * @property {Spread} speedUp the first pool's time over this one's, round by round
 */

/**
 * @param {Pool[]} pools that take turns, so that what slows a round slows them all
 * @param {number} rounds
 * @param {(pool: Pool) => void} onRun after each run
 * @returns {Promise<Row[]>}
 */
export async function measure(pools, rounds, onRun) {
  /** @type {Map<Pool, number[]>} */
  const times = new Map(pools.map((pool) => [pool, []]));
  for (let round = 0; round < rounds; round++) {
    // The order alternates, so that no pool always comes after the same one.
    for (const pool of round % 2 === 0 ? pools : [...pools].reverse()) {
      const start = performance.now();
      await pool.run();
      times.get(pool)?.push(performance.now() - start);
      onRun(pool);
    }
  }
  const [first = []] = times.values();
  return Array.from(times, ([{ threads }, own]) => ({
    threads,
    ms: spread(own),
    speedUp: spread(own.map((time, round) => (first[round] ?? Number.NaN) / time)),
  }));
}

/** @param {number[]} values at least one @returns {Spread} */
function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ index) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) };
}
