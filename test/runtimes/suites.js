// @ts-check
/** The suites of what the package does. They use no file and no process, so that they run in every place. */

/** Suites below test/, as a glob pattern. vitest.config.ts runs these files on each engine. */
export const BEHAVIOUR = '{centers,contracts,detect,io,losses,metrics,oracle,pool,statistics,validate}/*.test.ts';

/** Suites among them that need Node: files, processes or Python. */
export const NODE_ONLY = '**/*.node.test.ts';

/** This suite runs first, because it takes the memory in use for its baseline. */
export const FIRST = 'contracts/memory';

/**
 * CI runs these in most places: quick suites that need every part of the module, both formats of files, the errors, and
 * the bits of a native build. A place that loads the package or computes in another way fails some of them.
 */
export const SHORT = [
  ...['oracle/center-loss', 'contracts/errors', 'contracts/determinism'],
  ...['detect/open-set-classifier', 'losses/center-loss', 'io/npy', 'io/save-load', 'pool/classifier-pool'],
];

/** An interpreter would take minutes for these. */
export const SLOW = ['contracts/attack', 'contracts/memory', 'contracts/properties', 'contracts/values'];

/** The values of a native build. The slowest interpreter takes a minute for them. */
export const BITS = ['contracts/determinism'];

/** A heap of 32 MB is too small for these. */
export const LARGE = ['io/wrong-files', 'io/save-load'];
