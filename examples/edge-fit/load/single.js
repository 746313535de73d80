// @ts-check
/** The fit of one machine that has all rows, and the distance of another fit from it. */
import { ClassStatistics } from 'center-loss';
import { contentsOf } from './reader.js';

/** @import { Shape } from '../src/shape.js' */
/** @import { Embeddings } from './embeddings.js' */

/** @typedef {ReturnType<typeof contentsOf> & { seconds: number }} SingleFit */

/** @param {Embeddings} embeddings @param {number} batches @param {Shape} shape @param {() => void} onBatch @returns {SingleFit} */
export function fitAlone(embeddings, batches, { nClasses, nDim }, onBatch) {
  const statistics = new ClassStatistics(nClasses, nDim);
  let seconds = 0;
  for (let nth = 0; nth < batches; nth++) {
    const { x, target } = embeddings.batch(nth);
    const started = performance.now();
    statistics.add(x, target);
    seconds += (performance.now() - started) / 1000;
    onBatch();
  }
  const file = statistics.save();
  statistics.dispose();
  return { ...contentsOf(file), seconds };
}

/** Largest difference of two equal fits. */
const MOST_APART = 1e-6;

/** @param {SingleFit} alone @param {Uint8Array} file as the object serves it @returns {number} the largest difference of two values @throws Error if they are not the same fit */
export function difference(alone, file) {
  const { params, counts } = contentsOf(file);
  const miscounted = alone.counts.findIndex((count, label) => count !== counts[label]);
  if (miscounted >= 0) {
    throw new Error(`class ${miscounted} has ${counts[miscounted]} rows, but ${alone.counts[miscounted]} were sent`);
  }
  let apart = 0;
  alone.params.forEach((value, i) => {
    // Infinity minus Infinity, of classes without rows, would be NaN.
    if (value !== params[i]) apart = Math.max(apart, Math.abs(value - (params[i] ?? Number.NaN)));
  });
  if (!(apart <= MOST_APART)) throw new Error(`the centers are ${apart} from those of one machine`);
  return apart;
}
