import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The demo's test trains a network; everything else takes milliseconds.
    testTimeout: 30_000,
    // Tests of what happens to objects that nobody holds call for a collection.
    execArgv: ['--expose-gc'],
  },
});
