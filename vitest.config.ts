import { defineConfig } from 'vitest/config';
import { BEHAVIOUR } from './test/runtimes/suites.js';

const onEngine = (name: string) => ({
  extends: true as const,
  test: {
    name,
    include: BEHAVIOUR.map((suite) => `test/${suite}.test.ts`),
    setupFiles: [`test/engines/${name}.ts`],
  },
});

export default defineConfig({
  test: {
    // The demo's test trains a network; everything else takes milliseconds.
    testTimeout: 30_000,
    // Tests of what happens to objects that nobody holds call for a collection.
    execArgv: ['--expose-gc'],
    projects: [
      { extends: true, test: { name: 'simd', include: ['test/**/*.test.ts'] } },
      onEngine('portable'),
      onEngine('js'),
    ],
  },
});
