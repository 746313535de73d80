// @ts-check
/** The behavioural suite as a function, for places that have neither files nor processes. */
import { startTests } from '@vitest/runner';
import fc from 'fast-check';

/** @import { File, Task } from '@vitest/runner' */

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Report */

/** Of the property tests: every runtime is asked the same cases. vitest, in the package's own tests, asks others each time. */
const SEED = 1;

/**
 * The suites that vitest runs on every engine too. That of memory comes first: it tells leaks from what it finds.
 * @type {Record<string, () => Promise<unknown>>}
 */
const SUITES = {
  memory: () => import('../../test/memory.test.ts'),
  golden: () => import('../../test/golden.test.ts'),
  originals: () => import('../../test/originals.test.ts'),
  errors: () => import('../../test/errors.test.ts'),
  centers: () => import('../../test/centers.test.ts'),
  bits: () => import('../../test/bits.test.ts'),
  properties: () => import('../../test/properties.test.ts'),
  'open-set/accuracy': () => import('../../test/open-set/accuracy.test.ts'),
  'open-set/bits': () => import('../../test/open-set/bits.test.ts'),
  'open-set/deep-svdd': () => import('../../test/open-set/deep-svdd.test.ts'),
  'open-set/separation': () => import('../../test/open-set/separation.test.ts'),
  'open-set/softmax': () => import('../../test/open-set/softmax.test.ts'),
  'open-set/classifier': () => import('../../test/open-set/classifier.test.ts'),
  'open-set/classify': () => import('../../test/open-set/classify.test.ts'),
  'open-set/ranking': () => import('../../test/open-set/ranking.test.ts'),
  'open-set/threshold': () => import('../../test/open-set/threshold.test.ts'),
  'open-set/center-loss': () => import('../../test/open-set/center-loss.test.ts'),
  'open-set/center-loss-float64': () => import('../../test/open-set/center-loss-float64.test.ts'),
  'open-set/class-weights': () => import('../../test/open-set/class-weights.test.ts'),
  'open-set/distances': () => import('../../test/open-set/distances.test.ts'),
  'open-set/half': () => import('../../test/open-set/half.test.ts'),
  'open-set/memory': () => import('../../test/open-set/memory.test.ts'),
  'open-set/originals': () => import('../../test/open-set/originals.test.ts'),
  'open-set/named-centers': () => import('../../test/open-set/named-centers.test.ts'),
  'open-set/statistics': () => import('../../test/open-set/statistics.test.ts'),
  'open-set/statistics-bytes': () => import('../../test/open-set/statistics-bytes.test.ts'),
  'files/safetensors': () => import('../../test/files/safetensors.test.ts'),
  'files/npy': () => import('../../test/files/npy.test.ts'),
  'files/centers': () => import('../../test/files/centers.test.ts'),
  'files/open-set': () => import('../../test/files/open-set.test.ts'),
};

/**
 * @param {{ without?: string[], which?: (suite: string, index: number) => boolean }} [options] suites that would take
 * an interpreter too long: their tests are skipped; and which are there at all, where there is too little memory for all
 * at once
 * @returns {Promise<Report>}
 */
export async function runSuite({ without = [], which = () => true } = {}) {
  /** @type {Report} */
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  fc.configureGlobal({ seed: SEED });
  const config = {
    root: '/',
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: 0,
    includeTaskLocation: undefined,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  };
  const specifications = Object.keys(SUITES)
    .filter(which)
    .map((name) => ({
      filepath: `/${name}`,
      testNamePattern: without.includes(name) ? /^$/ : undefined,
    }));
  const files = await startTests(specifications, {
    config: /** @type {any} */ (config),
    importFile: (path, source) => (source === 'collect' ? SUITES[path.slice(1)]?.() : undefined),
  });
  for (const file of files) count(file, file.name, report);
  return report;
}

/** @param {Task | File} task @param {string} name @param {Report} report */
function count(task, name, report) {
  if (task.type === 'suite') {
    for (const inner of task.tasks) count(inner, `${name} > ${inner.name}`, report);
    // A file that could not be read, or a hook that threw, has no test to show it.
    if (!task.result?.errors?.length) return;
  }
  const state = task.mode === 'skip' || task.mode === 'todo' ? 'skip' : task.result?.state;
  if (state === 'pass') report.passed++;
  else if (state === 'skip') report.skipped++;
  else {
    report.failed++;
    report.failures.push(`${name}: ${task.result?.errors?.[0]?.message ?? 'did not run'}`.slice(0, 500));
  }
}
