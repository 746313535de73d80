// @ts-check
/**
 * The suites that CI's part of the matrix runs in most places: the quick ones that need every part of the module, both
 * formats of files and errors, and the bits of a native build. A place that loads or computes otherwise does not get through them.
 */
import { run } from './run.js';

/** @type {import('./run.js').Suites} */
export const SUITES = {
  'oracle/golden': () => import('../../test/oracle/golden.test.ts'),
  'oracle/originals': () => import('../../test/oracle/originals.test.ts'),
  'contracts/errors': () => import('../../test/contracts/errors.test.ts'),
  'contracts/determinism': () => import('../../test/contracts/determinism.test.ts'),
  'contracts/open-set-determinism': () => import('../../test/contracts/open-set-determinism.test.ts'),
  'detect/open-set-classifier': () => import('../../test/detect/open-set-classifier.test.ts'),
  'losses/center-loss': () => import('../../test/losses/center-loss.test.ts'),
  'oracle/center-loss': () => import('../../test/oracle/center-loss.test.ts'),
  'io/npy': () => import('../../test/io/npy.test.ts'),
  'io/centers': () => import('../../test/io/centers.test.ts'),
};

export const names = Object.keys(SUITES);

/** @param {Parameters<typeof run>[1]} [options] */
export const runSuite = (options) => run(SUITES, options);
