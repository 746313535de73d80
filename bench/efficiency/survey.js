// @ts-check

import { openRoofline } from '../contenders/roofline.js';
import { measure } from '../measure.js';
import { openOperations } from '../operations.js';
import { spread } from '../summary.js';
import { efficiency, least } from './bound.js';
import { KINDS } from './grid.js';

/** @typedef {import('../shapes.js').Shape} Shape */
/** @typedef {Shape & import('./bound.js').Bounds & { kind: typeof KINDS[number], ns: number } & ReturnType<typeof efficiency>} Spot */

const TINY = { B: 1, D: 1, C: 1 };

/** Until the compilers are done with all calls: at the shapes themselves there is no time for it. */
const WARM = { warmMs: 400, sampleMs: 2, workMs: 0, minRounds: 1, maxRounds: 1 };

/**
 * @param {Shape[]} shapes
 * @param {import('../measure.js').Effort} effort
 * @param {number} sweeps  there and back: a slow minute of the machine then meets a shape only once
 * @param {(shape: Shape) => void} onShape
 * @returns {Promise<Spot[]>}
 */
export async function survey(shapes, effort, sweeps, onShape) {
  const roofline = await openRoofline();
  const tiny = openOperations(TINY, [...KINDS]);
  await measure(tiny.contenders, WARM);
  /** A constant of each call, so that the least over all shapes counts. @type {Map<string, number>} */
  const fixed = new Map();
  /** @type {Map<string, ReturnType<typeof least>>} */
  const times = new Map();
  const key = (/** @type {string} */ kind, /** @type {Shape} */ { B, D, C }) => `${kind} ${B} ${D} ${C}`;

  for (let turn = 0; turn < sweeps; turn++) {
    for (const shape of turn % 2 === 0 ? shapes : shapes.toReversed()) {
      onShape(shape);
      const { contenders, dispose } = openOperations(shape, [...KINDS]);
      const bounds = contenders.flatMap(({ name, demand }) => {
        const of = demand ? roofline.contenders(/** @type {import('../shapes.js').Kind} */ (name), [demand]) : [];
        return of.map((contender) => ({ ...contender, of: name }));
      });
      const timings = await measure([...contenders, ...bounds, ...tiny.contenders], effort);
      dispose();
      /** @param {import('../measure.js').Contender | undefined} wanted */
      const leastOf = (wanted) => spread(timings.find(({ contender }) => contender === wanted)?.samples ?? []).min;
      for (const contender of contenders) {
        const { name } = contender;
        const bound = (/** @type {import('../measure.js').Limit} */ by) =>
          leastOf(bounds.find(({ of, bounds: its }) => of === name && its?.by === by));
        const now = {
          ns: leastOf(contender),
          streaming: bound('streaming'),
          'mul-add': bound('multiply-adds'),
        };
        times.set(key(name, shape), least(times.get(key(name, shape)), now));
      }
      for (const contender of tiny.contenders) {
        const ns = leastOf(contender);
        fixed.set(contender.name, Math.min(fixed.get(contender.name) ?? Infinity, ns));
      }
    }
  }
  tiny.dispose();
  return shapes.flatMap((shape) =>
    KINDS.map((kind) => {
      const found = times.get(key(kind, shape));
      const call = fixed.get(kind);
      if (!found || !call) throw new Error(`${key(kind, shape)} was not measured`);
      return { kind, ...shape, ...found, call, ...efficiency(found.ns, { ...found, call }) };
    }),
  );
}
