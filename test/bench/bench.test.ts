import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { THREE_CALLS } from '../../bench/contenders/ours.js';
import { plainJs } from '../../bench/contenders/plain-js.js';
import { EMPTY } from '../../bench/contenders/roofline.js';
import { makeData } from '../../bench/data.js';
import { outcomes } from '../../bench/goals.js';
import { fill, tables } from '../../bench/markdown.js';
import { measure } from '../../bench/measure.js';
import { assertAgrees, expected } from '../../bench/reference.js';
import { assemble, chainCounts, fastest, multiplyAddsPerTurn, sumCounts } from '../../bench/roofline.js';
import { works } from '../../bench/shapes.js';
import { efforts } from '../../bench/suite.js';
import { spread, summarise } from '../../bench/summary.js';
import { table } from '../../bench/table.js';

type Row = {
  name: string;
  missing?: string;
  ns?: Record<string, number>;
  ratios?: Record<string, Record<string, number>>;
  bound?: { times: Record<string, number> };
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

describe.each(sumCounts)('roofline, %i sums', (sumCount) => {
  const roofline = assemble(sumCount);

  test.each([128, 256, 65_536, 1_000_064])('reading %i bytes sums them', (bytes) => {
    const values = roofline.fill(Math.ceil(bytes / 128) * 128);
    const once = values.reduce((sum, value) => (sum + value) | 0, 0);
    expect(once).not.toBe(0);
    expect(roofline.read(bytes, 1)).toBe(once);
    expect(roofline.read(bytes, 3)).toBe(Math.imul(once, 3));
  });

  // More read than written, the reverse, nothing of one kind, sizes over a page.
  test.each([
    { reads: 512, writes: 256, inPlace: 128 },
    { reads: 128, writes: 640, inPlace: 0 },
    { reads: 0, writes: 256, inPlace: 256 },
    { reads: 384, writes: 0, inPlace: 0 },
    { reads: 70_016, writes: 70_400, inPlace: 66_048 },
  ])('moving %j touches those bytes and no others', (bytes) => {
    const { values, at, run } = roofline.stream({ ...bytes });
    const before = values.slice();
    const passes = 3;
    run(passes);
    const wanted = before.slice();
    const [changed, read, copied] = [bytes.inPlace / 4, bytes.reads / 4, Math.min(bytes.reads, bytes.writes) / 4];
    for (let i = 0; i < changed; i++) wanted[i] = (before[i] ?? 0) + passes;
    for (let i = 0; i < bytes.writes / 4; i++) wanted[at / 4 + i] = i < copied ? (before[changed + i] ?? 0) : 1;
    expect(at / 4).toBeGreaterThanOrEqual(changed + read);
    expect(values.every((value, i) => value === wanted[i])).toBe(true);
  });

  test('moving reads what it does not write', () => {
    const { values, run } = roofline.stream({ reads: 512, writes: 128, inPlace: 128 });
    // What is neither changed nor copied, in the first lane of each vector.
    const left = values.subarray(64, 160).filter((_, i) => i % 4 === 0);
    const once = left.reduce((sum, value) => (sum + value) | 0, 0);
    expect(run(2)).toBe(Math.imul(once, 2));
  });

  test('the empty call returns', () => {
    expect(roofline.empty()).toBe(1);
  });

  test.each(chainCounts)('%i chains of s·a + b', (chains) => {
    expect(roofline.multiplyAdd(chains, 1)).toBe(chains);
    expect(roofline.multiplyAdd(chains, 2)).toBe(chains * 1.5);
    expect(roofline.multiplyAdd(chains, 1000)).toBe(chains * 2);
    expect(multiplyAddsPerTurn(chains)).toBe(chains * 4);
  });
});

test('of loops the fastest by its median is taken, whatever one lucky reading says', async () => {
  const calls = new Map([
    ['steady', 0],
    ['lucky', 0],
    ['slow at first', 0],
  ]);
  const chosen = await fastest([...calls.keys()], (name) => {
    const call = (calls.get(name) ?? 0) + 1;
    calls.set(name, call);
    if (name === 'steady') return 2;
    if (name === 'lucky') return call === 75 ? 0.001 : 3;
    return call < 50 ? 1000 : 1;
  });
  expect(chosen).toBe('slow at first');
});

describe('summary', () => {
  test('median and quartiles of an odd and an even count', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, q1: 1.5, q3: 2.5, min: 1, max: 3 });
    expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, q1: 1.75, q3: 3.25, min: 1, max: 4 });
    expect(spread([7])).toEqual({ median: 7, q1: 7, q3: 7, min: 7, max: 7 });
  });

  test('ratios and bounds are taken round by round', () => {
    const contender = { outcome: () => ({}), tolerance: 0, time: () => 0 };
    const demand = { reads: 32, writes: 16, inPlace: 8, multiplyAdds: 32 };
    const other = { ...demand, writes: 17, multiplyAdds: 33 };
    const at = (samples: number[]) => ({ iterations: 1, samples });
    const limit = (by: 'streaming' | 'reading' | 'multiply-adds', of: typeof demand, samples: number[]) => ({
      contender: { ...contender, name: by, group: 'roofline' as const, bounds: { by, demand: of } },
      ...at(samples),
    });
    const rows = summarise(
      [
        { contender: { ...contender, name: 'a', group: 'ours', demand }, ...at([10, 20, 40]) },
        { contender: { ...contender, name: 'b', group: 'peer' }, ...at([30, 40, 160]) },
        limit('streaming', other, [9, 9, 9]),
        limit('reading', demand, [7, 8, 9]),
        limit('streaming', demand, [5, 4, 10]),
        limit('multiply-adds', other, [9, 9, 9]),
        limit('multiply-adds', demand, [1, 5, 1]),
      ],
      ['a'],
    );
    expect(rows[1]?.ratios?.a).toEqual({ median: 3, q1: 2.5, q3: 3.5, min: 2, max: 4 });
    expect(rows[0]?.bound).toMatchObject({ by: 'streaming', times: { median: 4, q1: 3, q3: 4, min: 2, max: 4 } });
    expect(rows[0]?.bound?.reading).toMatchObject({ median: 20 / 8, max: 40 / 9 });
    expect(rows[4]?.rate).toEqual({ value: 64 / 5, unit: 'GB/s' });
    expect(rows[6]?.rate).toEqual({ value: 64, unit: 'GFLOP/s' });
  });

  test('a table shows what is missing and stays within 120 columns', () => {
    const wide = { median: 12_345, q1: 11_111, q3: 13_333, min: 10_001, max: 23_456 };
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
          bound: { by: 'multiply-adds', times: wide, reading: wide },
        },
        { name: 'PyTorch', group: 'peer', missing: 'no torch here' },
      ],
    });
    expect(text).toMatch(/PyTorch +no torch here/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });
});

