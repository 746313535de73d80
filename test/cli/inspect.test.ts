// `inspect`: its text, and its page in a browser.
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CenterLoss, fromSafetensors, toSafetensors, writeNpy } from 'center-loss';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, json, read, run, sample, write, writeModel, writeSample } from './support.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SHOTS = fileURLToPath(new URL('out/', import.meta.url));
const NAMES = ['ant', '<b>&bee', 'cat', 'dog'];
let browser: Browser;

beforeAll(async () => {
  writeSample('test', sample(400, 4, 6, 2, 200));
  write('names.txt', NAMES.join('\n'));
  await writeModel('train', sample(800, 4, 6, 1), '--names names.txt --score normalized --per-class --no-holdout');
  if (!existsSync(CHROMIUM)) throw new Error(`no Chromium at ${CHROMIUM}: name one in CHROMIUM`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  mkdirSync(SHOTS, { recursive: true });
});

afterAll(() => browser.close());

describe('inspect', () => {
  it('tells what is in a model', async () => {
    expect(await json('inspect model.safetensors')).toMatchObject({
      ...{ kind: 'OpenSetClassifier', classes: 4, emptyClasses: 0, dimensions: 6, names: NAMES, score: 'normalized' },
      rows: { least: 200, median: 200, most: 200 },
    });
    expect((await run('inspect model.safetensors')).stdout).toMatch(/^kind +OpenSetClassifier$/m);
  });

  it('tells the distances between centers', async () => {
    const loss = new CenterLoss(3, 2, { init: Float32Array.of(0, 0, 3, 4, 0, 1), radius: 0.5 });
    write('loss.safetensors', loss.save());
    expect(await json('inspect loss.safetensors')).toMatchObject({
      ...{ kind: 'CenterLoss', radius: 0.5, rows: null },
      nearestCenters: { least: 1, median: 1, most: expect.closeTo(Math.hypot(3, 3), 5) },
    });
  });

  it('tells what is in files without centers', async () => {
    expect(await json('inspect train.npy')).toMatchObject({ dtype: 'F32', shape: [800, 6] });
    const x = { dtype: 'F32', shape: [1, 2], data: new Float32Array(2) } as const;
    write('x.safetensors', toSafetensors({ x }));
    expect(await json('inspect x.safetensors')).toMatchObject({ tensors: { x: 'F32 [1, 2]' } });
  });
});

/** Opens a page and returns what it requests, its errors and its figures. */
async function look(name: string, width = 1240) {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const [requests, failures]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => failures.push(message.text()));
  page.on('pageerror', (error) => failures.push(error.message));
  const url = pathToFileURL(at(name)).href;
  await page.goto(url);
  await page.screenshot({ path: `${SHOTS}${name}-${width}.png`, fullPage: true });
  const figures = await page.$$eval('figure', (all) =>
    all.map((figure) => {
      const frame = (figure.querySelector('svg') as SVGElement).getBoundingClientRect();
      const marks = [...figure.querySelectorAll('circle, rect, text')].map((mark) => mark.getBoundingClientRect());
      const isInside = ({ left, right, top, bottom }: DOMRect) =>
        left >= frame.left - 1 && right <= frame.right + 1 && top >= frame.top - 1 && bottom <= frame.bottom + 1;
      return {
        id: figure.id,
        circles: figure.querySelectorAll('circle').length,
        bars: figure.querySelectorAll('rect').length,
        tips: [...figure.querySelectorAll('title')].map((tip) => tip.textContent),
        outside: marks.filter((mark) => !isInside(mark)).length,
        broken: /NaN|undefined|Infinity/.test(figure.outerHTML),
      };
    }),
  );
  const scrollWidth = await page.evaluate(() => document.documentElement.scrollWidth);
  const text = (await page.textContent('body')) ?? '';
  await page.close();
  return {
    requests: requests.filter((found) => found !== url && !found.startsWith('data:')),
    failures,
    figures,
    scrollWidth,
    text,
  };
}

const SOUND = { outside: 0, broken: false };

