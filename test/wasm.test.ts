// The WebAssembly module itself, by its own exports.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { base64 } from '../build/generated/wasm/bytes.js';
import * as kernels from '../build/generated/wasm/kernels.js';

const bytes = Buffer.from(base64, 'base64');
const module = new WebAssembly.Module(bytes);
let memory: WebAssembly.Memory;

beforeAll(() => {
  ({ memory } = kernels.initSync({ module }));
});

it('is the module that the build optimized, and small', () => {
  expect(bytes).toEqual(readFileSync(new URL('../build/generated/wasm/kernels_bg.wasm', import.meta.url)));
  expect(gzipSync(bytes, { level: 9 }).length).toBeLessThan(16 * 1024);
});

it('asks nothing of its host but the start of the glue', () => {
  const imports = WebAssembly.Module.imports(module).map(({ name }) => name);
  expect(imports.filter((name) => name !== '__wbindgen_init_externref_table')).toEqual([]);
});

it('holds SIMD instructions', () => {
  // f32x4.mul as encoded: the prefix 0xfd and 0xe6 0x01.
  expect(bytes.includes(Buffer.from([0xfd, 0xe6, 0x01]))).toBe(true);
});

describe('memory', () => {
  it('comes aligned and zero, and comes again when given back', () => {
    const address = kernels.allocate(4096);
    expect(address % 16).toBe(0);
    const view = () => new Uint8Array(memory.buffer, address, 4096);
    expect(view().every((byte) => byte === 0)).toBe(true);
    view().fill(255);
    kernels.deallocate(address, 4096);
    const again = kernels.allocate(4096);
    expect(new Uint8Array(memory.buffer, again, 4096).every((byte) => byte === 0)).toBe(true);
    kernels.deallocate(again, 4096);
  });

  it('says 0 where there is none, and stays usable', () => {
    expect(kernels.allocate(0)).toBe(0);
    expect(kernels.allocate(2 ** 31)).toBe(0);
    expect(kernels.allocate(2 ** 32 - 1)).toBe(0);
    const address = kernels.allocate(64);
    expect(address).toBeGreaterThan(0);
    kernels.deallocate(address, 64);
  });

  it('does not grow over many sizes taken and given back', () => {
    const cycle = () => {
      const taken = Array.from({ length: 64 }, (_, i) => 16 + ((i * 7919) % 50_000)).map(
        (size) => [kernels.allocate(size), size] as const,
      );
      for (const [address, size] of taken) kernels.deallocate(address, size);
    };
    cycle();
    const before = memory.buffer.byteLength;
    for (let i = 0; i < 200; i++) cycle();
    expect(memory.buffer.byteLength).toBe(before);
  });
});

it('a kernel that gets what the checks would refuse traps, rather than answer', () => {
  const address = kernels.allocate(64);
  expect(() => kernels.forward(address, address, 1, 0, 0, 0)).toThrow(WebAssembly.RuntimeError);
  expect(() => kernels.forward(address, address, 1, 1, 0, 9)).toThrow(WebAssembly.RuntimeError);
  kernels.deallocate(address, 64);
});
