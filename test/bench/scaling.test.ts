import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { efficiency, least } from '../../bench/efficiency/bound.js';
import { fitLine, isOff } from '../../bench/scaling/line.js';
import { offTheLine } from '../../bench/scaling/report.js';

describe('the line through times of many sizes', () => {
  const sizes = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
  const at = (time: (n: number) => number) => sizes.map((n) => ({ n, t: time(n) }));

  test('is found where there is one', () => {
    const { a, b } = fitLine(at((n) => 500 + 3 * n));
    expect(a).toBeCloseTo(500, 6);
    expect(b).toBeCloseTo(3, 9);
  });

  test('has no negative part', () => {
    const falling = fitLine(at((n) => 100 / n));
    expect(falling.b).toBe(0);
    expect(falling.a).toBeGreaterThan(0);
    const curved = fitLine(at((n) => n * n));
    expect(curved.a).toBe(0);
    expect(curved.b).toBeGreaterThan(0);
  });

  test('shows a cliff, and only there', () => {
    const points = at((n) => (500 + 3 * n) * (n === 1e6 ? 4 : 1));
    const { a, b } = fitLine(points);
    expect(points.filter(({ n, t }) => isOff(t / (a + b * n))).map(({ n }) => n)).toEqual([1e6]);
  });

  test('is left on both sides', () => {
    expect([0.5, 0.7, 1, 1.4, 1.6].map(isOff)).toEqual([true, false, false, false, true]);
    const curve = { axis: 'B' as const, operation: 'predict' as const, a: 1, b: 0 };
    const points = [0.5, 1, 2].map((ratio, n) => ({ n, ns: ratio, line: 1, ratio }));
    const text = offTheLine([{ ...curve, points }]);
    expect(text).toContain('2 of 3 points');
    expect(text).toContain('predict(x) at B = 2: × 2.00');
  });
});

describe('efficiency', () => {
  test('is that of the largest bound', () => {
    expect(efficiency(200, { streaming: 20, 'mul-add': 50, call: 10 })).toEqual({ efficiency: 0.25, by: 'mul-add' });
    expect(efficiency(200, { streaming: 20, 'mul-add': 50, call: 100 })).toEqual({ efficiency: 0.5, by: 'call' });
  });

  test('takes the least of each time', () => {
    const first = { ns: 9, streaming: 2, 'mul-add': 3 };
    expect(least(undefined, first)).toEqual(first);
    expect(least(first, { ns: 8, streaming: 4, 'mul-add': 1 })).toEqual({ ns: 8, streaming: 2, 'mul-add': 1 });
  });
});

describe('a quick run measures every point and draws it', () => {
  const figures = (value: unknown): number[] => {
    if (typeof value === 'number') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(figures) : [];
  };

  test.each([
    ['scaling', 'scaling', 'curves', 12],
    ['efficiency', 'shapes', 'spots', 54],
  ])('%s', { timeout: 120_000 }, async (folder, name, key, count) => {
    const out = await mkdtemp(join(tmpdir(), 'bench-'));
    try {
      const main = fileURLToPath(new URL(`../../bench/${folder}/main.js`, import.meta.url));
      await promisify(execFile)(process.execPath, [main, '--quick', '--out', out]);
      const measured = JSON.parse(await readFile(join(out, `${name}.json`), 'utf8'))[key];
      expect(measured).toHaveLength(count);
      expect(JSON.stringify(measured)).not.toContain('null');
      expect(figures(measured).every((figure) => figure >= 0)).toBe(true);
      const png = await readFile(join(out, `${name}.png`));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(png.length).toBeGreaterThan(20_000);
    } finally {
      await rm(out, { recursive: true });
    }
  });
});
