// The WebAssembly module, by its own exports.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as glue from '../../build/generated/wasm/bindings.js';
import { hex } from '../../build/generated/wasm/bytes.js';

const { BatchArray, CentersArray, Init, Metric, ProxyLossKind, Gradients, Work } = glue;

const bytes = Buffer.from(hex, 'hex');
const simd = new WebAssembly.Module(bytes);
const portableBytes = readFileSync(new URL('../../build/portable.wasm', import.meta.url));
const portable = new WebAssembly.Module(portableBytes);

type Exports = Record<string, (...values: number[]) => number> & { memory: WebAssembly.Memory };
const instantiate = (module: WebAssembly.Module) =>
  new WebAssembly.Instance(module, glue.imports).exports as unknown as Exports;

const MODULES: [string, WebAssembly.Module][] = [
  ['SIMD', simd],
  ['portable', portable],
];

it('is the file of the package, and the bytes in its default entry', () => {
  expect(bytes).toEqual(readFileSync(new URL('../../dist/center-loss.wasm', import.meta.url)));
  expect(readFileSync(new URL('../../dist/index.js', import.meta.url), 'utf8')).toContain(hex);
});

it.each(MODULES)('imports one function, which throws, %s', (_, module) => {
  expect(WebAssembly.Module.imports(module)).toEqual([
    { module: './center_loss_bg.js', name: expect.stringMatching(/^__wbg___wbindgen_throw_/), kind: 'function' },
  ]);
});

it('holds SIMD instructions, and its portable twin holds none', () => {
  // f32x4.mul as encoded: the prefix 0xfd and 0xe6 0x01.
  const multiply = Buffer.from([0xfd, 0xe6, 0x01]);
  expect(bytes.includes(multiply)).toBe(true);
  expect(portableBytes.includes(multiply)).toBe(false);
});

describe.each(MODULES)('%s', (_, module) => {
  it('exports functions of at most five arguments, of which the object is one', () => {
    const counts = Object.entries(instantiate(module)).flatMap(([name, one]) =>
      typeof one === 'function' ? [[name, one.length] as const] : [],
    );
    expect(counts.length).toBeGreaterThan(40);
    expect(counts.filter(([, count]) => count > 5)).toEqual([]);
  });

  const [nClasses, nDim] = [64, 256];

  /** Makes centers and returns their address and their values. */
  function makeCenters({ memory, ...exports }: Exports): { address: number; values: Int32Array } {
    const centers = exports.centers_create?.(nClasses, nDim) ?? 0;
    exports.centers_init?.(centers, Init.Orthogonal, 7, 1);
    const address = (exports.centers_address?.(centers, CentersArray.Params) ?? 0) >>> 0;
    return { address, values: new Int32Array(memory.buffer, address, nClasses * nDim).slice() };
  }

  it('has nothing in the first kilobyte, and leaves it alone', () => {
    const [empty, full] = [instantiate(module), instantiate(module)];
    const start = (one: Exports) => new Uint8Array(one.memory.buffer, 0, 1024);
    expect(start(empty).every((byte) => byte === 0)).toBe(true);
    start(full).fill(255);
    const { values } = makeCenters(empty);
    expect(new Set(values).size).toBeGreaterThan(nClasses ** 2);
    expect(makeCenters(full).values).toEqual(values);
    expect(start(empty).every((byte) => byte === 0)).toBe(true);
    expect(start(full).every((byte) => byte === 255)).toBe(true);
  });

  it('aligns what it allocates', () => {
    const exports = instantiate(module);
    for (let i = 0; i < 10; i++) expect(makeCenters(exports).address % 16).toBe(0);
  });

  it('works at addresses past 2³¹', () => {
    const exports = instantiate(module);
    const { values } = makeCenters(exports);
    exports.memory.grow(2 ** 15);
    let past = makeCenters(exports);
    // Free memory from before is used up first.
    for (let i = 0; i < 10 && past.address < 2 ** 31; i++) past = makeCenters(exports);
    expect(past.address).toBeGreaterThan(2 ** 31);
    expect(past.values).toEqual(values);
  });
});

it('a call that skips the checks traps instead of giving a result', () => {
  const exports = instantiate(simd);
  glue.__wbg_set_wasm(exports);
  const centers = glue.Centers.create(3, 2);
  const batch = glue.Batch.create();
  if (!centers || !batch) throw new Error('no memory');
  // An object in which a call trapped is refused from then on.
  expect(() => glue.Batch.create()?.address(99 as never)).toThrow(WebAssembly.RuntimeError);
  expect(batch.reserve(5, 4, 1)).toBe(true);
  expect(centers.prepare(batch, Work.ProxyLoss, Metric.SqEuclidean)).toBe(true);
  expect(batch.address(BatchArray.X)).toBeGreaterThan(0);
  expect(() => centers.proxy_loss(batch, ProxyLossKind.Cac, 0.1, Gradients.None)).toThrow(WebAssembly.RuntimeError);
});
