// Sizes whose scratch memory exceeds 32 bits: a sum that wrapped around would be too little memory, and the kernel would
// write over the objects behind it. WebAssembly and JavaScript alone, since a native build has larger addresses.
import { freemem } from 'node:os';
import type { ClassCenters as Centers, Embeddings, ProxyLoss } from 'center-loss';
import { describe, expect, it, vi } from 'vitest';
import { PROXY_LOSS_NAMES } from '../support/proxy-losses.js';

type Package = typeof import('center-loss');

const FREE = process.availableMemory?.() ?? freemem();
const NEEDED = 3e9;

/** Operations on C centers of one dimension. */
const OPERATIONS: Record<string, (one: Package, centers: Centers, x: Embeddings) => unknown> = {
  'classify by cosine': ({ classify }, centers, x) => classify(centers, x, { metric: 'cosine' }),
  'predict by cosine': (one, { nClasses }, x) => new one.ClassCenters(nClasses, 1, { metric: 'cosine' }).predict(x),
  distances: (_, centers, x) => centers.distances(x),
  'distances by cosine': (one, { nClasses }, x) => new one.ClassCenters(nClasses, 1, { metric: 'cosine' }).distances(x),
  predictProba: (_, centers, x) => centers.predictProba(x),
};

/** Losses of rows against all centers. JavaScript takes a quarter of a minute for each, and has the same sums. */
const LOSSES = [...PROXY_LOSS_NAMES.map((name) => ['WebAssembly', name] as const), ['JavaScript', 'CACLoss'] as const];

/** Sizes that no memory holds. */
const HUGE: Record<string, (one: Package) => unknown> = {
  '2^28 dimensions of 8 centers': (one) => new one.CenterLoss(8, 2 ** 28),
  '2^31 classes': (one) => new one.ClassCenters(2 ** 31, 1),
  '2^32 classes, 0 in 32 bits': (one) => new one.ClassCenters(2 ** 32, 1),
  '2^53 - 1 values': (one) => new one.ClassCenters(2 ** 53 - 1, 1),
  '2^40 values, 0 in 32 bits': (one) => new one.ClassCenters(2 ** 20, 2 ** 20),
  'statistics of 2^16 dimensions': (one) => new one.ClassStatistics(2, 2 ** 16, { covariance: 'tied' }),
  'statistics of 2^26 classes': (one) => new one.ClassStatistics(2 ** 26, 16),
  'a batch of 2^32 rows': (one) => new one.CenterLoss(2, 2).batch(2 ** 32),
  'a batch of 2^53 - 1 rows': (one) => new one.CenterLoss(2, 2).batch(2 ** 53 - 1),
  'thresholds of 2^31 classes': (one) => one.fitThreshold([1, 2], { classes: [0, 0], nClasses: 2 ** 31 }),
  'weights of 2^31 classes': (one) => one.classWeights([0, 1], 2 ** 31),
  'an orthogonal matrix of 2^30 values': (one) => new one.CenterLoss(2 ** 15, 2 ** 15, { init: 'orthogonal' }),
};

const ENTRIES: Record<string, () => Promise<object>> = {
  WebAssembly: () => import('center-loss'),
  JavaScript: () => import('center-loss/js'),
};

/** The package with an engine of its own: memory that one test took would not shrink for the next. */
async function imported(engine: string): Promise<Package> {
  vi.resetModules();
  return (await ENTRIES[engine]?.()) as Package;
}

describe.skipIf(FREE < NEEDED)(`2^26 classes, in ${NEEDED} bytes of free memory`, { timeout: 180_000 }, () => {
  const rows = new Float32Array(64);

  it.each(Object.keys(ENTRIES))('centers, %s', async (engine) => {
    const one = await imported(engine);
    using centers = new one.ClassCenters(2 ** 26, 1);
    using canary = new one.ClassCenters(1000, 1000);
    canary.params.fill(7);
    for (const [name, act] of Object.entries(OPERATIONS)) {
      expect(
        codeOf(one, () => act(one, centers, rows)),
        name,
      ).toBe('ERR_OUT_OF_MEMORY');
    }
    expect(canary.params.every((value) => value === 7)).toBe(true);
    expect(centers.predict([0])).toEqual(Int32Array.of(0));
  });

  it.each(LOSSES)('%s, %s', async (engine, name) => {
    const one = await imported(engine);
    using loss = new one[name](2 ** 26, 1, { init: 'normal', fixed: false }) as ProxyLoss;
    using canary = new one.ClassCenters(1000, 1000);
    canary.params.fill(7);
    const target = new Int32Array(64);
    const calls = [
      () => loss.evaluate(rows, target),
      () => loss.gradients(rows, target),
      () => loss.step(rows, target),
    ];
    for (const call of calls) expect(codeOf(one, call), String(call)).toBe('ERR_OUT_OF_MEMORY');
    expect(canary.params.every((value) => value === 7)).toBe(true);
  });
});

describe.each(Object.keys(ENTRIES))('%s', (engine) => {
  it.each(Object.keys(HUGE))('%s', async (name) => {
    const one = await imported(engine);
    using canary = new one.ClassCenters(10, 10);
    canary.params.fill(7);
    expect(codeOf(one, () => HUGE[name]?.(one))).toMatch(/^ERR_(OUT_OF_MEMORY|SHAPE)$/);
    expect(canary.params.every((value) => value === 7)).toBe(true);
  });
});

/** Code of the error of a call; the message of any other error. */
function codeOf(one: Package, call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return error instanceof one.CenterLossError ? error.code : String(error);
  }
  return undefined;
}
