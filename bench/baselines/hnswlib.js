// @ts-check
// Approximate search by a graph of neighbours, in WebAssembly. It may miss the nearest center, so its share of right
// answers stands beside its time. The graph takes seconds to build, is several times as large as the centers, and
// one that has changed must be built again.

import { timed } from '../measure.js';

/** @import { Case, Data, Implementation } from '../types.js' */

const NEIGHBOURS = 16;
const CANDIDATES = 200;
/** The library's own default. */
const SEARCHED = 128;

/** Fewer centers need no graph. */
const MIN_CLASSES = 900;

/** The module refuses to load where there is no `window`. Its own loader wants a database of a browser, too. */
async function load() {
  Object.assign(globalThis, { window: globalThis });
  try {
    // @ts-expect-error The package names no entry that Node finds, so there are no types.
    return await (await import('hnswlib-wasm/dist/hnswlib-317962d7.js')).default();
  } finally {
    Reflect.deleteProperty(globalThis, 'window');
  }
}

const { HierarchicalNSW } = await load();

/** @param {Case} one @param {Data} data @returns {Implementation[]} */
export function implementations({ operation, shape: { B, D, C }, expected }, data) {
  if (operation !== 'predict' || C < MIN_CLASSES) return [];
  const index = new HierarchicalNSW('l2', D, '');
  index.initIndex(C, NEIGHBOURS, CANDIDATES, 100);
  index.setEfSearch(SEARCHED);
  const row = (/** @type {Float32Array} */ values, /** @type {number} */ i) => values.subarray(i * D, (i + 1) * D);
  for (let j = 0; j < C; j++) index.addPoint(row(data.centers, j), j, false);
  const nearest = new Int32Array(B);
  const predict = () => {
    for (let i = 0; i < B; i++) nearest[i] = index.searchKnn(row(data.x, i), 1, undefined).neighbors[0];
    return nearest;
  };
  const right = expected?.(data).nearest ?? [];
  const recall = predict().filter((label, i) => label === right[i]).length / B;
  return [{ name: 'hnswlib-wasm, approximate', recall, time: timed(predict), dispose: () => index.delete?.() }];
}
