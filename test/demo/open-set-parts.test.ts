import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../../demo/backend.js';
import { CLASSES, type Digits, PIXELS } from '../../demo/mnist.js';
import { logHistogram, logRange, meanCurve } from '../../demo/open-set/curves.js';
import type { Evaluation } from '../../demo/open-set/evaluate.js';
import { loadFashion } from '../../demo/open-set/fashion.js';
import { circle } from '../../demo/open-set/losses.js';
import { parseOptions } from '../../demo/open-set/options.js';
import { domainsOf, labelRuns } from '../../demo/open-set/region.js';
import { countImages, KNOWN, openSet, othersOf, SPLITS } from '../../demo/open-set/splits.js';
import { cell, spread, summarize, type Trial } from '../../demo/open-set/summary.js';
import { htmlTable, markdownTable } from '../../demo/open-set/tables.js';

beforeAll(startBackend);

/** Digits whose first pixel is their label and whose second tells them apart. */
function digits(labels: number[]): Digits {
  const images = new Uint8Array(labels.length * PIXELS);
  for (const [row, label] of labels.entries()) images.set([label, row], row * PIXELS);
  return { count: labels.length, images, labels: Int32Array.from(labels) };
}

const firstPixels = ({ count, images }: Digits, at: number) =>
  Array.from({ length: count }, (_, row) => images[row * PIXELS + at] ?? -1);

describe('splits', () => {
  test('are five of six digits each', () => {
    expect(SPLITS.length).toBe(5);
    for (const known of SPLITS) {
      expect(new Set(known).size).toBe(KNOWN);
      expect([...known, ...othersOf(known)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(new Set(SPLITS.map(String)).size).toBe(SPLITS.length);
  });

  const labels = Array.from({ length: 200 }, (_, i) => (i * 7) % CLASSES);
  const mnist = { train: digits(labels), test: digits(labels.slice(0, 50)) };
  const known = [9, 2, 4];

  test('train on the known alone, hold out a fifth of them, and leave no digit out', () => {
    const set = openSet(mnist, known, { seed: 3, limit: Infinity });
    expect(set.digits).toEqual([2, 4, 9]);
    expect(set.train.count).toBe(48);
    expect(set.validation.count).toBe(12);
    const ids = [...firstPixels(set.train, 1), ...firstPixels(set.validation, 1)].sort((a, b) => a - b);
    expect(ids).toEqual([...labels.keys()].filter((row) => known.includes(labels[row] ?? -1)));
    expect(set.test.count + set.unknown.count).toBe(50);
    expect(firstPixels(set.unknown, 0).some((digit) => known.includes(digit))).toBe(false);
  });

  test('relabel each image by its place among the known; the unknown are below 0', () => {
    const set = openSet(mnist, known, { seed: 3, limit: Infinity });
    for (const part of [set.train, set.validation, set.test]) {
      expect([...part.labels]).toEqual(firstPixels(part, 0).map((digit) => [2, 4, 9].indexOf(digit)));
    }
    expect([...set.unknown.labels].every((label) => label < 0)).toBe(true);
  });

  test('depend on the seed alone, and a limit cuts the training digits only', () => {
    const ids = (seed: number, limit: number) => firstPixels(openSet(mnist, known, { seed, limit }).train, 1);
    expect(ids(3, Infinity)).toEqual(ids(3, Infinity));
    expect(ids(4, Infinity)).not.toEqual(ids(3, Infinity));
    expect(ids(3, 5)).toEqual(ids(3, Infinity).slice(0, 5));
    expect(openSet(mnist, known, { seed: 3, limit: 5 }).validation.count).toBe(12);
  });

  test('are counted as they come out', () => {
    for (const limit of [5, Infinity]) {
      const set = openSet(mnist, known, { seed: 1, limit });
      expect(countImages(mnist, known, limit)).toEqual({
        train: set.train.count,
        validation: set.validation.count,
        known: set.test.count,
        unknown: set.unknown.count,
      });
    }
  });

  test.each([[[1, 1, 2]], [[1, 10]], [[-1, 2]]])('refuse %j', (wrong) => {
    expect(() => openSet(mnist, wrong, { seed: 1, limit: 1 })).toThrow('each has to be from 0 to 9, and once');
  });
});

describe('Fashion-MNIST', () => {
  test('is null where it is not installed', async () => {
    expect(await loadFashion('/nowhere')).toBe(null);
  });

  test('is read from gzip, all of it unknown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'center-loss-fashion-'));
    const idx = (shape: number[], values: number[]) =>
      gzipSync(
        Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]), ...values]),
      );
    const pixels = Array.from({ length: 2 * PIXELS }, (_, i) => i % 251);
    await writeFile(join(folder, 't10k-images-idx3-ubyte.gz'), idx([2, 28, 28], pixels));
    await writeFile(join(folder, 't10k-labels-idx1-ubyte.gz'), idx([2], [9, 0]));
    const clothes = await loadFashion(folder);
    expect(clothes?.count).toBe(2);
    expect([...(clothes?.labels ?? [])]).toEqual([-1, -1]);
    expect([...(clothes?.images ?? [])]).toEqual(pixels);
    await rm(folder, { recursive: true });
  });
});

