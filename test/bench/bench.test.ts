import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { plainJs } from '../../bench/contenders/plain-js.js';
import { makeData } from '../../bench/data.js';
import { measure } from '../../bench/measure.js';
import { assertAgrees, expected } from '../../bench/reference.js';
import { assemble, chainCounts, multiplyAddsPerTurn } from '../../bench/roofline.js';
import { spread, summarise } from '../../bench/summary.js';
import { table } from '../../bench/table.js';

type Row = {
  name: string;
  missing?: string;
  ns?: Record<string, number>;
  ratios?: Record<string, Record<string, number>>;
  bound?: { fraction: Record<string, number> };
  samples?: number[];
};

const kinds = ['gradients', 'distances', 'predict'] as const;

// Odd and even rows, remainders of four centers, one of everything, more rows than classes.
const shapes = [
  [1, 1, 1],
  [1, 2, 3],
  [2, 3, 4],
  [3, 1, 5],
  [5, 4, 2],
  [7, 5, 9],
  [33, 64, 10],
];

describe('plain JS', () => {
  for (const [B, D, C] of shapes as [number, number, number][]) {
    for (const kind of kinds) {
      test(`${kind} at ${B}x${D}x${C} equals float64`, async () => {
        const work = { id: '', title: '', kind, shape: { B, D, C } };
        const data = makeData(work.shape);
        const wanted = expected(work, data);
        for (const { name, outcome, tolerance } of plainJs(work, data)) {
          // Twice: outputs are reused.
          assertAgrees(name, await outcome(), wanted, tolerance);
          assertAgrees(name, await outcome(), wanted, tolerance);
        }
      });
    }
  }
});

describe('assertAgrees', () => {
  const wanted = { distances: [1, 2, 0], nearest: [3] };

  test('accepts what is within the tolerance', () => {
    assertAgrees('x', { distances: [1, 2.00001, 1e-5], nearest: [3] }, wanted, 1e-5);
  });

  test.each([
    [{ distances: [1, 2.001, 0] }, /distances\[1\] is 2.001, expected 2/],
    [{ distances: [1, NaN, 0] }, /NaN/],
    [{ distances: [1, 2] }, /2 values, expected 3/],
    [{ nearest: [4] }, /nearest\[0\]/],
    [{ loss: [0] }, /no expected loss/],
  ])('refuses %j', (outcome, message) => {
    expect(() => assertAgrees('x', outcome, wanted, 1e-5)).toThrow(message);
  });
});

test('contenders take turns, one sample a round, in changing order', async () => {
  const order: string[] = [];
  const contender = (name: string, ns: number) => ({
    name,
    group: 'peer' as const,
    tolerance: 0,
    outcome: () => ({}),
    time(iterations: number) {
      order.push(name);
      return ns * iterations;
    },
  });
  const effort = { warmMs: 0, sampleMs: 1, workMs: 0, minRounds: 3, maxRounds: 3 };
  const timings = await measure([contender('a', 2e6), contender('b', 1e6), contender('c', 100)], effort);
  expect(timings.map(({ samples }) => samples)).toEqual([
    [2e6, 2e6, 2e6],
    [1e6, 1e6, 1e6],
    [100, 100, 100],
  ]);
  expect(timings.map(({ iterations }) => iterations)).toEqual([1, 1, 10_000]);
  // The short one is called once more before each of its samples.
  expect(order.slice(-12).join('')).toBe('abccaccbccab');
});

describe('roofline', () => {
  const roofline = assemble();

  test.each([128, 256, 65_536, 1_000_064])('reading %i bytes sums them', (bytes) => {
    const values = roofline.fill(Math.ceil(bytes / 128) * 128);
    const once = values.reduce((sum, value) => (sum + value) | 0, 0);
    expect(once).not.toBe(0);
    expect(roofline.read(bytes, 1)).toBe(once);
    expect(roofline.read(bytes, 3)).toBe(Math.imul(once, 3));
  });

  test.each(chainCounts)('%i chains of s·a + b', (chains) => {
    expect(roofline.multiplyAdd(chains, 1)).toBe(chains);
    expect(roofline.multiplyAdd(chains, 2)).toBe(chains * 1.5);
    expect(roofline.multiplyAdd(chains, 1000)).toBe(chains * 2);
    expect(multiplyAddsPerTurn(chains)).toBe(chains * 4);
  });
});

