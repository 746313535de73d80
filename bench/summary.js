// @ts-check
// From samples to rows. Ratios are taken within a round and only then summarised: noise that slows a whole round
// cancels out.

/** @typedef {{ median: number, min: number, max: number }} Spread */
/** @typedef {{ by: 'reading' | 'multiply-adds', fraction: Spread }} Bound */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {'ours' | 'peer' | 'roofline'} group
 * @property {string} [missing]  why there are no figures
 * @property {number} [iterations]  in one sample
 * @property {Spread} [ns]  of one iteration
 * @property {Record<string, Spread>} [ratios]  time over that of the named form, round by round
 * @property {Bound} [bound]  of ours: the share of its time that the machine needs at least
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
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/**
 * @param {number[]} times
 * @param {number[]} others
 */
const ratios = (times, others) => spread(times.map((time, round) => time / (others[round] ?? Number.NaN)));

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
  const bound = (samples, { bytes, multiplyAdds }) => {
    const reading = samplesOf(({ demand, group }) => group === 'roofline' && demand?.bytes === bytes);
    const computing = samplesOf(({ demand, group }) => group === 'roofline' && demand?.multiplyAdds === multiplyAdds);
    const limit = reading.map((time, round) => Math.max(time, computing[round] ?? Number.NaN));
    return {
      by: spread(reading).median > spread(computing).median ? 'reading' : 'multiply-adds',
      fraction: ratios(limit, samples),
    };
  };

  return timings.map(({ contender: { name, group, demand }, iterations, samples }) => {
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
      ...(demand && group === 'ours' && { bound: bound(samples, demand) }),
      ...(demand && group === 'roofline' && { rate: rate(demand, ns.median) }),
      samples,
    };
  });
}

/**
 * @param {import('./shapes.js').Demand} demand
 * @param {number} ns
 */
const rate = ({ bytes, multiplyAdds }, ns) =>
  bytes > 0 ? { value: bytes / ns, unit: 'GB/s' } : { value: (2 * multiplyAdds) / ns, unit: 'GFLOP/s' };
