// @ts-check
/** All suites that vitest runs on every engine too. */
import { run } from './run.js';
import { SUITES as SHORT } from './short.js';

/** The suite of memory comes first, since it takes the memory in use for its baseline. @type {import('./run.js').Suites} */
const SUITES = {
  memory: () => import('../../test/memory.test.ts'),
  ...SHORT,
  centers: () => import('../../test/centers.test.ts'),
  properties: () => import('../../test/properties.test.ts'),
  'open-set/accuracy': () => import('../../test/open-set/accuracy.test.ts'),
  'open-set/deep-svdd': () => import('../../test/open-set/deep-svdd.test.ts'),
  'open-set/separation': () => import('../../test/open-set/separation.test.ts'),
  'open-set/softmax': () => import('../../test/open-set/softmax.test.ts'),
  'open-set/classify': () => import('../../test/open-set/classify.test.ts'),
  'open-set/ranking': () => import('../../test/open-set/ranking.test.ts'),
  'open-set/threshold': () => import('../../test/open-set/threshold.test.ts'),
  'open-set/center-loss-float64': () => import('../../test/open-set/center-loss-float64.test.ts'),
  'open-set/class-weights': () => import('../../test/open-set/class-weights.test.ts'),
  'open-set/distances': () => import('../../test/open-set/distances.test.ts'),
  'open-set/half': () => import('../../test/open-set/half.test.ts'),
  'open-set/memory': () => import('../../test/open-set/memory.test.ts'),
  'open-set/named-centers': () => import('../../test/open-set/named-centers.test.ts'),
  'open-set/statistics': () => import('../../test/open-set/statistics.test.ts'),
  'files/safetensors': () => import('../../test/files/safetensors.test.ts'),
  'files/json': () => import('../../test/files/json.test.ts'),
  'files/load-centers': () => import('../../test/files/load-centers.test.ts'),
  'files/open-set': () => import('../../test/files/open-set.test.ts'),
  'files/statistics': () => import('../../test/files/statistics.test.ts'),
};

export const names = Object.keys(SUITES);

/** @param {Parameters<typeof run>[1]} [options] */
export const runSuite = (options) => run(SUITES, options);
