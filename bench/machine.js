// @ts-check
// What the figures depend on.

import { cpus, loadavg } from 'node:os';

/** What there is without peers. */
export function host() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    load: loadavg()[0] ?? Number.NaN,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

/**
 * @param {import('./peers.js').Versions} versions
 * @param {number} multiplyAddChains  of the loop that bounds arithmetic
 */
export function machine(versions, multiplyAddChains) {
  return { ...host(), versions, multiplyAddChains };
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
