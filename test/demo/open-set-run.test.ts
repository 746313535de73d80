import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Figures } from '../../demo/open-set/report.js';

const MAIN = fileURLToPath(new URL('../../demo/open-set/main.js', import.meta.url));

let folder: string;

/** Runs the demo on real digits, into a folder of its own. */
async function demo(name: string, ...args: string[]): Promise<{ out: string; stdout: string; stderr: string }> {
  const out = join(folder, name);
  return { out, ...(await promisify(execFile)(process.execPath, [MAIN, ...args, '--out', out])) };
}

async function readFigures(run: { out: string }): Promise<Figures> {
  return JSON.parse(await readFile(join(run.out, 'open-set.json'), 'utf8'));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'center-loss-open-set-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a quick run on one split', () => {
  let run: Awaited<ReturnType<typeof demo>>;
  let figures: Figures;

  beforeAll(async () => {
    run = await demo('run', '--quick', '--splits', '1');
    figures = await readFigures(run);
  }, 240_000);

  const figureOf = (nDim: number, method: string, score: string) => {
    const row = figures.summary.find((each) => each.nDim === nDim && each.method === method && each.score === score);
    if (!row) throw new Error(`no row of ${nDim}, ${method}, ${score}`);
    return row.figures;
  };

  test('learns the known digits', () => {
    for (const method of ['softmax', 'center', 'cac']) {
      expect(figureOf(64, method, 'distance').accuracy?.mean, method).toBeGreaterThan(0.8);
    }
  });

  test('tells unknown digits from known ones better than chance', () => {
    expect(figureOf(64, 'softmax', '1 − max softmax').auroc?.mean).toBeGreaterThan(0.7);
    expect(figureOf(64, 'cac', 'cac').auroc?.mean).toBeGreaterThan(0.7);
  });

  test('has a row for every score of every training', () => {
    const rows = figures.summary.map(({ nDim, method, score }) => `${nDim}/${method}/${score}`);
    expect(new Set(rows).size).toBe(rows.length);
    expect(rows.length).toBe(2 * (9 + 9 + 7));
  });

  test('gives shares, and an OSCR that neither AUROC nor accuracy falls short of', () => {
    for (const { score, method, evaluation } of figures.trials) {
      const { threshold, ...shares } = evaluation;
      expect(Number.isFinite(threshold)).toBe(true);
      for (const share of Object.values(shares)) {
        if (share === null) continue;
        expect(share, `${method}, ${score}`).toBeGreaterThanOrEqual(0);
        expect(share, `${method}, ${score}`).toBeLessThanOrEqual(1);
      }
      expect(evaluation.oscr).toBeLessThanOrEqual(Math.min(evaluation.auroc, evaluation.accuracy) + 1e-9);
    }
  });

  test('fits thresholds that hold on digits of the test set', () => {
    for (const { score, method, evaluation } of figures.trials) {
      expect(Math.abs(evaluation.tpr - 0.95), `${method}, ${score}`).toBeLessThan(0.05);
    }
  });

  test('says what was known, and of how many images', () => {
    expect(figures.splits).toEqual([{ known: [0, 1, 2, 4, 5, 9], unknown: [3, 6, 7, 8] }]);
    expect(figures.images[0]).toMatchObject({ train: 10_000, validation: 7167, known: 6030, unknown: 3970 });
  });

  test('prints plain lines where there is no terminal, and nothing of tfjs', () => {
    expect(run.stderr).toBe('');
    for (const noise of ['\x1b', '\r', 'TensorFlow']) expect(run.stdout).not.toContain(noise);
    expect(run.stdout).toContain('6 of 6 trainings done');
    expect(run.stdout).toContain('open-set.html');
    expect(/Fashion-MNIST is not in/.test(run.stdout)).toBe(figures.images[0]?.fashion === 0);
  });

  test('writes a report that shows the figures and loads nothing', async () => {
    const html = await readFile(join(run.out, 'open-set.html'), 'utf8');
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html.match(/<svg/g)?.length).toBe(3);
    const { mean } = figureOf(64, 'cac', 'cac').auroc ?? { mean: Number.NaN };
    expect(html).toContain(`<td data-figure="64/cac/cac/auroc">${(100 * mean).toFixed(2)} ± 0.00</td>`);
  });

  test.each(['open-set-scores', 'open-set-roc', 'open-set-regions'])(
    'writes %s.png, large enough for print',
    async (name) => {
      const png = await readFile(join(run.out, `${name}.png`));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(png.readUInt32BE(16)).toBeGreaterThan(1000);
      expect(png.length).toBeGreaterThan(20_000);
    },
  );
});

test('the seed decides all figures but the times, however many threads train', async () => {
  const few = ['--splits', '1', '--epochs', '1', '--limit', '640'];
  const first = await readFigures(await demo('first', ...few, '--seed', '7', '--threads', '1'));
  const again = await readFigures(await demo('again', ...few, '--seed', '7', '--threads', '3'));
  const other = await readFigures(await demo('other', ...few, '--seed', '8'));
  expect(again.trials).toEqual(first.trials);
  expect(other.trials).not.toEqual(first.trials);
}, 240_000);

test.each([
  [['--splits', '6'], '--splits is 6, but there are 5'],
  [['--fast'], "Unknown option '--fast'"],
])('refuses %j in one sentence', async (args, message) => {
  await expect(demo('refused', ...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
});
