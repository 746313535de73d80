// The WebAssembly module itself, by its own exports.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../build/generated/wasm/bytes.js';
import { hex as openSetHex } from '../build/generated/wasm/open-set-bytes.js';
import { HEAP_START } from '../src/heap.js';
import type { Kernels } from '../src/kernels.js';

const bytes = Buffer.from(hex, 'hex');
const module = new WebAssembly.Module(bytes);
const instantiate = (from = module) => new WebAssembly.Instance(from).exports as unknown as Kernels;
const kernels = instantiate();
const openSetModule = new WebAssembly.Module(Buffer.from(openSetHex, 'hex'));

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('is the file of the package, and the bytes in its default entry', () => {
  expect(bytes).toEqual(readFileSync(new URL('../dist/center-loss.wasm', import.meta.url)));
  expect(read('../dist/index.js')).toContain(hex);
  expect(Buffer.from(openSetHex, 'hex')).toEqual(readFileSync(new URL('../dist/open-set.wasm', import.meta.url)));
  expect(read('../dist/open-set.js')).toContain(openSetHex);
});

it('asks nothing of its host, and the open-set module the memory of the core', () => {
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  expect(WebAssembly.Module.imports(openSetModule)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
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
  const folder = '../crate/src/boundary/open_set/';
  const memory = new WebAssembly.Memory({ initial: 2 });
  const ofOpenSet = new WebAssembly.Instance(openSetModule, { env: { memory } }).exports;

  it.each([
    ['core', kernels, read('../crate/src/boundary/core_module.rs'), '../src/kernels.ts'],
    [
      'open-set',
      ofOpenSet,
      readdirSync(new URL(folder, import.meta.url))
        .map((file) => read(folder + file))
        .join(''),
      '../src/open-set/kernels.ts',
    ],
  ])('with as many parameters each, %s', (_, exported, rust, typescript) => {
    const inModule = Object.fromEntries(
      Object.entries(exported).flatMap(([name, one]) => (typeof one === 'function' ? [[name, one.length]] : [])),
    );
    expect(Object.keys(inModule).length).toBeGreaterThan(0);
    expect(signatures(rust, /extern "C" fn (\w+)\(([^)]*)\)/g)).toEqual(inModule);
    expect(signatures(read(typescript), /^ {2}(\w+)\(([^)]*)\)/gm)).toEqual(inModule);
  });
});

describe.each([
  ['SIMD', module],
  ['portable', new WebAssembly.Module(readFileSync(new URL('../build/portable.wasm', import.meta.url)))],
])('memory from the start of the heap on, %s', (_, from) => {
  const nClasses = 8;

  /** Centers made at an address. */
  function make({ memory, init_normal, init_orthogonal }: Kernels, address: number): number[] {
    init_normal(address, nClasses, nClasses, 7);
    init_orthogonal(address + 4 * nClasses ** 2, nClasses, nClasses, 7);
    return Array.from(new Int32Array(memory.buffer, address, 2 * nClasses ** 2));
  }

  it('is aligned, and nothing of the module', () => {
    const full = instantiate(from);
    const value = HEAP_START;
    const empty = instantiate(from);
    const expected = make(empty, value);
    expect(new Set(expected).size).toBeGreaterThan(nClasses ** 2);
    new Uint8Array(full.memory.buffer).fill(255, value);
    expect(make(full, value)).toEqual(expected);
    // Nor does a kernel leave anything there but its result.
    const rest = (one: Kernels) => new Uint8Array(one.memory.buffer).subarray(value + 8 * nClasses ** 2);
    expect(rest(full).every((byte) => byte === 255)).toBe(true);
    expect(rest(empty).every((byte) => byte === 0)).toBe(true);
  });

  it('serves as well past 2³¹', () => {
    const kernels = instantiate(from);
    const expected = make(kernels, HEAP_START);
    kernels.memory.grow(2 ** 15);
    expect(make(kernels, 2 ** 31)).toEqual(expected);
  });
});

it('a kernel that gets what the checks would refuse traps, rather than answer', () => {
  const address = HEAP_START;
  expect(() => kernels.forward(address, address, 1, 0, 0, 0)).toThrow(WebAssembly.RuntimeError);
  expect(() => kernels.forward(address, address, 1, 1, 0, 9)).toThrow(WebAssembly.RuntimeError);
});
