import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ClassCenters } from 'center-loss';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadMnist, PIXELS } from './data.js';
import { startBackend } from './network.js';
import { SPLITS, splitDigits } from './open-set.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Milliseconds for trainings on a machine that also does other work. */
const TIMEOUT = 600_000;

let folder: string;

beforeAll(async () => {
  await startBackend();
  folder = await mkdtemp(join(tmpdir(), 'center-loss-mnist-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs the program with a folder of its own. */
async function demo(name: string, ...args: string[]) {
  const out = join(folder, name);
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args, '--out', out]);
  return {
    stdout,
    text: (file: string) => readFile(join(out, file), 'utf8'),
    json: async (file: string) => JSON.parse(await readFile(join(out, file), 'utf8')),
    png: (file: string) => readFile(join(out, file)),
  };
}

const percent = (share: number, decimals = 2) => (100 * share).toFixed(decimals);

describe('two features, quick', () => {
  let run: Awaited<ReturnType<typeof demo>>;

  beforeAll(async () => {
    run = await demo('two-features', '--quick');
  }, TIMEOUT);

  test('center loss makes classes compact, so that the nearest center classifies', async () => {
    const { softmax, center, digits } = await run.json('report.json');
    expect(digits).toEqual({ train: 20_000, test: 10_000 });
    expect(softmax.headAccuracy).toBeGreaterThan(0.6);
    expect(center.headAccuracy).toBeGreaterThan(0.6);
    expect(center.nearestCenterAccuracy).toBeGreaterThan(0.6);
    expect(center.nearestCenterAccuracy).toBeGreaterThan(softmax.nearestCenterAccuracy);
    expect(center.spreadRatio).toBeGreaterThan(softmax.spreadRatio);
  });

  test('terminal and report show the figures', async () => {
    const { softmax, center } = await run.json('report.json');
    const html = await run.text('report.html');
    for (const { headAccuracy, nearestCenterAccuracy, spreadRatio } of [softmax, center]) {
      for (const text of [
        `${percent(headAccuracy)} %`,
        `${percent(nearestCenterAccuracy)} %`,
        spreadRatio.toFixed(1),
      ]) {
        expect(html).toContain(`<td>${text}</td>`);
        expect(run.stdout).toContain(text);
      }
    }
    expect(run.stdout).toContain(`classify ${Math.round(1e4 * center.nearestCenterAccuracy)} of the 10000 test digits`);
    await expectReport(html, ['features'], run.png);
  });

  test('the centers that it writes classify the embeddings that it writes, nearly all within the threshold', async () => {
    const { nClasses, nDim, params, threshold, knownShare } = await run.json('centers.json');
    const { labels, values } = await run.json('embeddings.json');
    expect([nClasses, nDim, knownShare, labels.length]).toEqual([10, 2, 0.95, 200]);
    const centers = new ClassCenters(nClasses, nDim);
    centers.params.set(params);
    const predicted = centers.predict(values);
    const distances = centers.distances(values);
    const own = labels.map((label: number, row: number) => distances[nClasses * row + label]);
    expect(labels.filter((label: number, row: number) => label === predicted[row]).length).toBeGreaterThan(120);
    expect(own.filter((distance: number) => distance <= threshold).length).toBeGreaterThan(160);
  });
});

describe('open set, quick', () => {
  let run: Awaited<ReturnType<typeof demo>>;
  let trials: {
    method: string;
    score: string;
    evaluation: { auroc: number; oscr: number; accuracy: number; accepted: number; refused: number };
  }[];

  beforeAll(async () => {
    run = await demo('open-set', 'open-set', '--quick');
    ({ trials } = await run.json('open-set.json'));
  }, TIMEOUT);

  const evaluationOf = (method: string, score: string) => {
    const trial = trials.find((each) => each.method === method && each.score === score);
    if (!trial) throw new Error(`there is no trial of ${method} and ${score}`);
    return trial.evaluation;
  };

  test('networks learn the known digits and refuse many unknown ones', () => {
    for (const [method, score] of [['softmax', '1 − max softmax'] as const, ['center', 'distance'], ['cac', 'cac']]) {
      const { accuracy, auroc, refused } = evaluationOf(method, score);
      expect(accuracy, method).toBeGreaterThan(0.9);
      expect(auroc, method).toBeGreaterThan(0.8);
      expect(refused, method).toBeGreaterThan(0.3);
    }
  });

  test('distances are of use if center loss was in the training', () => {
    expect(evaluationOf('center', 'distance').auroc).toBeGreaterThan(evaluationOf('softmax', 'distance').auroc);
  });

  test('each threshold holds on test digits, and OSCR is at most AUROC and accuracy', () => {
    expect(trials.length).toBe(9 + 9 + 7);
    for (const { method, score, evaluation } of trials) {
      const { auroc, oscr, accuracy, accepted } = evaluation;
      expect(Math.abs(accepted - 0.95), `${method}, ${score}`).toBeLessThan(0.03);
      expect(oscr, `${method}, ${score}`).toBeLessThanOrEqual(Math.min(auroc, accuracy) + 1e-9);
    }
  });

  test('terminal and report show the figures', async () => {
    const html = await run.text('open-set.html');
    for (const { evaluation } of trials) {
      expect(html).toContain(`<td>${percent(evaluation.auroc)}</td>`);
      expect(run.stdout).toContain(percent(evaluation.auroc));
    }
    const { accepted, refused } = evaluationOf('center', 'distance');
    for (const text of [html, run.stdout]) {
      expect(text).toContain(`accepts ${Math.round(6030 * accepted)} of 6030 known test digits`);
      expect(text).toContain(`refuses ${Math.round(3970 * refused)} of 3970 unknown ones`);
    }
    await expectReport(html, ['scores', 'roc', 'regions'], run.png);
  });

  test('the moving picture has a form for light and for dark, and a still one for who wants no motion', async () => {
    for (const name of ['what-it-does.svg', 'what-it-does-dark.svg']) {
      const svg = await run.text(name);
      expect(svg.length).toBeLessThan(200_000);
      expect(svg).not.toMatch(/NaN|undefined/);
      const [moving = '', still = ''] = svg.split('<g class="still">');
      expect(moving.match(/<circle r="2.6">/g)?.length).toBe(300);
      expect(moving).toContain('<animateMotion');
      expect(still).not.toContain('<animate');
    }
  });
});

/** Expects a report that loads no other file, with pictures for a column of 690 pixels at twice their number. */
async function expectReport(html: string, pictures: string[], png: (file: string) => Promise<Buffer>) {
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
  expect(html.match(/<svg/g)?.length).toBe(pictures.length);
  for (const file of pictures.flatMap((name) => [`${name}.png`, `${name}-dark.png`])) {
    const bytes = await png(file);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.readUInt32BE(16)).toBe(2 * 690);
    expect(bytes.length).toBeGreaterThan(20_000);
  }
}

describe('digits', () => {
  test('have the labels and the mean of MNIST', async () => {
    const { train, test } = await loadMnist();
    expect([train.labels.length, test.labels.length]).toEqual([60_000, 10_000]);
    expect([...train.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect([...test.labels.subarray(0, 8)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
    expect(train.images.reduce((sum, grey) => sum + grey, 0) / train.images.length / 255).toBeCloseTo(0.1307, 4);
  });

  test('of a split: no unknown digit is in the training, and no digit is both trained on and held out', () => {
    // The first pixel of each image is its digit, the second its row.
    const labels = Int32Array.from({ length: 200 }, (_, row) => (7 * row) % 10);
    const images = new Uint8Array(labels.length * PIXELS);
    for (const [row, digit] of labels.entries()) images.set([digit, row], row * PIXELS);
    const pixel = ({ labels, images }: { labels: Int32Array; images: Uint8Array }, at: number) =>
      Array.from(labels, (_, row) => Number(images[row * PIXELS + at]));
    SPLITS.forEach((known, split) => {
      const mnist = { train: { images, labels }, test: { images, labels } };
      const { train, validation, test, unknown } = splitDigits(mnist, split, { limit: Infinity, seed: 3 });
      for (const part of [train, validation, test]) {
        expect(pixel(part, 0)).toEqual(Array.from(part.labels, (label) => known[label]));
      }
      expect(unknown.labels.every((label) => label === -1)).toBe(true);
      expect(pixel(unknown, 0).some((digit) => known.includes(digit))).toBe(false);
      expect([train, validation, test, unknown].map((part) => part.labels.length)).toEqual([96, 24, 120, 80]);
      expect(new Set([...pixel(train, 1), ...pixel(validation, 1)]).size).toBe(120);
    });
  });
});

test('the seed decides the result', { timeout: TIMEOUT }, async () => {
  const few = ['--epochs', '1', '--limit', '640'];
  const first = await (await demo('first', ...few)).json('centers.json');
  expect(await (await demo('again', ...few, '--seed', '1')).json('centers.json')).toEqual(first);
  expect(await (await demo('other', ...few, '--seed', '2')).json('centers.json')).not.toEqual(first);
});

test.each([
  [['--epochs', '0'], '--epochs is "0"; expected a whole number from 1 up'],
  [['open-sets'], "there is no experiment 'open-sets'"],
  [['--fast'], "Unknown option '--fast'"],
])('%j is refused in one sentence', async (args, message) => {
  await expect(demo('refused', ...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
});
