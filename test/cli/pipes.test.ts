// Pipes that end too early, are full, or are asked for more than they give; and progress.
import { execFileSync } from 'node:child_process';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { json, read, run, sample, shell, write, writeModel } from './support.js';

const M = '-m model.safetensors';

beforeAll(() => writeModel('rows', sample(60_000, 3, 4, 1)));

describe.skipIf(process.platform !== 'linux')('a full device', () => {
  it.each([
    `predict rows.npy ${M}`,
    'convert rows.npy - --to npy',
    `evaluate rows.npy --labels rows-labels.npy ${M}`,
    'fit rows.npy --labels rows-labels.npy -o -',
    'inspect model.safetensors --html -',
    '--help',
  ])('as standard output is told in one sentence: %s', async (command) => {
    const stderr = 'center-loss: standard output: no space is left on the device\n';
    expect(await shell(`center-loss ${command} > /dev/full`)).toMatchObject({ code: 1, stderr });
  });

  it('for progress does not stop the work', async () => {
    const line = `center-loss predict rows.npy ${M} --progress 2> /dev/full > /dev/null`;
    expect(await shell(line)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('a pipe', () => {
  it.each([
    ['fit - --labels - --classes 3 -o out', 'standard input: a pipe is read once, but it is asked for twice'],
    [`evaluate - --labels - ${M}`, 'standard input: a pipe is read once, but it is asked for twice'],
    ['convert - out.csv --labels -', 'standard input: a pipe is read once, but it is asked for twice'],
    ['inspect - --data -', 'standard input: a pipe is read once, but it is asked for twice'],
    ['fit <(cat rows.csv) -o out', 'labels from a pipe can be read only once: give the number of classes by --classes'],
    ['fit rows.npy --labels <(cat rows-labels.npy) -o out', 'labels from a pipe can be read only once'],
    ['fit <(cat rows.npy) --labels rows-labels.npy --tpr 0.9 --no-holdout -o out', 'which a pipe does not allow'],
    ['convert <(cat rows.csv) out.safetensors', 'the rows of a CSV have to be counted first'],
    ['convert rows.npy out.safetensors --labels <(cat rows-labels.npy)', 'the labels have to be read twice'],
    [`predict <(cat rows.csv) ${M} --to npy`, 'the rows of a CSV are counted at its end, too late for .npy in a pipe'],
  ])('is not asked for twice: %s', async (command, message) => {
    const data = command.startsWith('inspect') ? 'model.safetensors' : 'rows-labels.npy';
    const { code, stderr } = await shell(`center-loss ${command} < ${data}`);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^(note: .*\n)*center-loss: [^\n]+\n$/);
    expect(code).toBe(2);
  });

  it('of safetensors with labels, or of .npz, is read as a whole', async () => {
    await json('convert rows.npy both.safetensors --labels rows-labels.npy');
    const { stdout } = await shell('cat both.safetensors | center-loss fit - --classes 3 -o piped.safetensors --json');
    expect(JSON.parse(stdout)).toMatchObject({ rows: 60_000, classes: 3 });
    expect(read('piped.safetensors').equals(read('model.safetensors'))).toBe(true);
    write('both.npz', zipSync({ 'x.npy': read('rows.npy'), 'y.npy': read('rows-labels.npy') }, { level: 0 }));
    expect(await shell('cat both.npz | center-loss fit - --classes 3 -o zipped.safetensors')).toMatchObject({
      code: 0,
    });
    expect(read('zipped.safetensors').equals(read('model.safetensors'))).toBe(true);
  });

  it('without a name may be a model to inspect', async () => {
    expect(await shell('center-loss inspect <(cat model.safetensors)')).toMatchObject({ code: 0, stderr: '' });
  });

  it('that its reader closes early is no failure', async () => {
    const { stdout } = await shell(`center-loss score rows.npy ${M} | head -n 2; echo "\${PIPESTATUS[0]}"`);
    expect(stdout).toMatch(/^score,label,nearest\n.*\n0\n$/);
  });

  it('can have a name, and a device is written to, not replaced', async () => {
    expect(await shell(`center-loss predict <(cat rows.npy) ${M} -o /dev/null`)).toMatchObject({ code: 0 });
    expect(execFileSync('sh', ['-c', 'test -c /dev/null && echo device'], { encoding: 'utf8' })).toBe('device\n');
  });
});

it('progress is shown only to a person, or if it is asked for', async () => {
  const predict = `predict rows.npy ${M} -o labels.npy`;
  expect((await run(predict)).stderr).toBe('');
  const { stderr, stdout } = await run(`${predict} --progress --json`);
  expect(stderr).toMatch(/predict .* 100 % .*60,000 rows {2}[\d.]+ MB\/s {2}0:00 left/);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 60_000 });
});
