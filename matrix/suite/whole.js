// @ts-check
/** All suites that vitest runs on every engine too. */
import { run } from './run.js';
import { SUITES as SHORT } from './short.js';

/** The suite of memory comes first, since it takes the memory in use for its baseline. @type {import('./run.js').Suites} */
const SUITES = {
  'contracts/memory': () => import('../../test/contracts/memory.test.ts'),
  ...SHORT,
  'centers/class-centers': () => import('../../test/centers/class-centers.test.ts'),
  'contracts/properties': () => import('../../test/contracts/properties.test.ts'),
  'metrics/accuracy': () => import('../../test/metrics/accuracy.test.ts'),
  'losses/deep-svdd-loss': () => import('../../test/losses/deep-svdd-loss.test.ts'),
  'losses/proxy-loss': () => import('../../test/losses/proxy-loss.test.ts'),
  'losses/softmax-cross-entropy': () => import('../../test/losses/softmax-cross-entropy.test.ts'),
  'detect/classify': () => import('../../test/detect/classify.test.ts'),
  'metrics/roc': () => import('../../test/metrics/roc.test.ts'),
  'detect/threshold': () => import('../../test/detect/threshold.test.ts'),
  'losses/center-loss-float64': () => import('../../test/losses/center-loss-float64.test.ts'),
  'losses/class-weights': () => import('../../test/losses/class-weights.test.ts'),
  'centers/distances': () => import('../../test/centers/distances.test.ts'),
  'io/float16': () => import('../../test/io/float16.test.ts'),
  'contracts/open-set-memory': () => import('../../test/contracts/open-set-memory.test.ts'),
  'centers/named-centers': () => import('../../test/centers/named-centers.test.ts'),
  'statistics/class-statistics': () => import('../../test/statistics/class-statistics.test.ts'),
  'io/safetensors': () => import('../../test/io/safetensors.test.ts'),
  'io/json': () => import('../../test/io/json.test.ts'),
  'io/load-centers': () => import('../../test/io/load-centers.test.ts'),
  'io/open-set': () => import('../../test/io/open-set.test.ts'),
  'io/statistics': () => import('../../test/io/statistics.test.ts'),
};

export const names = Object.keys(SUITES);

/** @param {Parameters<typeof run>[1]} [options] */
export const runSuite = (options) => run(SUITES, options);
