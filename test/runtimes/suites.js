// @ts-check
/** The suites of what the package does. They use no file and no process, so that they run in every place. */

/** Glob patterns below test/, without `.test.ts`. vitest.config.ts runs these files on each engine. */
export const BEHAVIOUR = [
  ...['golden', 'originals', 'properties', 'errors', 'memory', 'centers', 'bits', 'open-set/*'],
  'files/{safetensors,npy,centers,load-centers,open-set,statistics,json}',
];

/** This suite runs first, because it takes the memory in use for its baseline. */
export const FIRST = 'memory';

/**
 * CI runs these in most places: quick suites that need every part of the module, both formats of files, the errors, and
 * the bits of a native build. A place that loads the package or computes in another way fails some of them.
 */
export const SHORT = [
  ...['golden', 'originals', 'errors', 'bits'],
  ...['open-set/bits', 'open-set/classifier', 'open-set/center-loss', 'open-set/originals'],
  ...['files/npy', 'files/centers'],
];

/** An interpreter would take minutes for these. */
export const SLOW = ['memory', 'properties', 'open-set/memory', 'open-set/center-loss-float64'];

/** The values of a native build. The slowest interpreter takes a minute for them. */
export const BITS = ['bits', 'open-set/bits'];

/** A heap of 32 MB is too small for these. */
export const LARGE = ['files/centers'];
