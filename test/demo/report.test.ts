import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ClassCenters } from 'center-loss';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Figures, TrainingFigures } from '../../demo/summary.js';

const MAIN = fileURLToPath(new URL('../../demo/main.js', import.meta.url));
const SHOTS = fileURLToPath(new URL('out/', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let folder: string;

/** Runs the demo on real digits, into a folder of its own. */
async function demo(name: string, ...args: string[]): Promise<{ out: string; stdout: string; stderr: string }> {
  const out = join(folder, name);
  return { out, ...(await promisify(execFile)(process.execPath, [MAIN, ...args, '--out', out])) };
}

async function readFigures(run: { out: string }): Promise<Figures> {
  return JSON.parse(await readFile(join(run.out, 'figures.json'), 'utf8'));
}

interface Model {
  nClasses: number;
  nDim: number;
  params: number[];
  threshold: number;
  knownShare: number;
}

async function readCenters(run: { out: string }): Promise<Model> {
  return JSON.parse(await readFile(join(run.out, 'centers.json'), 'utf8'));
}

/** The figure that a key like `softmax.spreadRatio` names. */
function figureAt(figures: Figures, key: string): number {
  const value = key.split('.').reduce<unknown>((object, name) => (object as Record<string, unknown>)[name], figures);
  if (typeof value !== 'number') throw new Error(`figures.json has no number ${key}`);
  return value;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'center-loss-demo-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a run', () => {
  let run: Awaited<ReturnType<typeof demo>>;
  let figures: Figures;
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  const failures: string[] = [];

  beforeAll(async () => {
    run = await demo('run', '--epochs', '3', '--limit', '20000');
    figures = await readFigures(run);
    if (!existsSync(CHROMIUM)) {
      throw new Error(`no Chromium at ${CHROMIUM}: apt-get install chromium, or name one in CHROMIUM`);
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('request', (request) => requests.push(request.url()));
    page.on('requestfailed', (request) => failures.push(`failed: ${request.url()}`));
    page.on('pageerror', (error) => failures.push(`error: ${error.message}`));
    page.on('console', (message) => failures.push(`console: ${message.text()}`));
    await page.goto(pathToFileURL(join(run.out, 'report.html')).href);
    await mkdir(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, 'report.png'), fullPage: true });
  }, 120_000);

  afterAll(() => browser?.close());

  test('learns something', () => {
    expect(figures.digits).toEqual({ train: 20000, test: 10000 });
    expect(figures.softmax.headAccuracy).toBeGreaterThan(0.6);
    expect(figures.centerLoss.headAccuracy).toBeGreaterThan(0.6);
    expect(figures.centerLoss.nearestCenterAccuracy).toBeGreaterThan(0.6);
  });

  test('separates the classes better with center loss', () => {
    expect(figures.centerLoss.spreadRatio).toBeGreaterThan(figures.softmax.spreadRatio);
  });

  test('calls our core once a step', () => {
    expect(figures.centerLoss.coreCalls).toBe(3 * Math.floor(20000 / figures.settings.batchSize));
    expect(figures.centerLoss.coreShare).toBeGreaterThan(0);
    expect(figures.centerLoss.coreShare).toBeLessThan(0.1);
  });

  test('prints plain lines where there is no terminal, and nothing of tfjs', () => {
    expect(run.stderr).toBe('');
    for (const noise of ['\x1b', '\r', 'TensorFlow']) expect(run.stdout).not.toContain(noise);
    expect(run.stdout).toMatch(/with center loss .* left .*loss \d.* softmax \d.* center \d.* accuracy \d/);
  });

  test('prints the figures, the path of the report, and the accuracy by nearest center', () => {
    const { softmax, centerLoss } = figures;
    for (const { headAccuracy, nearestCenterAccuracy } of [softmax, centerLoss]) {
      expect(run.stdout).toContain(`${(100 * headAccuracy).toFixed(2)} %`);
      expect(run.stdout).toContain(`${(100 * nearestCenterAccuracy).toFixed(2)} %`);
    }
    expect(run.stdout).toContain('report.html');
    const right = Math.round(10000 * centerLoss.nearestCenterAccuracy);
    expect(run.stdout).toContain(`classify ${right} of the 10000 test digits`);
  });

  test('keeps the trained centers', async () => {
    const { nClasses, nDim, params } = await readCenters(run);
    expect([nClasses, nDim, params.length]).toEqual([10, 2, 20]);
    expect(params.every(Number.isFinite)).toBe(true);
    const distinct = new Set(params.filter((_, i) => i % 2 === 0));
    expect(distinct.size).toBe(10);
  });

  test('keeps how far from their center most training digits are, and some embeddings of test digits', async () => {
    const { params, nDim, threshold, knownShare } = await readCenters(run);
    expect(knownShare).toBe(0.95);
    const { labels, values } = JSON.parse(await readFile(join(run.out, 'embeddings.json'), 'utf8'));
    expect([labels.length, values.length]).toEqual([200, 400]);
    const centers = new ClassCenters(10, nDim);
    centers.params.set(params);
    const predicted = centers.predict(values);
    const right = labels.filter((label: number, row: number) => predicted[row] === label);
    expect(right.length).toBeGreaterThan(100);
    const distances = centers.distances(values);
    const near = labels.filter((label: number, row: number) => (distances[10 * row + label] ?? Infinity) <= threshold);
    expect(near.length).toBeGreaterThan(150);
  });

  test.each(['softmax', 'center-loss', 'curves'])('writes %s.png, large enough for print', async (name) => {
    const png = await readFile(join(run.out, `${name}.png`));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBeGreaterThan(1000);
    expect(png.length).toBeGreaterThan(40_000);
  });

  describe('the report', () => {
    test('loads nothing but itself, without a complaint', () => {
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([page.url()]);
      expect(failures).toEqual([]);
    });

    test('shows the figures of figures.json', async () => {
      const shown = await page.$$eval('[data-figure]', (cells) =>
        cells.map((cell) => [cell.getAttribute('data-figure') ?? '', cell.textContent ?? ''] as const),
      );
      expect(shown.map(([key]) => key).sort()).toEqual(
        [
          'wallSeconds',
          'centerLoss.coreShare',
          ...['headAccuracy', 'nearestCenterAccuracy', 'spreadRatio', 'seconds'].flatMap((key) => [
            `softmax.${key}`,
            `centerLoss.${key}`,
          ]),
        ].sort(),
      );
      for (const [key, text] of shown) {
        const value = figureAt(figures, key);
        const decimals = text.split('.')[1]?.match(/^\d+/)?.[0].length ?? 0;
        expect(text).toMatch(/^\d+\.\d+( %| s)?$/);
        expect(Number.parseFloat(text), key).toBe(Number((text.endsWith('%') ? 100 * value : value).toFixed(decimals)));
      }
    });

    test.each(['softmax', 'center-loss'])('draws every test digit and ten labelled centers: %s', async (id) => {
      const plot = await page.$eval(`#${id} svg`, (svg) => {
        const frame = svg.getBoundingClientRect();
        const layer = (name: string) => [...svg.querySelectorAll(`.${name} > *`)];
        const inside = (mark: Element) => {
          const { left, right, top, bottom } = mark.getBoundingClientRect();
          return left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom;
        };
        const points = layer('layer_0_marks');
        return {
          width: frame.width,
          height: frame.height,
          points: points.length,
          colors: new Set(points.map((point) => point.getAttribute('fill'))).size,
          circles: layer('layer_1_marks').length,
          labels: layer('layer_2_marks').map((label) => label.textContent),
          outside: points.filter((point) => !inside(point)).length,
        };
      });
      expect(plot).toMatchObject({
        points: 10000,
        colors: 10,
        circles: 10,
        labels: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
        outside: 0,
      });
      expect(plot.width).toBeGreaterThan(450);
      expect(plot.height).toBeGreaterThan(450);
    });

    test('draws the curves: two losses, one loss, three errors', async () => {
      const lines = await page.$$eval('#curves svg .mark-line.role-mark path', (paths) =>
        paths.map((path) => {
          const { width, height } = path.getBoundingClientRect();
          return width > 50 && height > 5;
        }),
      );
      expect(lines).toEqual(new Array(6).fill(true));
    });

    test('fits a phone', async () => {
      await page.setViewportSize({ width: 390, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    });
  });
});

test('the seed decides all figures but the times', async () => {
  const few = ['--epochs', '1', '--limit', '1280'];
  const first = await demo('first', ...few, '--seed', '7');
  const again = await demo('again', ...few, '--seed', '7');
  const other = await demo('other', ...few, '--seed', '8');
  const pick = ({ headAccuracy, nearestCenterAccuracy, spreadRatio }: TrainingFigures) => [
    headAccuracy,
    nearestCenterAccuracy,
    spreadRatio,
  ];
  const result = async (run: { out: string }) => {
    const { softmax, centerLoss } = await readFigures(run);
    return { figures: [pick(softmax), pick(centerLoss)], centers: await readCenters(run) };
  };
  expect(await result(again)).toEqual(await result(first));
  expect(await result(other)).not.toEqual(await result(first));
}, 120_000);

test.each([
  [['--epochs', '0'], '--epochs is "0", expected a whole number from 1 up'],
  [['--seed', 'x'], '--seed is "x", expected a whole number from 0 up'],
  [['--fast'], "Unknown option '--fast'"],
])('refuses %j in one sentence', async (args, message) => {
  await expect(demo('refused', ...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
});
