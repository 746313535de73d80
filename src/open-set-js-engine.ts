import { kernels } from './core.js';
import type { OpenSetKernels } from './open-set/kernels.js';
import { translated } from './wasm/open-set-translated.js';

/** The kernels in JavaScript. They know the memory by its buffer, which growth replaces: then they are made anew. */
export function instantiate(): () => OpenSetKernels {
  let engine: OpenSetKernels | undefined;
  let seen: ArrayBuffer | undefined;
  return () => {
    const { buffer } = kernels().memory;
    if (engine === undefined || buffer !== seen) {
      seen = buffer;
      engine = translated({ env: { memory: { buffer } } });
    }
    return engine;
  };
}
