// Pipes that end too early, are full, or are asked for more than they give.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { csvOf, sample, writeSample } from './rows.js';
import { at, CLI, folder, json } from './run.js';

const rows = sample(60_000, 3, 4, 1);
const M = '-m model.safetensors';

beforeAll(async () => {
  writeSample('rows', rows);
  writeFileSync(at('rows.csv'), csvOf(rows));
  await json(['fit', 'rows.npy', '--labels', 'rows-labels.npy', '-o', 'model.safetensors']);
});

/** Exit code and output of a shell line, where `center-loss` is the command line. */
function shell(line: string): Promise<{ code: number | null; stderr: string }> {
  const command = `center-loss() { "${process.execPath}" "${CLI}" "$@"; }; ${line}`;
  const child = spawn('bash', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

describe.skipIf(process.platform !== 'linux')('a full device', () => {
  it.each([
    `predict rows.npy ${M}`,
    'convert rows.npy - --to npy',
    `evaluate rows.npy --labels rows-labels.npy ${M}`,
    'fit rows.npy --labels rows-labels.npy -o -',
    'inspect model.safetensors --html -',
    '--help',
  ])('as standard output is told in one sentence: %s', async (command) => {
    expect(await shell(`center-loss ${command} > /dev/full`)).toEqual({
      code: 1,
      stderr: 'center-loss: standard output: no space is left on the device\n',
    });
  });

  it('for progress does not stop the work', async () => {
    expect(await shell(`center-loss predict rows.npy ${M} --progress 2> /dev/full`)).toEqual({ code: 0, stderr: '' });
  });
});

describe('a pipe', () => {
  it.each([
    ['fit - --labels - --classes 3 -o out', 'standard input: a pipe is read once, but it is asked for twice'],
    [`evaluate - --labels - ${M}`, 'standard input: a pipe is read once, but it is asked for twice'],
    ['convert - out.csv --labels -', 'standard input: a pipe is read once, but it is asked for twice'],
    ['inspect - --data -', 'standard input: a pipe is read once, but it is asked for twice'],
    ['fit <(cat rows.csv) -o out', 'labels from a pipe are seen once: say how many --classes there are'],
    ['fit rows.npy --labels <(cat rows-labels.npy) -o out', 'labels from a pipe are seen once'],
    ['fit <(cat rows.npy) --labels rows-labels.npy --tpr 0.9 -o out', 'which a pipe does not give'],
    ['convert <(cat rows.csv) out.safetensors', 'the rows of a CSV are counted first, which a pipe does not allow'],
    ['convert rows.npy out.safetensors --labels <(cat rows-labels.npy)', 'labels of a pipe cannot be looked at first'],
  ])('is not asked for twice: %s', async (command, message) => {
    const data = command.startsWith('inspect') ? 'model.safetensors' : 'rows-labels.npy';
    const { code, stderr } = await shell(`center-loss ${command} < ${data}`);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^center-loss: [^\n]+\n$/);
    expect(code).toBe(2);
  });

  it('without a name may be a model to inspect', async () => {
    expect(await shell('center-loss inspect <(cat model.safetensors)')).toEqual({ code: 0, stderr: '' });
  });
});
