import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { implementations } from '../../bench/baselines/plain-js.js';
import { callCase } from '../../bench/cases.js';
import { jobBars } from '../../bench/chart.js';
import { assertAgrees } from '../../bench/data.js';
import { assemble } from '../../bench/limits.js';
import { fill, tables } from '../../bench/report.js';
import { COLORS } from '../../scripts/charts/theme.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('ours and plain JS equal float64', () => {
  // Odd and even rows, remainders of four centers, one of everything, more rows than classes.
  const shapes = ['1x1x1', '1x2x3', '2x3x4', '3x1x5', '5x4x2', '7x5x9', '33x64x10'];
  const operations = ['gradients', 'step', 'distances', 'predict', 'calls'] as const;
  test.each(shapes.flatMap((shape) => operations.map((operation) => [operation, shape] as const)))(
    '%s at %s',
    async (operation, text) => {
      const [B = 0, D = 0, C = 0] = text.split('x').map(Number);
      const one = callCase(operation, { B, D, C });
      const data = one.data();
      const expected = one.expected?.(data) ?? {};
      const ours = one.ours(data);
      for (const { name, results, tolerance = 0 } of ours) {
        assertAgrees(name, (await results?.()) ?? {}, expected, tolerance);
      }
      for (const { dispose } of ours) dispose?.();
      // Twice, as outputs are reused.
      for (const { name, results, tolerance = 0 } of implementations(one, data)) {
        assertAgrees(name, (await results?.()) ?? {}, expected, tolerance);
        assertAgrees(name, (await results?.()) ?? {}, expected, tolerance);
      }
    },
  );
});

test('results that disagree are refused', () => {
  const expected = { distances: [1, 2, 0], nearest: [3] };
  const check = (results: Record<string, number[]>) => assertAgrees('x', results, expected, 1e-5);
  check({ distances: [1, 2.00001, 1e-5], nearest: [3] });
  expect(() => check({ distances: [1, 2.001, 0] })).toThrow(/distances\[1\] is 2.001, expected 2/);
  expect(() => check({ distances: [1, Number.NaN, 0] })).toThrow(/NaN/);
  expect(() => check({ distances: [1, 2] })).toThrow(/length 2, not 3/);
  expect(() => check({ nearest: [4] })).toThrow(/nearest\[0\]/);
  expect(() => check({ loss: [0] })).toThrow(/no expected loss/);
});

test.each([4, 8])('the loop of the streaming limit moves its bytes and no others, with %i sums', (sums) => {
  const bytes = { reads: 70_016, writes: 640, inPlace: 66_048 };
  const { values, writtenAt, run } = assemble(sums).stream(bytes);
  const expected = values.slice();
  const [changed, written] = [bytes.inPlace / 4, bytes.writes / 4];
  for (let i = 0; i < changed; i++) expected[i] = (expected[i] ?? 0) + 3;
  expected.set(values.subarray(changed, changed + written), writtenAt / 4);
  const read = values.slice(changed + written, changed + bytes.reads / 4).reduce((sum, value) => (sum + value) | 0, 0);
  expect(run(3)).toBe(Math.imul(read, 3));
  expect(values).toEqual(expected);
});

describe('in quick mode, without PyTorch', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Runs a suite and returns its output and its report. */
  async function run(suite: string, ...filters: string[]) {
    const program = [join(ROOT, 'bench/main.js'), suite, '--quick', '--out', folder, ...filters];
    const env = { ...process.env, PYTHON: join(folder, 'no-python') };
    const { stdout } = await promisify(execFile)(process.execPath, program, { env });
    return { stdout, report: JSON.parse(await readFile(join(folder, `${suite}.json`), 'utf8')) };
  }

  const speed = [
    'gradients-64x64x10',
    'step-256x128x960',
    'distances-1x64x10',
    'predict-1x64x10',
    'decide-1x128x960',
    'calls-1x64x10',
  ];
  test.each([
    ['speed', speed, ['plain JS', 'plain JS, touched', 'tfjs-backend-wasm']],
    ['open-set', ['256x128x10'], ['softmaxCenter', 'classify, entropy']],
    ['init', ['128x128', '128x960'], ['normal', 'orthogonal']],
    ['statistics', ['256x128x'], ['add(batch)', 'add(x, target)']],
  ])('%s measures every case and row', { timeout: 120_000 }, async (suite, filters, names) => {
    const { stdout, report } = await run(suite, ...filters);
    const results = report.runs.flatMap((each: { results: object[] }) => each.results);
    const rows = results.flatMap((result: { rows: { name: string; samples: number[] }[] }) => result.rows);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(names));
    if (suite !== 'statistics') expect(stdout).toMatch(/torch missing.*pip install -r/s);
    for (const row of rows) {
      for (const ns of row.samples) expect(ns).toBeGreaterThan(0);
      expect(JSON.stringify(row)).not.toContain('null');
    }
    for (const filter of filters) expect(results.some(({ id }: { id: string }) => id.includes(filter))).toBe(true);
    if (suite !== 'speed') return;
    // Each package that is installed has a row.
    const [, versions] = report.runs[0].machine;
    for (const name of ['onnxruntime-web', 'ml-distance', 'simsimd']) {
      expect(rows.some((row: { name: string }) => row.name === name)).toBe(!versions.includes(`${name} missing`));
    }
    expect(stdout).toMatch(/on top of an empty call +[\d.]+ µs .*≤ 1.5/);
    // Each table has its place in the document, and each place its table.
    const document = await readFile(join(ROOT, 'docs/performance.md'), 'utf8');
    expect(fill(document, tables(report))).toContain('| plain JS, touched |');
  });

  test('shapes gives the efficiency of each call at each shape', { timeout: 120_000 }, async () => {
    const { report } = await run('shapes');
    expect(report.spots).toHaveLength(3 * 8);
    for (const { efficiency } of report.spots) expect(efficiency).toBeGreaterThan(0);
    await expectPictures(folder, ['shapes']);
    await rm(join(folder, 'shapes.png'));
    await promisify(execFile)(process.execPath, [
      join(ROOT, 'bench/main.js'),
      ...['--from', join(folder, 'shapes.json'), '--out', folder],
    ]);
    await expectPictures(folder, ['shapes']);
  });

  test('the bars of a report have a row for each implementation', async () => {
    const { runs } = JSON.parse(await readFile(join(folder, 'speed.json'), 'utf8'));
    const { vconcat } = jobBars(runs[0].results, runs[0].machine, COLORS.dark);
    const [, nearest] = vconcat.map(({ data }) => data.values.map(({ name }) => name));
    expect(nearest).toEqual(expect.arrayContaining(['center-loss, classifier']));
  });
});

test('pictures of calls and of tables in pages can be drawn again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pictures-'));
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/charts/pictures.js'), folder]);
  await expectPictures(folder, ['lambda', 'cores', 'accuracy', 'losses']);
  await rm(folder, { recursive: true });
});

async function expectPictures(folder: string, names: string[]) {
  for (const file of names.flatMap((name) => [`${name}.png`, `${name}-dark.png`])) {
    expect((await readFile(join(folder, file))).subarray(1, 4).toString()).toBe('PNG');
  }
}
