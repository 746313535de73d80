import { defineConfig } from 'vitest/config';
import { BEHAVIOUR, NODE_ONLY } from './test/runtimes/suites.js';

const FAST_CHECK = 'test/support/fast-check.ts';

const onEngine = (name: string) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${BEHAVIOUR}`],
    exclude: [NODE_ONLY],
    setupFiles: [FAST_CHECK, `test/engine/${name}.ts`],
  },
});

export default defineConfig({
  test: {
    // The tests of examples/mnist and the command line start processes; everything else takes milliseconds.
    testTimeout: 30_000,
    // Tests of objects that nobody holds call for a garbage collection.
    execArgv: ['--expose-gc'],
    projects: [
      { extends: true, test: { name: 'simd', include: ['test/**/*.test.ts'], setupFiles: [FAST_CHECK] } },
      { extends: true, test: { name: 'mnist', include: ['examples/mnist/*.test.ts'] } },
      onEngine('portable'),
      onEngine('js'),
    ],
  },
});
