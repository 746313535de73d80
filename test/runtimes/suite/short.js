// @ts-check
/**
 * The suites that CI's part of the matrix runs in most places: the quick ones that need every part of the module, both
 * formats of files and errors, and the bits of a native build. A place that loads or computes otherwise does not get through them.
 */
import { run } from './run.js';

/** @type {import('./run.js').Suites} */
export const SUITES = {
  golden: () => import('../../golden.test.ts'),
  originals: () => import('../../originals.test.ts'),
  errors: () => import('../../errors.test.ts'),
  bits: () => import('../../bits.test.ts'),
  'open-set/bits': () => import('../../open-set/bits.test.ts'),
  'open-set/classifier': () => import('../../open-set/classifier.test.ts'),
  'open-set/center-loss': () => import('../../open-set/center-loss.test.ts'),
  'open-set/originals': () => import('../../open-set/originals.test.ts'),
  'files/npy': () => import('../../files/npy.test.ts'),
  'files/centers': () => import('../../files/centers.test.ts'),
};

export const names = Object.keys(SUITES);

/** @param {Parameters<typeof run>[1]} [options] */
export const runSuite = (options) => run(SUITES, options);
