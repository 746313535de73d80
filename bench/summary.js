// @ts-check
// From samples to rows. Ratios are taken within a round and only then summarised: noise that slows a whole round
// cancels out.

import { movedBytes } from './shapes.js';

/** @typedef {{ median: number, q1: number, q3: number, min: number, max: number }} Spread */
/**
 * @typedef {object} Bound
 * @property {import('./measure.js').Limit} by
 * @property {Spread} times  time over that bound
 * @property {Spread} reading  time over that of only reading as many bytes as move
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {'ours' | 'peer' | 'roofline'} group
 * @property {string} [missing]  why there are no figures
 * @property {number} [iterations]  in one sample
 * @property {Spread} [ns]  of one iteration
 * @property {Record<string, Spread>} [ratios]  time over that of the named form, round by round
 * @property {Bound} [bound]  of ours: the larger of streaming and multiply-adds
 * @property {import('./measure.js').Limit} [bounds]  of the roofline
 * @property {{ value: number, unit: string }} [rate]  of the roofline
 * @property {number[]} [samples]  nanoseconds of one iteration, one a round
 */

/**
 * @param {number[]} values  at least one
 * @returns {Spread}
 */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ index) => sorted[index] ?? Number.NaN;
  const quantile = (/** @type {number} */ share) => {
    const position = (sorted.length - 1) * share;
    const below = Math.floor(position);
    return at(below) + (position - below) * (at(Math.ceil(position)) - at(below));
  };
  return {
    median: quantile(0.5),
    q1: quantile(0.25),
    q3: quantile(0.75),
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/**
 * @param {number[]} times
 * @param {number[]} others
 */
export const ratios = (times, others) => spread(times.map((time, round) => time / (others[round] ?? Number.NaN)));

/**
 * @param {import('./measure.js').Timing[]} timings
 * @param {string[]} bases  names of the forms to compare with
 * @returns {Row[]}
 */
export function summarise(timings, bases) {
  /** @param {(contender: import('./measure.js').Contender) => boolean} wanted */
  const samplesOf = (wanted) => timings.find(({ contender }) => wanted(contender))?.samples ?? [];

  /**
   * @param {number[]} samples
   * @param {import('./shapes.js').Demand} demand
   * @returns {Bound}
   */
  const bound = (samples, demand) => {
    const { reads, writes, inPlace, multiplyAdds } = demand;
    const moving = samplesOf(
      ({ bounds }) =>
        bounds?.by === 'streaming' &&
        bounds.demand.reads === reads &&
        bounds.demand.writes === writes &&
        bounds.demand.inPlace === inPlace,
    );
    const reading = samplesOf(
      ({ bounds }) => bounds?.by === 'reading' && movedBytes(bounds.demand) === movedBytes(demand),
    );
    const computing = samplesOf(
      ({ bounds }) => bounds?.by === 'multiply-adds' && bounds.demand.multiplyAdds === multiplyAdds,
    );
    const limit = moving.map((time, round) => Math.max(time, computing[round] ?? Number.NaN));
    return {
      by: spread(moving).median > spread(computing).median ? 'streaming' : 'multiply-adds',
      times: ratios(samples, limit),
      reading: ratios(samples, reading),
    };
  };

  return timings.map(({ contender: { name, group, demand, bounds }, iterations, samples }) => {
    const ns = spread(samples);
    const comparisons = bases.map((base) => [
      base,
      ratios(
        samples,
        samplesOf((other) => other.name === base),
      ),
    ]);
    return {
      name,
      group,
      iterations,
      ns,
      ratios: Object.fromEntries(comparisons),
      ...(demand && { bound: bound(samples, demand) }),
      ...(bounds && { bounds: bounds.by, rate: rate(bounds, ns.median) }),
      samples,
    };
  });
}

/**
 * @param {NonNullable<import('./measure.js').Contender['bounds']>} bounds
 * @param {number} ns
 */
const rate = ({ by, demand }, ns) =>
  by === 'multiply-adds'
    ? { value: (2 * demand.multiplyAdds) / ns, unit: 'GFLOP/s' }
    : { value: movedBytes(demand) / ns, unit: 'GB/s' };
