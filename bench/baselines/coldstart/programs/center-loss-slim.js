import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CenterLoss, init } from 'center-loss/slim';
import { C, centers, D, target, x } from './data.js';

export default async () => {
  await init(readFile(fileURLToPath(import.meta.resolve('center-loss/center-loss.wasm'))));
  return new CenterLoss(C, D, { reduction: 'sum', init: centers }).evaluate(x, target);
};
