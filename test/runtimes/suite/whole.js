// @ts-check
/** All suites that vitest runs on every engine too. */
import { run } from './run.js';
import { SUITES as SHORT } from './short.js';

/** The suite of memory comes first, since it takes the memory in use for its baseline. @type {import('./run.js').Suites} */
const SUITES = {
  memory: () => import('../../memory.test.ts'),
  ...SHORT,
  centers: () => import('../../centers.test.ts'),
  properties: () => import('../../properties.test.ts'),
  'open-set/accuracy': () => import('../../open-set/accuracy.test.ts'),
  'open-set/deep-svdd': () => import('../../open-set/deep-svdd.test.ts'),
  'open-set/separation': () => import('../../open-set/separation.test.ts'),
  'open-set/softmax': () => import('../../open-set/softmax.test.ts'),
  'open-set/classify': () => import('../../open-set/classify.test.ts'),
  'open-set/ranking': () => import('../../open-set/ranking.test.ts'),
  'open-set/threshold': () => import('../../open-set/threshold.test.ts'),
  'open-set/center-loss-float64': () => import('../../open-set/center-loss-float64.test.ts'),
  'open-set/class-weights': () => import('../../open-set/class-weights.test.ts'),
  'open-set/distances': () => import('../../open-set/distances.test.ts'),
  'open-set/half': () => import('../../open-set/half.test.ts'),
  'open-set/memory': () => import('../../open-set/memory.test.ts'),
  'open-set/named-centers': () => import('../../open-set/named-centers.test.ts'),
  'open-set/statistics': () => import('../../open-set/statistics.test.ts'),
  'files/safetensors': () => import('../../files/safetensors.test.ts'),
  'files/json': () => import('../../files/json.test.ts'),
  'files/load-centers': () => import('../../files/load-centers.test.ts'),
  'files/open-set': () => import('../../files/open-set.test.ts'),
  'files/statistics': () => import('../../files/statistics.test.ts'),
};

export const names = Object.keys(SUITES);

/** @param {Parameters<typeof run>[1]} [options] */
export const runSuite = (options) => run(SUITES, options);
