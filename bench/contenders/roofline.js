// @ts-check
// The bounds take part in the rounds like everybody else: a fraction of a bound is then a ratio of neighbours.

import { assemble, fastestChains, multiplyAddsPerTurn, roundUpToStep } from '../roofline.js';

/** Turns in one call, so that the call itself vanishes. */
const TURNS = 1000;

/** @param {number} count */
const short = (count) => {
  if (count < 999.5) return `${count} `;
  const [scaled, prefix] = count < 999_500 ? [count / 1e3, 'k'] : [count / 1e6, 'M'];
  return `${scaled < 100 ? scaled.toPrecision(3) : Math.round(scaled)} ${prefix}`;
};

export async function openRoofline() {
  const roofline = assemble();
  const chains = await fastestChains(roofline);
  const perCall = TURNS * multiplyAddsPerTurn(chains);

  /**
   * @param {number} bytes
   * @returns {import('../measure.js').Contender}
   */
  const reading = (bytes) => {
    const rounded = roundUpToStep(bytes);
    roofline.fill(rounded);
    return {
      name: `reading ${short(bytes)}B`,
      group: 'roofline',
      demand: { bytes, multiplyAdds: 0 },
      outcome: () => ({}),
      tolerance: 0,
      time(passes) {
        const start = performance.now();
        roofline.read(rounded, passes);
        return (performance.now() - start) * 1e6 * (bytes / rounded);
      },
    };
  };

  /**
   * @param {number} count  multiply-adds that make one iteration
   * @returns {import('../measure.js').Contender}
   */
  const multiplyAdding = (count) => ({
    name: `${short(count).trim()} multiply-adds`,
    group: 'roofline',
    demand: { bytes: 0, multiplyAdds: count },
    outcome: () => ({}),
    tolerance: 0,
    time(iterations) {
      const calls = Math.ceil((iterations * count) / perCall);
      const start = performance.now();
      for (let i = 0; i < calls; i++) roofline.multiplyAdd(chains, TURNS);
      return (performance.now() - start) * 1e6 * ((iterations * count) / (calls * perCall));
    },
  });

  return {
    chains,
    /**
     * @param {import('../shapes.js').Demand[]} demands
     * @returns {import('../measure.js').Contender[]} one for each different bound
     */
    contenders(demands) {
      const bytes = [...new Set(demands.map((demand) => demand.bytes))];
      const multiplyAdds = [...new Set(demands.map((demand) => demand.multiplyAdds))];
      return [...bytes.map(reading), ...multiplyAdds.map(multiplyAdding)];
    },
  };
}