describe('its page', () => {
  it('shows centers, distances, radii, counts, thresholds and results on data', async () => {
    const inspect = 'inspect model.safetensors --data test.npy --labels test-labels.npy --html page.html';
    const { auroc } = (await json(inspect)) as { auroc: number };
    const { requests, failures, figures, text } = await look('page.html');
    expect([requests, failures]).toEqual([[], []]);
    expect(figures).toMatchObject([
      { id: 'centers', circles: 4, ...SOUND },
      { id: 'distances', bars: 16, ...SOUND },
      { id: 'nearest', bars: 4, ...SOUND },
      { id: 'radius', bars: 4, ...SOUND },
      { id: 'counts', bars: 4, ...SOUND },
      { id: 'thresholds', bars: 4, ...SOUND },
      { id: 'confusion', bars: 25, ...SOUND },
      { id: 'scores', ...SOUND },
    ]);
    const confusion = figures.find(({ id }) => id === 'confusion')?.tips ?? [];
    const counts = confusion.map((tip) => Number(tip?.split(': ').at(-1)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(600);
    expect(confusion[6]).toMatch(/^<b>&bee taken for <b>&bee: \d+$/);
    expect(text).toContain(String(Number(auroc.toPrecision(5))));
  });

  it('keeps the distances of centers that lie in a plane', async () => {
    const params = Float32Array.of(0, 0, 0, 3, 4, 0, -3, 1, 0, 5, -2, 0);
    write('plane.safetensors', new CenterLoss(4, 3, { init: params }).save());
    await json('inspect plane.safetensors --html plane.html');
    const places = [
      ...read('plane.html')
        .toString()
        .matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g),
    ];
    const [a, b, c, d] = places.map(([, x, y]) => [Number(x), Number(y)] as const);
    if (!a || !b || !c || !d) throw new Error('four circles are needed');
    const between = (p: readonly [number, number], q: readonly [number, number]) =>
      Math.hypot(p[0] - q[0], p[1] - q[1]);
    const scale = between(a, b) / 5;
    expect(between(a, c) / scale).toBeCloseTo(Math.hypot(3, 1), 1);
    expect(between(c, d) / scale).toBeCloseTo(Math.hypot(8, 3), 1);
  });

  it.each([
    ['one class', 1, 4],
    ['one dimension', 5, 1],
    ['two classes', 2, 3],
    ['as many as are named', 60, 8],
    ['many classes', 700, 32],
  ])('is whole with %s', async (_, nClasses, nDim) => {
    const params = Float32Array.from({ length: nClasses * nDim }, (_, i) => Math.sin(i * i));
    const loss = new CenterLoss(nClasses, nDim, { init: params });
    const { tensors, metadata } = fromSafetensors(loss.save());
    const counts = { dtype: 'F64', shape: [nClasses], data: new Float64Array(nClasses).fill(3) } as const;
    write('some.safetensors', toSafetensors({ ...tensors, counts }, metadata));
    loss.dispose();
    await json(`inspect some.safetensors --html classes-${nClasses}-${nDim}.html`);
    const { failures, figures } = await look(`classes-${nClasses}-${nDim}.html`);
    expect(failures).toEqual([]);
    expect(figures.length).toBeGreaterThan(1);
    for (const { outside, broken } of figures) expect({ outside, broken }).toEqual(SOUND);
  });

  it('fits long names, and draws centers that are all the same', async () => {
    const names = ['Wwwwwwwwwwww', 'Mmmmmmmmmmmm'];
    for (const [file, params] of [
      ['wide', [-9, 0, 9, 0]],
      ['same', [1, 1, 1, 1]],
    ] as const) {
      const loss = new CenterLoss(2, 2, { init: Float32Array.from(params), names });
      write(`${file}.safetensors`, loss.save());
      await json(`inspect ${file}.safetensors --html ${file}.html`);
      const { figures } = await look(`${file}.html`);
      expect(figures[0]).toMatchObject({ id: 'centers', circles: 2, ...SOUND });
    }
  });

  it('leaves out classes that have no rows', async () => {
    write('gap.npy', writeNpy(Int32Array.from({ length: 800 }, (_, i) => 2 * (i % 2))));
    await json('fit train.npy --labels gap.npy --classes 4 -o gap.safetensors');
    expect(await json('inspect gap.safetensors --html gap.html')).toMatchObject({ emptyClasses: 2 });
    const { figures } = await look('gap.html');
    expect(figures[0]).toMatchObject({ circles: 2, ...SOUND });
  });

  it('fits a phone', async () => {
    expect((await look('page.html', 390)).scrollWidth).toBeLessThanOrEqual(390);
  });
});
