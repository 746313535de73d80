import type { Classification } from '../../index.js';
import { Failure, inFile } from '../failure.js';
import type { Block, Rows } from '../input/rows.js';
import type { Model } from '../model.js';
import { startProgress } from '../progress.js';

/** Classifies rows block by block and calls `use` with each block and its results. Returns the number of rows. */
export function classifyRows(
  command: string,
  rows: Rows,
  { classifier }: Model,
  wantsProgress: boolean | undefined,
  use: (results: Classification, block: Block, first: number) => void | Promise<void>,
): Promise<number> {
  return inFile(rows.name, async () => {
    checkDimensions(rows, classifier.nDim);
    const progress = startProgress(command, rows, wantsProgress);
    try {
      let first = 0;
      for (let block = await rows.next(); block; block = await rows.next()) {
        await use(classifier.classify(block.x), block, first);
        first += block.rows;
        progress.update(first);
      }
      return first;
    } finally {
      progress.stop();
      await rows.close();
    }
  });
}

/** @throws Failure unless rows have the dimensions of the centers */
export function checkDimensions({ name, nDim }: Rows, wanted: number): void {
  if (nDim !== wanted) throw new Failure(`${name}: rows have ${nDim} dimensions, but the centers have ${wanted}`);
}
