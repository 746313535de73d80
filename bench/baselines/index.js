// @ts-check
// Everything that the package is timed against. A baseline that is not installed has no version and no rows.

import { createRequire } from 'node:module';

/** @import { Baseline } from '../types.js' */

/** @type {Record<string, string>} */
const pinned = createRequire(import.meta.url)('./package.json').dependencies;

/** @type {Record<string, () => Promise<Baseline>>} */
const INSTALLED = {
  'onnxruntime-web': () => import('./onnxruntime.js'),
  'ml-distance': async () => pairs('ml-distance', (await import('ml-distance')).distance.squaredEuclidean, true),
  'hnswlib-wasm': () => import('./hnswlib.js'),
  usearch: () => import('./usearch.js'),
  simsimd: async () => pairs('simsimd', (await import('simsimd')).sqeuclidean, false),
};

/**
 * Each library gets its own copy of pairs.js: V8 calls two functions from one loop more slowly than it inlines one.
 *
 * @param {string} name
 * @param {(a: any, b: any) => number} squared
 * @param {boolean} asDoubles
 * @returns {Promise<Baseline>}
 */
async function pairs(name, squared, asDoubles) {
  /** @type {typeof import('./pairs.js')} */
  const { pairsBaseline } = await import(`./pairs.js?for=${name}`);
  return pairsBaseline(name, squared, asDoubles);
}

/** @param {string} name @param {() => Promise<Baseline>} open @returns {Promise<Baseline | undefined>} */
async function openInstalled(name, open) {
  try {
    return await open();
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (absent && error.message.includes(`'${name}'`)) return undefined;
    throw error;
  }
}

/**
 * @param {{ packages: boolean, python: boolean }} wanted  beside plain JavaScript
 * @returns {Promise<{ baselines: Baseline[], versions: Record<string, string | null>, close: () => void }>}
 */
export async function openBaselines({ packages, python }) {
  // Python takes seconds to import torch; the others start meanwhile.
  const opening = python ? import('./python.js').then(({ openPython }) => openPython()) : undefined;
  /** @type {Baseline[]} */
  const baselines = [await import('./plain-js.js')];
  /** @type {Record<string, string | null>} */
  const versions = {};
  if (packages) {
    const tfjs = await import('./tfjs.js');
    baselines.push(tfjs);
    versions.tfjs = tfjs.version;
    for (const [name, open] of Object.entries(INSTALLED)) {
      const baseline = await openInstalled(name, open);
      if (baseline) baselines.push(baseline);
      versions[name] = baseline ? (pinned[name] ?? null) : null;
    }
  }
  const libraries = await opening;
  if (libraries) baselines.push(libraries);
  const close = () => {
    for (const baseline of baselines) baseline.close?.();
  };
  return { baselines, versions: { ...versions, ...libraries?.versions }, close };
}
