// @ts-check
// The bounds take part in the rounds like everybody else: a fraction of a bound is then a ratio of neighbours.

import { timed } from '../measure.js';
import { fastestChains, fastestReader, multiplyAddsPerTurn, roundUpToStep } from '../roofline.js';
import { movedBytes } from '../shapes.js';

/** @typedef {import('../shapes.js').Demand} Demand */
/** @typedef {import('../measure.js').Contender} Contender */

/** Turns in one call, so that the call itself vanishes: of 1000 it is 5 %. */
const TURNS = 10_000;

export const EMPTY = 'empty WebAssembly call';

/** @param {number} count */
const short = (count) => {
  if (count < 999.5) return `${count} `;
  const [scaled, prefix] = count < 999_500 ? [count / 1e3, 'k'] : [count / 1e6, 'M'];
  return `${scaled < 100 ? scaled.toPrecision(3) : Math.round(scaled)} ${prefix}`;
};

export async function openRoofline() {
  const roofline = await fastestReader();
  const chains = await fastestChains(roofline);
  const perCall = TURNS * multiplyAddsPerTurn(chains);
  const bound = { group: /** @type {const} */ ('roofline'), outcome: () => ({}), tolerance: 0 };

  /**
   * All bytes that the work moves, but only read: what a look at reads alone would take for the bound.
   *
   * @param {Demand} demand
   * @returns {Contender}
   */
  const reading = (demand) => {
    const bytes = movedBytes(demand);
    const rounded = roundUpToStep(bytes);
    roofline.fill(rounded);
    return {
      ...bound,
      name: `reading ${short(bytes)}B`,
      bounds: { by: 'reading', demand },
      time(passes) {
        const start = performance.now();
        roofline.read(rounded, passes);
        return (performance.now() - start) * 1e6 * (bytes / rounded);
      },
    };
  };

  /**
   * @param {Demand} demand
   * @returns {Contender}
   */
  const streaming = (demand) => {
    const { reads, writes, inPlace } = demand;
    const rounded = {
      reads: roundUpToStep(reads),
      writes: roundUpToStep(writes),
      inPlace: roundUpToStep(inPlace),
      multiplyAdds: 0,
    };
    const share = movedBytes(demand) / movedBytes(rounded);
    const { run } = roofline.stream(rounded);
    return {
      ...bound,
      name: `in ${short(reads + inPlace)}B, out ${short(writes + inPlace)}B`,
      bounds: { by: 'streaming', demand },
      time(passes) {
        const start = performance.now();
        run(passes);
        return (performance.now() - start) * 1e6 * share;
      },
    };
  };

  /**
   * @param {Demand} demand
   * @returns {Contender}
   */
  const multiplyAdding = (demand) => {
    const count = demand.multiplyAdds;
    return {
      ...bound,
      name: `${short(count).trim()} multiply-adds`,
      bounds: { by: 'multiply-adds', demand },
      time(iterations) {
        const calls = Math.ceil((iterations * count) / perCall);
        const start = performance.now();
        for (let i = 0; i < calls; i++) roofline.multiplyAdd(chains, TURNS);
        return (performance.now() - start) * 1e6 * ((iterations * count) / (calls * perCall));
      },
    };
  };

  return {
    chains,
    /**
     * @param {import('../shapes.js').Kind} kind
     * @param {Demand[]} demands
     * @returns {Contender[]} one for each different bound
     */
    contenders(kind, demands) {
      if (kind === 'calls') return [{ ...bound, name: EMPTY, time: timed(roofline.empty) }];
      return [
        ...distinct(demands, ({ reads, writes, inPlace }) => `${reads} ${writes} ${inPlace}`).map(streaming),
        ...distinct(demands, (demand) => String(movedBytes(demand))).map(reading),
        ...distinct(demands, ({ multiplyAdds }) => String(multiplyAdds)).map(multiplyAdding),
      ];
    },
  };
}

/**
 * @param {Demand[]} demands
 * @param {(demand: Demand) => string} key
 */
const distinct = (demands, key) => [...new Map(demands.map((demand) => [key(demand), demand])).values()];
