import { report } from './report.js';

// A policy forbids WebAssembly: the import must work, the first use must say so, and the JavaScript kernels must do.
report(async () => {
  const { CenterLoss, CenterLossError } = await import('center-loss');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      new CenterLoss(2, 2);
    } catch (error) {
      const due = ["'wasm-unsafe-eval'", "'center-loss/js'"].every((words) => error.message.includes(words));
      if (error instanceof CenterLossError && error.code === 'ERR_WASM_BLOCKED' && due) continue;
      throw error;
    }
    throw new Error('WebAssembly is not forbidden here');
  }
  return (await import('./suite-js.js')).runSuite();
});