test('anchors on a circle are of length 1 and evenly apart', () => {
  const anchors = circle(6);
  expect(anchors.length).toBe(12);
  const at = (i: number) => [anchors[2 * (i % 6)] ?? 0, anchors[2 * (i % 6) + 1] ?? 0] as const;
  for (let i = 0; i < 6; i++) {
    expect(Math.hypot(...at(i))).toBeCloseTo(1, 6);
    expect(Math.hypot(at(i)[0] - at(i + 1)[0], at(i)[1] - at(i + 1)[1])).toBeCloseTo(1, 6);
  }
});

describe('a histogram on a logarithmic scale', () => {
  test('counts by hand', () => {
    const bins = logHistogram([1, 5, 10, 50, 99, 100], [0, 2], 2);
    expect(bins.map(({ share }) => 6 * share)).toEqual([2, 4]);
    expect(bins.map(({ from, to }) => [from, to].map((edge) => Math.round(edge)))).toEqual([
      [1, 10],
      [10, 100],
    ]);
  });

  test('puts what is outside into the outer bins, 0 and Infinity too', () => {
    const bins = logHistogram([0, 1e-9, 1e9, Infinity], [0, 3], 3);
    expect(bins.map(({ share }) => share)).toEqual([0.5, 0, 0.5]);
  });

  test('has shares of sum 1 over any scores', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, noNaN: true }), { minLength: 1 }), (values) => {
        const bins = logHistogram(values, logRange([values], 0.1), 7);
        expect(bins.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
    );
  });

  test('spans all groups but the outermost', () => {
    const values = Array.from({ length: 101 }, (_, i) => 10 ** (i / 10));
    expect(logRange([values.slice(0, 50), values.slice(50)], 0.1)).toEqual([1, 9]);
    expect(logRange([[0, Infinity, 10]], 0)).toEqual([1, 1]);
  });
});

test('a mean curve lies between its curves, by hand', () => {
  const steep = { fpr: [0, 0, 1], tpr: [0, 1, 1] };
  const chance = { fpr: [0, 1], tpr: [0, 1] };
  expect(meanCurve([steep, chance], [0.25, 0.5, 1])).toEqual([
    { fpr: 0.25, tpr: 0.625 },
    { fpr: 0.5, tpr: 0.75 },
    { fpr: 1, tpr: 1 },
  ]);
});