describe('summary', () => {
  test('the median of an odd and an even count', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  });

  test('ratios and bounds are taken round by round', () => {
    const contender = { outcome: () => ({}), tolerance: 0, time: () => 0 };
    const demand = { bytes: 64, multiplyAdds: 32 };
    const at = (samples: number[]) => ({ iterations: 1, samples });
    const rows = summarise(
      [
        { contender: { ...contender, name: 'a', group: 'ours', demand }, ...at([10, 20, 40]) },
        { contender: { ...contender, name: 'b', group: 'peer' }, ...at([30, 40, 160]) },
        {
          contender: { ...contender, name: 'r', group: 'roofline', demand: { ...demand, multiplyAdds: 0 } },
          ...at([5, 4, 10]),
        },
        {
          contender: { ...contender, name: 'm', group: 'roofline', demand: { ...demand, bytes: 0 } },
          ...at([1, 5, 1]),
        },
      ],
      ['a'],
    );
    expect(rows[1]?.ratios).toEqual({ a: { median: 3, min: 2, max: 4 } });
    expect(rows[0]?.bound).toEqual({ by: 'reading', fraction: { median: 0.25, min: 0.25, max: 0.5 } });
    expect(rows[2]?.rate).toEqual({ value: 64 / 5, unit: 'GB/s' });
    expect(rows[3]?.rate).toEqual({ value: 64, unit: 'GFLOP/s' });
  });

  test('a table shows what is missing and stays within 110 columns', () => {
    const wide = { median: 12_345, min: 10_001, max: 23_456 };
    const bases = ['gradients(batch)', 'gradients(batch), touched'];
    const ratios = Object.fromEntries(bases.map((base) => [base, wide]));
    const text = table({
      id: 'gradients-1x1x1',
      kind: 'gradients',
      title: 'loss + both gradients',
      shape: { B: 1, D: 1, C: 1 },
      bases,
      rounds: 5,
      rows: [
        {
          name: 'gradients(x, target), touched',
          group: 'ours',
          ns: wide,
          ratios,
          bound: { by: 'multiply-adds', fraction: wide },
        },
        { name: 'PyTorch', group: 'peer', missing: 'no torch here' },
      ],
    });
    expect(text).toMatch(/PyTorch +no torch here/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });
});

test('a quick run writes every row, finite and positive', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const json = join(folder, 'bench.json');
    const main = fileURLToPath(new URL('../../bench/main.js', import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [main, '--quick', '--json', json, 'gradients-64x64x10', 'distances-1x64x10', 'predict-1x64x10'],
      { env: { ...process.env, PYTHON: join(folder, 'no-python') } },
    );
    expect(stdout).toContain('pip install -r bench/requirements.txt');

    const { machine, works } = JSON.parse(await readFile(json, 'utf8'));
    expect(machine.node).toBe(process.versions.node);
    const peers = ['plain JS', 'tfjs-backend-wasm', 'PyTorch'];
    const names = Object.fromEntries(
      works.map((work: { id: string; rows: Row[] }) => [work.id, work.rows.map((row) => row.name)]),
    );
    expect(Object.keys(names)).toEqual(['gradients-64x64x10', 'distances-1x64x10', 'predict-1x64x10']);
    expect(names['gradients-64x64x10']).toEqual(
      expect.arrayContaining([
        'gradients(x, target)',
        'gradients(x, target), touched',
        'gradients(batch)',
        'gradients(batch), touched',
        'step(batch)',
        'plain JS, touched',
        'tfjs-backend-wasm, by hand',
        ...peers,
      ]),
    );
    expect(names['distances-1x64x10']).toEqual(expect.arrayContaining(['distances(x)', 'distances(x, out)', ...peers]));
    expect(names['predict-1x64x10']).toEqual(expect.arrayContaining(['predict(x)', ...peers]));

    for (const { rows, bases } of works as { rows: Row[]; bases: string[] }[]) {
      for (const { name, missing, ns, ratios, bound, samples } of rows) {
        if (name === 'PyTorch') {
          expect(missing).toContain('no torch here');
          continue;
        }
        expect(Object.keys(ratios ?? {})).toEqual(bases);
        const spreads = [ns ?? {}, ...Object.values(ratios ?? {}), bound?.fraction ?? {}];
        const figures = [...spreads.flatMap((each) => Object.values(each)), ...(samples ?? [])];
        expect(figures.length).toBeGreaterThan(0);
        for (const figure of figures) {
          expect(Number.isFinite(figure)).toBe(true);
          expect(figure).toBeGreaterThan(0);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
