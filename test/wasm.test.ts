// The WebAssembly module itself, by its own exports.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../build/generated/wasm/bytes.js';
import type { Kernels } from '../src/kernels.js';

const bytes = Buffer.from(hex, 'hex');
const module = new WebAssembly.Module(bytes);
const kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('is the file of the package, and the bytes in its default entry', () => {
  expect(bytes).toEqual(readFileSync(new URL('../dist/center-loss.wasm', import.meta.url)));
  expect(read('../dist/index.js')).toContain(hex);
});

it('asks nothing of its host', () => {
  expect(WebAssembly.Module.imports(module)).toEqual([]);
});

it('holds SIMD instructions, and its portable twin holds none', () => {
  // f32x4.mul as encoded: the prefix 0xfd and 0xe6 0x01.
  const multiply = Buffer.from([0xfd, 0xe6, 0x01]);
  expect(bytes.includes(multiply)).toBe(true);
  expect(readFileSync(new URL('../build/portable.wasm', import.meta.url)).includes(multiply)).toBe(false);
});

describe('the declaration for TypeScript names what the crate exports', () => {
  const parameters = (list: string) => list.split(',').filter((one) => one.trim() !== '').length;
  const signatures = (source: string, pattern: RegExp) =>
    Object.fromEntries(Array.from(source.matchAll(pattern), ([, name = '', list = '']) => [name, parameters(list)]));
  const inRust = signatures(read('../crate/src/boundary.rs'), /extern "C" fn (\w+)\(([^)]*)\)/g);
  const inTypeScript = signatures(read('../src/kernels.ts'), /^ {2}(\w+)\(([^)]*)\)/gm);
  const inModule = Object.fromEntries(
    Object.entries(kernels).flatMap(([name, one]) => (typeof one === 'function' ? [[name, one.length]] : [])),
  );

  it('with as many parameters each', () => {
    expect(Object.keys(inModule).length).toBeGreaterThan(15);
    expect(inRust).toEqual(inModule);
    expect(inTypeScript).toEqual(inModule);
  });
});

describe('memory', () => {
  it('comes aligned and zero, and comes again when given back', () => {
    const address = kernels.allocate(4096);
    expect(address % 16).toBe(0);
    const view = () => new Uint8Array(kernels.memory.buffer, address, 4096);
    expect(view().every((byte) => byte === 0)).toBe(true);
    view().fill(255);
    kernels.deallocate(address, 4096);
    const again = kernels.allocate(4096);
    expect(new Uint8Array(kernels.memory.buffer, again, 4096).every((byte) => byte === 0)).toBe(true);
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
    const before = kernels.memory.buffer.byteLength;
    for (let i = 0; i < 200; i++) cycle();
    expect(kernels.memory.buffer.byteLength).toBe(before);
  });
});

it('a kernel that gets what the checks would refuse traps, rather than answer', () => {
  const address = kernels.allocate(64);
  expect(() => kernels.forward(address, address, 1, 0, 0, 0)).toThrow(WebAssembly.RuntimeError);
  expect(() => kernels.forward(address, address, 1, 1, 0, 9)).toThrow(WebAssembly.RuntimeError);
  kernels.deallocate(address, 64);
});
