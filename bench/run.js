// @ts-check
// One case: all results are checked, then all implementations are timed.

import { assertAgrees } from './data.js';
import { limitNames } from './limits.js';
import { measure, ratios, spread } from './measure.js';

/** @import { Limits } from './limits.js' */
/** @import { Baseline, Case, Cost, Effort, Implementation, Limit, Result, Row, Timing } from './types.js' */

/** @type {{ full: Effort, quick: Effort }} */
export const efforts = {
  full: { warmMs: 120, sampleMs: 4, caseMs: 4500, minRounds: 5, maxRounds: 200 },
  quick: { warmMs: 15, sampleMs: 1, caseMs: 350, minRounds: 3, maxRounds: 50 },
};

/**
 * @param {Case} one
 * @param {Baseline[]} baselines
 * @param {Limits} limits
 * @param {Effort} effort
 * @returns {Promise<Result>}
 */
export async function run(one, baselines, limits, effort) {
  const data = one.data();
  const ours = one.ours(data);
  /** @type {Implementation[]} */
  const implementations = [...ours];
  for (const baseline of baselines) implementations.push(...(await baseline.implementations(one, data)));
  if (one.operation === 'calls') implementations.push(limits.emptyCall);
  implementations.push(...limits.of(ours.flatMap(({ cost }) => cost ?? [])));

  try {
    const [first] = ours;
    const expected = one.expected ? one.expected(data) : await first?.results?.();
    // A call that moves the centers gives other results the second time.
    const compared = one.expected ? implementations : implementations.filter((each) => each !== first);
    for (const { name, results, tolerance = 0 } of compared) {
      if (results && expected) assertAgrees(`${one.id}, ${name}`, await results(), expected, tolerance);
    }
    const rows = summarise(await measure(implementations, effort), one.base);
    const { id, title, operation, shape, base, targets } = one;
    return { id, title, operation, shape, base, ...(targets && { targets }), rows };
  } finally {
    for (const { dispose } of implementations) await dispose?.();
  }
}

/** @param {Timing[]} timings @param {string} base @returns {Row[]} */
function summarise(timings, base) {
  const baseSamples = timings.find(({ implementation }) => implementation.name === base)?.samples;
  return timings.map(({ implementation: { name, cost, limit, recall }, samples }) => ({
    name,
    ns: spread(samples),
    ...(baseSamples && { ratio: ratios(samples, baseSamples) }),
    ...(cost && { over: overLimit(timings, samples, cost) }),
    ...(limit && { limit }),
    ...(recall !== undefined && { recall }),
    samples,
  }));
}

/** @param {Timing[]} timings @param {number[]} samples @param {Cost} cost @returns {NonNullable<Row['over']>} */
function overLimit(timings, samples, cost) {
  const names = limitNames(cost);
  const of = (/** @type {Limit} */ by) =>
    timings.find(({ implementation }) => implementation.name === names[by])?.samples ?? [];
  const [streaming, computing] = [of('streaming'), of('multiply-adds')];
  const longer = streaming.map((time, round) => Math.max(time, computing[round] ?? Number.NaN));
  const by = spread(streaming).median > spread(computing).median ? 'streaming' : 'multiply-adds';
  return { by, ...ratios(samples, longer) };
}
