import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { C, centers, D, report, target, x } from './data.js';

await report(async () => {
  const { CenterLoss, init } = await import('center-loss/slim');
  return async () => {
    await init(readFile(fileURLToPath(import.meta.resolve('center-loss/center-loss.wasm'))));
    return new CenterLoss(C, D, { reduction: 'sum', init: centers }).evaluate(x, target);
  };
});