describe('goals', () => {
  const sample = (name: string, samples: number[], more = {}) => ({
    name,
    group: 'ours' as const,
    samples,
    ns: spread(samples),
    ...more,
  });
  const result = (id: string, rows: ReturnType<typeof sample>[]) => {
    const work = works.find((each) => each.id === id);
    if (!work) throw new Error(`no work ${id}`);
    return { ...work, bases: [], rounds: 3, rows };
  };

  test('are met or missed by the median of ratios in a round', () => {
    const three = sample(THREE_CALLS, [100, 200, 300]);
    const [met] = outcomes([result('step-256x128x960', [sample('step(batch)', [40, 100, 100]), three])]);
    expect(met).toMatchObject({ met: true, value: { median: 0.4 } });
    const [missed] = outcomes([result('step-256x128x960', [sample('step(batch)', [90, 200, 100]), three])]);
    expect(missed).toMatchObject({ met: false, value: { median: 0.9 } });
  });

  test('a share of a rate is to be at least as large, calls are to be little longer than an empty one', () => {
    const rows = [sample('distances(x, out)', [10, 10]), sample('loop', [9, 9], { bounds: 'multiply-adds' })];
    expect(outcomes([result('distances-256x128x960', rows)])[0]).toMatchObject({ met: false, value: { median: 0.9 } });
    const calls = [sample('evaluate(batch)', [1000, 2000]), sample(EMPTY, [500, 500])];
    expect(outcomes([result('calls-1x64x10', calls)])[0]).toMatchObject({ met: true, value: { median: 1 } });
  });

  test('name works that there are', () => {
    const bound = { by: 'streaming' as const, times: spread([1]), reading: spread([1]) };
    const ids = outcomes(
      works.map((work) => ({
        ...work,
        bases: [],
        rounds: 1,
        rows: [...['step(batch)', THREE_CALLS, 'evaluate(batch)', 'gradients(batch)', EMPTY], 'distances(x, out)']
          .map((name) => sample(name, [1]))
          .concat(
            sample('gradients(batch), touched', [1], { bound }),
            sample('predict(x)', [1], { bound }),
            sample('m', [1], { bounds: 'multiply-adds' }),
          ),
      })),
    );
    expect(ids.length).toBe(13);
  });
});