describe('regions of the plane', () => {
  const domains: [[number, number], [number, number]] = [
    [0, 4],
    [0, 2],
  ];

  test('are runs of cells, labelled at their middles', () => {
    const runs = labelRuns(domains, 2, (x) =>
      Int32Array.from({ length: x.length / 2 }, (_, i) => ((x[2 * i + 1] ?? 0) < 1 ? 0 : (x[2 * i] ?? 0) < 2 ? 1 : -1)),
    );
    expect(runs).toEqual([
      { x: 0, x2: 4, y: 0, y2: 1, label: 0 },
      { x: 0, x2: 2, y: 1, y2: 2, label: 1 },
      { x: 2, x2: 4, y: 1, y2: 2, label: -1 },
    ]);
  });

  test('cover the plane once, whatever the labels', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 25, maxLength: 25 }), (labels) => {
        const runs = labelRuns(domains, 5, () => Int32Array.from(labels));
        const area = runs.reduce((sum, { x, x2, y, y2 }) => sum + (x2 - x) * (y2 - y), 0);
        expect(area).toBeCloseTo(8, 9);
      }),
    );
  });

  test('have axes of one length around nearly all points', () => {
    const points = Float32Array.from({ length: 2000 }, (_, at) => (at % 2 ? 3 : 1) * ((at >> 1) / 1000));
    const [[left, right], [bottom, top]] = domainsOf([points, Float32Array.of(1e6, 1e6)], [0.5, 0.5]);
    expect(right - left).toBeCloseTo(top - bottom, 9);
    expect(top).toBeGreaterThan(2.95);
    expect(top).toBeLessThan(4);
    const [[from, to]] = domainsOf([points], [-7, 0]);
    expect(from).toBeLessThan(-7);
    expect(to).toBeLessThan(4);
  });
});

const evaluation = (auroc: number, fashionAuroc: number | null): Evaluation => ({
  auroc,
  fpr95: 0.5,
  oscr: 0.5,
  accuracy: 0.5,
  threshold: 1,
  tpr: 0.95,
  fpr: 0.1,
  fashionAuroc,
  fashionFpr95: null,
  fashionFpr: null,
});

describe('the summary', () => {
  const trial = (split: number, score: string, auroc: number, fashion: number | null): Trial => ({
    split,
    nDim: 64,
    method: 'cac',
    score,
    evaluation: evaluation(auroc, fashion),
  });
  const trials = [trial(0, 'a', 0.9, 0.5), trial(0, 'b', 0.2, 0.5), trial(1, 'a', 0.8, 0.7), trial(1, 'b', 0.4, null)];

  test('is mean and standard deviation of a sample, by hand', () => {
    expect(spread([1, 2, 6])).toEqual({ mean: 3, std: Math.sqrt(7) });
    expect(spread([4])).toEqual({ mean: 4, std: 0 });
  });

  test('has a row for each score, and no figure where a trial has none', () => {
    const rows = summarize(trials);
    expect(rows.map(({ score }) => score)).toEqual(['a', 'b']);
    expect(rows[0]?.figures.auroc?.mean).toBeCloseTo(0.85, 9);
    expect(rows[0]?.figures.auroc?.std).toBeCloseTo(Math.sqrt(0.005), 9);
    expect(rows[1]?.figures.fashionAuroc).toBe(null);
  });

  test('is written as percent', () => {
    expect(cell({ mean: 0.98765, std: 0.0123 })).toBe('98.77 ± 1.23');
    expect(cell(null)).toBe('–');
  });

  test('leaves out a column that no row has', () => {
    const rows = summarize(trials);
    expect(markdownTable(rows)).toContain('Fashion AUROC');
    expect(markdownTable(rows)).not.toContain('Fashion accepted');
    expect(markdownTable(rows).split('\n')[2]).toMatch(/^\| CAC \| a \| 85\.00 ± 7\.07 \|/);
    expect(htmlTable(rows)).toContain('<td data-figure="64/cac/a/auroc">85.00 ± 7.07</td>');
  });
});

describe('options', () => {
  test('of --quick can be set apart', () => {
    expect(parseOptions(['--quick'])).toMatchObject({ splits: 2, epochs: 1, limit: 10_000 });
    expect(parseOptions(['--quick', '--splits', '1', '--epochs', '3'])).toMatchObject({ splits: 1, epochs: 3 });
    expect(parseOptions([])).toMatchObject({ splits: 5, limit: Infinity, seed: 1 });
  });

  test.each([
    [['--splits', '6'], '--splits is 6, but there are 5'],
    [['--quick', '--docs'], '--docs is for a whole run'],
    [['--threads', '0'], '--threads is "0", expected a whole number from 1 up'],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
