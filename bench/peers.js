// @ts-check
// All that the package is timed against. A peer that is not installed has a row that says so.

import { createRequire } from 'node:module';
import { openTfjs } from './contenders/tfjs.js';
import { openTorch } from './contenders/torch.js';

/** @typedef {import('./measure.js').Contender | import('./measure.js').Missing} Entry */

/**
 * @typedef {object} Peer
 * @property {(work: import('./shapes.js').Work, data: import('./data.js').Data) => Entry[] | Promise<Entry[]>} contenders
 * @property {() => void} [close]
 */

/** @typedef {Record<string, string | null>} Versions  by name, null if not installed */

export const NOT_INSTALLED = 'not installed: npm ci --prefix bench/peers';

/** @type {Record<string, () => Promise<{ contenders: Peer['contenders'] }>>} */
const optional = {
  'onnxruntime-web': () => import('./peers/onnxruntime.js'),
  'ml-distance': () => import('./peers/ml-distance.js'),
  simsimd: () => import('./peers/simsimd.js'),
};

/** @type {Record<string, string>} */
const pinned = createRequire(import.meta.url)('./peers/package.json').dependencies;

/** @returns {Promise<{ peers: Peer[], versions: Versions }>} */
export async function openPeers() {
  // Python takes seconds to import torch, the others start meanwhile.
  const torchOpening = openTorch();
  const tfjs = await openTfjs();
  /** @type {Peer[]} */
  const peers = [tfjs];
  /** @type {Versions} */
  const versions = { tfjs: tfjs.version };
  for (const [name, open] of Object.entries(optional)) {
    const peer = await openInstalled(name, open);
    peers.push(peer ?? { contenders: ({ kind }) => missing(name, kind) });
    versions[name] = peer ? (pinned[name] ?? null) : null;
  }
  const torch = await torchOpening;
  peers.push(torch);
  return { peers, versions: { ...versions, ...(torch.versions ?? { torch: null }) } };
}

/**
 * @param {string} name
 * @param {() => Promise<{ contenders: Peer['contenders'] }>} open
 */
async function openInstalled(name, open) {
  try {
    return await open();
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (absent && error.message.includes(`'${name}'`)) return undefined;
    throw error;
  }
}

/** @param {string} name @param {import('./shapes.js').Kind} kind @returns {Entry[]} */
const missing = (name, kind) =>
  kind === 'distances' || kind === 'predict' ? [{ name, group: 'peer', missing: NOT_INSTALLED }] : [];
