// `inspect`: its text, and its page in a browser.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CenterLoss, fromSafetensors, OpenSetClassifier, toSafetensors, writeNpy } from 'center-loss';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, json, read, run, sample, write, writeModel, writeSample } from './support.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Folder for pictures of the pages, for people to look at; they take a third of the time. */
const { SHOTS } = process.env;
const NAMES = ['ant', '<b>&bee', 'cat', 'dog'];
let browser: Browser;

beforeAll(async () => {
  writeSample('test', sample(400, 4, 6, 2, 200));
  write('names.txt', NAMES.join('\n'));
  await writeModel('train', sample(800, 4, 6, 1), '--names names.txt --score normalized --per-class --no-holdout');
  if (!existsSync(CHROMIUM)) throw new Error(`no Chromium at ${CHROMIUM}: name one in CHROMIUM`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
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

  it('tells how many examples the classes of a classifier have', async () => {
    const classifier = new OpenSetClassifier({ nDim: 1 });
    for (const [n, name] of NAMES.entries()) classifier.addClass(name, [n], { sampleWeight: [n + 1] });
    write('added.safetensors', classifier.save());
    expect(await json('inspect added.safetensors')).toMatchObject({ rows: { least: 1, median: 3, most: 4 } });
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
    write('x.csv', 'a,b,label\n1,2,cat\n3,4,dog\n');
    const table = { columns: ['a', 'b', 'label'], rows: 2, dimensions: 2, labels: true };
    expect(await json('inspect x.csv')).toMatchObject(table);
  });

  it('lists tensors of unusual names, names the option that chooses one, and fails', async () => {
    const data = Float32Array.of(1, 2);
    write('odd.safetensors', toSafetensors({ 'head.weight': { dtype: 'F32', shape: [1, 2], data } }));
    const { code, stdout, stderr } = await run('inspect odd.safetensors');
    expect([code, stdout]).toEqual([1, expect.stringContaining('head.weight F32 [1, 2]')]);
    expect(stderr).toContain('odd.safetensors: no tensor has a usual name of centers or rows');
    expect(stderr).toContain('--model-tensor');
    expect(await json('inspect odd.safetensors --model-tensor head.weight')).toMatchObject({
      classes: 1,
      dimensions: 2,
    });
  });
});

/** Opens a page and returns what it requests, its errors and its figures. */
async function look(name: string, width = 1400, colorScheme: 'light' | 'dark' = 'light') {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const [requests, failures]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => failures.push(message.text()));
  page.on('pageerror', (error) => failures.push(error.message));
  const url = pathToFileURL(at(name)).href;
  await page.goto(url);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
  const figures = await page.$$eval('figure', (all) => {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no canvas');
    /** Relative luminance of a color, by WCAG. */
    const luminanceOf = (color: string) => {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = [...context.getImageData(0, 0, 1, 1).data].map((value) =>
        value / 255 <= 0.04 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    return all.map((figure) => {
      const boxesOf = (selector: string) =>
        [...figure.querySelectorAll(selector)].map((mark) => mark.getBoundingClientRect());
      const leaves = (marks: DOMRect[], frame: DOMRect) =>
        marks.filter(
          ({ left, right, top, bottom }) =>
            left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 1 || bottom > frame.bottom + 1,
        ).length;
      const [frame] = boxesOf('svg');
      const labels = boxesOf('svg > .mark');
      const meets = (a: DOMRect, b: DOMRect) =>
        a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
      const cells = [...figure.querySelectorAll<HTMLElement>('tbody td')];
      const contrasts = cells.map((cell) => {
        const { color, backgroundColor } = getComputedStyle(cell);
        const [dark = 0, light = 0] = [luminanceOf(color), luminanceOf(backgroundColor)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
      });
      return {
        id: figure.id,
        centers: figure.querySelectorAll('g > .center').length,
        rows: figure.querySelectorAll('circle.row').length,
        rings: figure.querySelectorAll('circle.ring').length,
        limits: [...figure.querySelectorAll('.limit, .limits')].map((mark) => mark.textContent),
        cells: cells.map((cell) => cell.textContent ?? ''),
        tips: cells.map((cell) => cell.title),
        contrast: figure.querySelector('.heat') ? Math.min(...contrasts) : 21,
        labels: [...figure.querySelectorAll('svg > .mark')].map((label) => label.textContent),
        faults: {
          outside:
            leaves(boxesOf('h2, svg, .scroll, figcaption, .legend'), figure.getBoundingClientRect()) +
            (frame ? leaves(boxesOf('circle, rect, text'), frame) : 0),
          covered: labels.filter((label, i) => labels.some((other, j) => i < j && meets(label, other))).length,
          broken: /NaN|undefined|Infinity/.test(figure.outerHTML),
        },
      };
    });
  });
  const [scrollWidth, background] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    getComputedStyle(document.body).backgroundColor,
  ]);
  const text = (await page.textContent('body')) ?? '';
  await page.close();
  return {
    requests: requests.filter((found) => found !== url && !found.startsWith('data:')),
    failures,
    figures,
    scrollWidth,
    background,
    text,
  };
}

const SOUND = { outside: 0, covered: 0, broken: false };

/** Writes a model of long names, and labeled rows of it with unknown ones among them. */
async function writeNamed(name: string, nClasses: number, nDim: number, options: string): Promise<string> {
  write(`${name}.txt`, Array.from({ length: nClasses }, (_, j) => `wild animal number ${j + 1} of Africa`).join('\n'));
  writeSample(`${name}-test`, sample(200, nClasses, nDim, 2, 50));
  await writeModel(name, sample(20 * nClasses, nClasses, nDim, 1), `--names ${name}.txt ${options}`);
  return `inspect model.safetensors --data ${name}-test.npy --labels ${name}-test-labels.npy --html ${name}.html`;
}

describe('its page', () => {
  it('shows centers, rows, classes, distances, results on data, and the thresholds', async () => {
    const inspect = 'inspect model.safetensors --data test.npy --labels test-labels.npy --html page.html';
    const { auroc, threshold } = (await json(inspect)) as { auroc: number; threshold: { least: number; most: number } };
    const { requests, failures, figures, text } = await look('page.html');
    expect([requests, failures]).toEqual([[], []]);
    const [centers, scores, classes, distances, confusion] = figures;
    // A circle for the radius and one for the threshold of each class.
    expect(centers).toMatchObject({ id: 'centers', centers: 4, rows: 600, rings: 8, labels: NAMES });
    expect(scores?.limits).toEqual([expect.stringContaining(`${Number(threshold.least.toPrecision(5))} …`)]);
    expect(classes).toMatchObject({ id: 'classes', cells: expect.arrayContaining(['200']) });
    expect(classes?.cells).toHaveLength(16);
    expect(distances).toMatchObject({
      id: 'distances',
      cells: expect.arrayContaining(['', expect.stringMatching(/\d/)]),
    });
    expect(distances?.cells).toHaveLength(16);
    expect(confusion?.cells.reduce((sum, count) => sum + Number(count), 0)).toBe(600);
    expect(confusion?.tips[6]).toMatch(/^<b>&bee taken for <b>&bee: \d+$/);
    expect(figures.map(({ faults }) => faults)).toEqual(Array(5).fill(SOUND));
    expect(text).toContain(String(Number(auroc.toPrecision(5))));
    expect(text).toContain('AUROC');
  });

  it.each([
    ['few', 3, 2, '--tpr 0.9', 3],
    ['more', 40, 64, '--tpr 0.9 --per-class', 10],
  ] as const)(
    'with %s classes is whole and readable on a phone and on a desk, light and dark',
    async (name, nClasses, nDim, options, labels) => {
      await json(await writeNamed(name, nClasses, nDim, options));
      const backgrounds = new Set();
      for (const width of [400, 1400]) {
        for (const scheme of ['light', 'dark'] as const) {
          const { figures, scrollWidth, background } = await look(`${name}.html`, width, scheme);
          expect(scrollWidth).toBeLessThanOrEqual(width);
          expect(figures.map(({ faults }) => faults)).toEqual(Array(5).fill(SOUND));
          for (const { contrast } of figures) expect(contrast).toBeGreaterThan(4.4);
          const [centers, scores] = figures;
          expect(centers).toMatchObject({ centers: nClasses, rows: 250, rings: nClasses });
          expect(centers?.labels.length).toBeGreaterThanOrEqual(labels);
          // The words that all names have are left out.
          for (const label of centers?.labels ?? []) expect(label).toMatch(/^…\d+…$/);
          expect(scores?.limits).toEqual([expect.stringMatching(/^thresholds? \d/)]);
          backgrounds.add(background);
        }
      }
      expect(backgrounds.size).toBe(2);
    },
  );

  it('draws the threshold as the edge of the rows that are accepted', async () => {
    // The centers lie in a plane of two dimensions, which is drawn as it is.
    write(
      'edge.safetensors',
      new OpenSetClassifier(new CenterLoss(2, 2, { init: Float32Array.of(0, 0, 10, 0) }), { threshold: 9 }).save(),
    );
    await json('inspect edge.safetensors --html edge.html');
    const page = read('edge.html').toString();
    const radius = Number(/class="threshold ring"[^>]* r="([\d.]+)"/.exec(page)?.[1]);
    const [left = 0, right = 0] = [...page.matchAll(/class="center" cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(radius / (right - left)).toBeCloseTo(3 / 10, 2);
  });

  it('keeps the distances of centers that lie in a plane', async () => {
    const params = Float32Array.of(0, 0, 0, 3, 4, 0, -3, 1, 0, 5, -2, 0);
    write('plane.safetensors', new CenterLoss(4, 3, { init: params }).save());
    await json('inspect plane.safetensors --html plane.html');
    const places = [
      ...read('plane.html')
        .toString()
        .matchAll(/class="center" cx="([\d.]+)" cy="([\d.]+)"/g),
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
    for (const { faults } of figures) expect(faults).toEqual(SOUND);
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
      expect(figures[0]).toMatchObject({
        id: 'centers',
        centers: 2,
        faults: { ...SOUND, covered: expect.any(Number) },
      });
    }
  });

  it('leaves out classes that have no rows', async () => {
    write('gap.npy', writeNpy(Int32Array.from({ length: 800 }, (_, i) => 2 * (i % 2))));
    await json('fit train.npy --labels gap.npy --classes 4 -o gap.safetensors');
    expect(await json('inspect gap.safetensors --html gap.html')).toMatchObject({ emptyClasses: 2 });
    const { figures } = await look('gap.html');
    expect(figures[0]).toMatchObject({ centers: 2, faults: SOUND });
  });
});
