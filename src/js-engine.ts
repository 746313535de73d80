import type { Kernels } from './kernels.js';
import { translated } from './wasm/translated.js';

/** The kernels in JavaScript, their memory as WebAssembly's: growth detaches the views on it, or fails whole. */
export function instantiate(): Kernels {
  const engine = translated();
  return {
    ...engine,
    allocate(bytes) {
      // The translation counts pages in signed numbers, and would take more memory for granted without having it.
      if (bytes >= 2 ** 31) return 0;
      const before = engine.memory.buffer;
      let address: number;
      try {
        address = engine.allocate(bytes);
      } catch (error) {
        if (error instanceof RangeError) return 0;
        throw error;
      }
      if (engine.memory.buffer !== before) structuredClone(before, { transfer: [before] });
      return address;
    },
  };
}
