import { defineConfig } from 'vitest/config';

/** What the package does, whichever engine does it. */
const BEHAVIOUR = [
  ...['golden', 'originals', 'properties', 'errors', 'memory', 'centers', 'bits', 'open-set/*'],
  'files/{safetensors,npy,centers,load-centers,open-set,statistics,json}',
];

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
    // The tests of examples/mnist and the command line start processes; everything else takes milliseconds.
    testTimeout: 30_000,
    // Tests of what happens to objects that nobody holds call for a collection.
    execArgv: ['--expose-gc'],
    projects: [
      { extends: true, test: { name: 'simd', include: ['test/**/*.test.ts', 'examples/mnist/*.test.ts'] } },
      onEngine('portable'),
      onEngine('js'),
    ],
  },
});
