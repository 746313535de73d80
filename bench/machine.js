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
 * @param {import('./run.js').Peers} peers
 */
export function machine({ tfjs, torch, roofline }) {
  return {
    ...host(),
    tfjs: tfjs.version,
    torch: torch.versions ?? null,
    multiplyAddChains: roofline.chains,
  };
}

/** @param {ReturnType<typeof machine>} facts */
export function describe({ cpu, cores, load, platform, node, v8, tfjs, torch }) {
  const inPython = torch
    ? `PyTorch ${torch.torch} (1 thread), pytorch-ood ${torch['pytorch-ood']}, Python ${torch.python}`
    : 'no PyTorch';
  return [
    `${cpu}, ${cores} cores (load ${load.toFixed(1)}), ${platform}`,
    `Node ${node} (V8 ${v8}), tfjs ${tfjs}, ${inPython}`,
  ].join('\n');
}
