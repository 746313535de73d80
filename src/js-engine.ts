import type { Kernels } from './kernels.js';
import { translated } from './wasm/translated.js';

/** The kernels in JavaScript, their memory as WebAssembly's: growth detaches the views on it, or fails whole. */
export function instantiate(): Kernels {
  const engine = translated({});
  const { memory } = engine;
  return {
    ...engine,
    memory: {
      get buffer() {
        return memory.buffer;
      },
      grow(pages) {
        const { buffer } = memory;
        // The translation counts pages in signed numbers: 2³¹ bytes are more than it can have, and it throws.
        const before = memory.grow(pages);
        structuredClone(buffer, { transfer: [buffer] });
        return before;
      },
    },
  };
}
