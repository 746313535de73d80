// @ts-check
/**
 * The suites that CI's part of the matrix runs in most places: the quick ones that need every part of the module, both
 * formats of files and errors, and the bits of a native build. A place that loads or computes otherwise does not get through them.
 */
import { run } from './run.js';

/** @type {import('./run.js').Suites} */
export const SUITES = {
  golden: () => import('../../test/golden.test.ts'),
  originals: () => import('../../test/originals.test.ts'),
  errors: () => import('../../test/errors.test.ts'),
  bits: () => import('../../test/bits.test.ts'),
  'open-set/bits': () => import('../../test/open-set/bits.test.ts'),
  'open-set/classifier': () => import('../../test/open-set/classifier.test.ts'),
  'open-set/center-loss': () => import('../../test/open-set/center-loss.test.ts'),
  'open-set/originals': () => import('../../test/open-set/originals.test.ts'),
  'files/npy': () => import('../../test/files/npy.test.ts'),
  'files/centers': () => import('../../test/files/centers.test.ts'),
};

export const names = Object.keys(SUITES);

/** @param {Parameters<typeof run>[1]} [options] */
export const runSuite = (options) => run(SUITES, options);
