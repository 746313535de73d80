// A fit that is killed, and continues.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { random } from '../support/mutate.js';
import { at, CLI, csvOf, failure, folder, json, type Ran, read, run, sample, write, writeSample } from './support.js';

const OPTIONS = '--checkpoint-every 2';
const FIT = `fit rows.npy --labels rows-labels.npy ${OPTIONS}`;
const CHECKPOINT = '--checkpoint fit.checkpoint';
const ADVICE = 'remove the file to start again, or name another by --checkpoint';
/** Rows of 64 dimensions in a block of 4 MB. */
const BLOCK = 2 ** 14;
const rows = sample(13 * BLOCK + 77, 20, 64, 1, 500);

beforeAll(async () => {
  writeSample('rows', rows);
  await json(`${FIT} -o whole.safetensors`);
});

const start = (args: string) => spawn(process.execPath, [CLI, ...args.split(' ')], { cwd: folder, stdio: 'ignore' });

/** Starts a fit and kills it once it has saved something; false if it was done before that. */
async function killed(options = ''): Promise<boolean> {
  const child = start(`${FIT} ${CHECKPOINT} -o killed.safetensors ${options}`.trim());
  const before = existsSync(at('fit.checkpoint')) ? statSync(at('fit.checkpoint')).ino : 0;
  const isNew = () => existsSync(at('fit.checkpoint')) && statSync(at('fit.checkpoint')).ino !== before;
  while (child.exitCode === null && !isNew()) await setTimeout(1);
  child.kill('SIGKILL');
  return new Promise((resolve) => child.on('close', (_, signal) => resolve(signal === 'SIGKILL')));
}

const same = (name: string) => read(name).equals(read('whole.safetensors'));

it('gives the same bits with and without checkpoints, and removes its checkpoint', async () => {
  const { resumedAt } = await json(`${FIT} ${CHECKPOINT} -o checked.safetensors`);
  expect([resumedAt, same('checked.safetensors'), existsSync(at('fit.checkpoint'))]).toEqual([null, true, false]);
});

it('continues where it was killed, with the same bits', async () => {
  let kills = 0;
  // A run may finish before it is killed.
  for (let attempt = 0; attempt < 20 && kills < 2; attempt++) if (await killed()) kills++;
  expect(kills).toBe(2);
  expect(existsSync(at('fit.checkpoint'))).toBe(true);
  const report = await json(`${FIT} ${CHECKPOINT} -o killed.safetensors`);
  expect(report).toMatchObject({ rows: rows.rows, unknown: 500, rejected: 0 });
  const { resumedAt } = report as { resumedAt: number };
  expect(resumedAt).toBeGreaterThan(0);
  expect(resumedAt % (2 * BLOCK)).toBe(0);
  expect(same('killed.safetensors')).toBe(true);
  expect(existsSync(at('fit.checkpoint'))).toBe(false);
});

it('continues with a threshold, for which rows are held out', async () => {
  await json(`${FIT} --tpr 0.9 -o whole-classifier.safetensors`);
  let kills = 0;
  for (let attempt = 0; attempt < 20 && kills < 1; attempt++) if (await killed('--tpr 0.9')) kills++;
  expect(kills).toBe(1);
  await json(`${FIT} --tpr 0.9 ${CHECKPOINT} -o killed.safetensors`);
  expect(read('killed.safetensors').equals(read('whole-classifier.safetensors'))).toBe(true);
});

it('does not continue with other rows or options', async () => {
  while (!(await killed()));
  const checkpoint = read('fit.checkpoint');
  const refused = async (fit: string) => {
    const message = `fit.checkpoint: the checkpoint is of other rows or of other options: ${ADVICE}`;
    expect(await failure(`${fit} ${CHECKPOINT} -o refused.safetensors`)).toEqual([1, message]);
  };
  await refused(`${FIT} --classes 21`);
  const bytes = read('rows.npy');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  write('other.npy', bytes);
  await refused(`fit other.npy --labels rows-labels.npy ${OPTIONS}`);
  // One label in the middle changes, but not the size of the file.
  const labels = read('rows-labels.npy');
  const middle = 4 * Math.floor(labels.length / 8);
  const changed = Buffer.from(labels);
  changed.writeInt32LE((labels.readInt32LE(middle) + 1) % 20, middle);
  write('rows-labels.npy', changed);
  await refused(FIT);
  write('rows-labels.npy', labels);
  expect(read('fit.checkpoint').equals(checkpoint)).toBe(true);
  expect(existsSync(at('refused.safetensors'))).toBe(false);
});

it('refuses a file that is not a checkpoint, and pipes', async () => {
  for (const text of ['', 'no', '\n', '[[['.repeat(1e5), `${'0'.repeat(64)} {"work":"","rows":1e99}\n`]) {
    write('fit.checkpoint', text);
    const message = `fit.checkpoint: not a checkpoint of this version of center-loss fit, or a damaged one: ${ADVICE}`;
    expect(await failure(`${FIT} ${CHECKPOINT} -o x.safetensors`)).toEqual([1, message]);
  }
  rmSync(at('fit.checkpoint'));
  const input = csvOf(sample(20, 20, 3, 1));
  const noFile = 'standard input: a pipe or a compressed file cannot be resumed: --checkpoint needs files';
  expect(await failure(`fit - --classes 20 ${CHECKPOINT} -o x.safetensors`, { input })).toEqual([1, noFile]);
});

it('refuses a checkpoint with a flipped bit', async () => {
  while (!(await killed()));
  const whole = read('fit.checkpoint');
  const next = random(1);
  // A bit of the line before the statistics, or any.
  for (let i = 0; i < 40; i++) {
    const place = next(i % 2 === 0 ? 160 : whole.length);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(whole.readUInt8(place) ^ (1 << next(8)), place);
    write('fit.checkpoint', flipped);
    const [code, message] = await failure(`${FIT} ${CHECKPOINT} -o refused.safetensors`);
    expect([place, code]).toEqual([place, 1]);
    expect(message).toMatch(new RegExp(`^fit\\.checkpoint: (.* damaged|not a checkpoint).*: ${ADVICE}$`));
  }
  write('fit.checkpoint', whole);
  expect((await json(`${FIT} ${CHECKPOINT} -o mended.safetensors`)).resumedAt).toBeGreaterThan(0);
  expect(same('mended.safetensors')).toBe(true);
});

it('is right, or is refused, beside other fits with the same checkpoint', async () => {
  await json(`${FIT} --classes 30 -o thirty.safetensors`);
  const parts = () => readdirSync(folder).filter((name) => name.endsWith('.part'));
  const killed = parts();
  const fits = ['', '', '--classes 30', ''].map((options, i) =>
    run(`${FIT} ${CHECKPOINT} -o at-once${i}.safetensors ${options}`),
  );
  const [first, ...others] = await Promise.all(fits);
  for (const [i, { code, stderr }] of [first as Ran, ...others].entries()) {
    if (code === 0)
      expect(read(`at-once${i}.safetensors`).equals(read(i === 2 ? 'thirty.safetensors' : 'whole.safetensors'))).toBe(
        true,
      );
    else
      expect([i, stderr]).toEqual([
        i,
        `center-loss: fit.checkpoint: the checkpoint is of other rows or of other options: ${ADVICE}\n`,
      ]);
  }
  expect(parts()).toEqual(killed);
  rmSync(at('fit.checkpoint'), { force: true });
});
