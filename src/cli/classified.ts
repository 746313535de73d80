import type { Classification } from '../open-set.js';
import { Failure, inFile } from './failure.js';
import type { Model } from './model.js';
import { startProgress } from './progress.js';
import type { Block, Rows } from './rows.js';

/** Classifies rows block by block, and gives each block with what came out to `use`. Returns the number of rows. */
export function classifyAll(
  what: string,
  rows: Rows,
  { classifier }: Model,
  wantsProgress: boolean | undefined,
  use: (results: Classification, block: Block, first: number) => void | Promise<void>,
): Promise<number> {
  return inFile(rows.name, async () => {
    if (rows.nFeatures !== classifier.nFeatures) {
      throw new Failure(`${rows.name}: rows have ${rows.nFeatures} features, but the centers ${classifier.nFeatures}`);
    }
    const progress = startProgress(what, rows, wantsProgress);
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
