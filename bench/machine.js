// @ts-check
// What the figures depend on.

import { cpus, loadavg } from 'node:os';

<<<<<<< HEAD
/** What there is without peers. */
export function host() {
=======
/**
 * @param {import('./peers.js').Versions} versions
 * @param {number} multiplyAddChains  of the loop that bounds arithmetic
 */
export function machine(versions, multiplyAddChains) {
>>>>>>> 49aa14139935c8e6b219a05a77b3d2352d8798c1
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    load: loadavg()[0] ?? Number.NaN,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
<<<<<<< HEAD
  };
}

/**
 * @param {import('./run.js').Peers} peers
 */
export function machine({ tfjs, torch, roofline }) {
  return {
    ...host(),
    tfjs: tfjs.version,
    torch: torch.versions ?? null,
    multiplyAddChains: roofline.chains,
=======
    versions,
    multiplyAddChains,
>>>>>>> 49aa14139935c8e6b219a05a77b3d2352d8798c1
  };
}

/** @typedef {ReturnType<typeof machine>} Machine */

/** @param {Machine} facts */
export function describe({ cpu, cores, load, platform, node, v8, versions }) {
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version ?? 'missing'}`);
  return [
    `${cpu}, ${cores} cores (load ${load.toFixed(1)}), ${platform}`,
    [`Node ${node} (V8 ${v8})`, ...others].join(', '),
  ].join('\n');
}