describe('docs', () => {
  const document = 'before\n<!-- table a -->\nold\n<!-- end -->\nbetween\n<!-- table b -->\n<!-- end -->\nafter\n';

  test('tables replace what stands in their places, again and again', () => {
    const wanted = 'before\n<!-- table a -->\n1\n<!-- end -->\nbetween\n<!-- table b -->\n2\n<!-- end -->\nafter\n';
    expect(fill(document, { a: '1', b: '2' })).toBe(wanted);
    expect(fill(wanted, { a: '1', b: '2' })).toBe(wanted);
  });

  test('a table without a place and a place without a table are errors', () => {
    expect(() => fill(document, { a: '1' })).toThrow(/no table 'b'/);
    expect(() => fill(document, { a: '1', b: '2', c: '3' })).toThrow(/no place for c/);
  });

  test('performance.md has a place for each table, which show times of ours and ratios of others', async () => {
    const [work] = works.filter(({ id }) => id === 'predict-1x128x960');
    if (!work) throw new Error('no such work');
    const machine = {
      ...{ cpu: 'a cpu', cores: 2, load: 0, platform: 'linux x64', node: '20.0.0', v8: '11', multiplyAddChains: 8 },
      versions: { tfjs: '4', torch: null },
    };
    const row = (name: string, group: 'ours' | 'peer', samples: number[], more = {}) => ({
      ...{ name, group, samples, ns: spread(samples), ...more },
      ratios: { 'predict(x)': spread(samples.map((each) => each / 1000)) },
    });
    const rows = [
      row('predict(x)', 'ours', [1000, 1000], {
        bound: { by: 'streaming', times: spread([1.5, 1.5]), reading: spread([2, 2]) },
      }),
      row('plain JS', 'peer', [8000, 8000]),
      { ...row('reading 1 B', 'ours', [500, 500]), group: 'roofline' as const, bounds: 'reading' as const },
      { name: 'PyTorch', group: 'peer' as const, missing: 'no torch here' },
    ];
    const result = { ...work, bases: ['predict(x)'], rounds: 2, rows };
    const all = tables({ whole: true, seconds: 3, runs: [{ machine, effort: efforts.full, works: [result] }] });
    expect(all.predict).toBe(
      [
        '| B × D × C | 1 × 128 × 960 |',
        '| --- | --: |',
        '| predict(x) | **1.00 µs** |',
        '| plain JS | 8.00× (8.00–8.00) |',
        '| PyTorch | missing |',
        '| predict(x) over its bound | 1.50× (1.50–1.50) streaming |',
        '| predict(x) over reading as many bytes | 2.00× (2.00–2.00) |',
      ].join('\n'),
    );
    expect(all.goals).toContain('| 2.00 (2.00–2.00) ✗ | ≤ 1.1 |');
    expect(all.machine).toContain('torch missing');
    const path = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
    expect(fill(await readFile(path, 'utf8'), all)).toContain(all.predict);
  });
});

test('a quick run writes every row, finite and positive', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const main = fileURLToPath(new URL('../../bench/main.js', import.meta.url));
    const ids = ['gradients-64x64x10', 'step-256x128x960', 'distances-1x64x10', 'predict-1x64x10', 'calls-1x64x10'];
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--quick', '--out', folder, ...ids], {
      env: { ...process.env, PYTHON: join(folder, 'no-python') },
    });
    expect(stdout).toContain('pip install -r bench/requirements.txt');
    expect(stdout).toContain('on top of an empty call');

    const { whole, runs } = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    expect(whole).toBe(false);
    const [{ machine, works: results }] = runs;
    expect(machine.node).toBe(process.versions.node);
    const names = Object.fromEntries(
      results.map((work: { id: string; rows: Row[] }) => [work.id, work.rows.map((row) => row.name)]),
    );
    expect(Object.keys(names)).toEqual(ids);
    const peers = ['plain JS', 'tfjs-backend-wasm', 'PyTorch'];
    const pairs = [...peers, 'tfjs cpu', 'ml-distance', 'onnxruntime-web', 'simsimd'];
    const wanted = {
      'gradients-64x64x10': [
        'gradients(x, target)',
        'gradients(x, target), touched',
        'gradients(batch)',
        'gradients(batch), touched',
        'plain JS, touched',
        'tfjs-backend-wasm, by hand',
        'tfjs cpu, by hand',
        ...peers,
      ],
      'step-256x128x960': ['step(batch)', THREE_CALLS],
      'distances-1x64x10': ['distances(x)', 'distances(x, out)', ...pairs],
      'predict-1x64x10': ['predict(x)', ...pairs],
      'calls-1x64x10': ['evaluate(batch)', 'gradients(batch)', 'step(batch)', EMPTY],
    };
    for (const [id, rows] of Object.entries(wanted)) expect(names[id]).toEqual(expect.arrayContaining(rows));

    const all = runs.flatMap(({ works: each }: { works: { rows: Row[]; bases: string[] }[] }) => each);
    for (const { rows, bases } of all as { rows: Row[]; bases: string[] }[]) {
      for (const { name, missing, ns, ratios, bound, samples } of rows) {
        if (missing !== undefined) {
          expect(`${name}: ${missing}`).toMatch(
            /^PyTorch: no torch here|: not installed: npm ci --prefix bench.peers$/,
          );
          continue;
        }
        expect(Object.keys(ratios ?? {})).toEqual(bases);
        const spreads = [ns ?? {}, ...Object.values(ratios ?? {}), bound?.times ?? {}];
        const figures = [...spreads.flatMap((each) => Object.values(each)), ...(samples ?? [])];
        expect(figures.length).toBeGreaterThan(0);
        for (const figure of figures) {
          expect(Number.isFinite(figure)).toBe(true);
          expect(figure).toBeGreaterThan(0);
        }
      }
    }

    const html = await readFile(join(folder, 'report.html'), 'utf8');
    for (const id of ids) expect(html).toContain(`<section id="${id}">`);
    expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
