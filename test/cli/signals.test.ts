// Signals in every state: the process ends at once, and leaves no unfinished file.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { writeNpy } from 'center-loss';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, CLI, folder, sample, write, writeModel } from './support.js';

const M = '-m model.safetensors';
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;
/** Milliseconds until a process without an unfinished file is in its state. */
const STARTED = 500;

beforeAll(async () => {
  await writeModel('rows', sample(100_000, 3, 4, 1));
  write('zeros.npz', zipSync({ 'x.npy': writeNpy(new Float32Array(2 ** 24), [2 ** 22, 4]) }));
  execFileSync('mkfifo', ['no-writer', 'slow-writer', 'no-reader'].map(at));
  // Gives each reader a header and some rows, and then a byte now and then.
  const line =
    'trap "" PIPE; while :; do { head -c 20000 rows.npy; while printf x; do sleep 0.1; done; } > slow-writer; done';
  const slow = spawn('sh', ['-c', line], { cwd: folder, detached: true, stdio: 'ignore' });
  return () => void process.kill(-(slow.pid as number));
});

const parts = () => readdirSync(folder).filter((name) => name.endsWith('.part'));

/** Exit code as a shell reports it: 128 + the number of the signal that ended the process. */
const codeOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) =>
    child.on('exit', (code, by) => resolve(code ?? 128 + constants.signals[by as NodeJS.Signals])),
  );

describe.skipIf(process.platform === 'win32')('a signal ends the process', () => {
  it.each([
    ['before a named pipe has a writer', `predict no-writer ${M}`, false],
    ['while a writer writes little', `convert slow-writer - --to csv`, false],
    ['while a writer writes little, with an unfinished file', `predict slow-writer ${M} -o slow.csv`, true],
    ['before a named pipe has a reader', `predict rows.npy ${M} -o no-reader --to csv`, false],
    ['while nobody reads its output', `score rows.npy ${M}`, false],
    ['while it unpacks or converts', 'convert zeros.npz - --to csv', false],
    ['while it computes', `evaluate rows.csv ${M}`, false],
    ['while it writes', 'convert rows.npy interrupted.csv', true],
  ])('%s: %s', async (_, args, isUnfinished) => {
    for (const [signal, code] of isUnfinished ? SIGNALS : SIGNALS.slice(0, 1)) {
      const child = spawn(process.execPath, [CLI, ...args.split(' ')], { cwd: folder });
      const ended = codeOf(child);
      if (isUnfinished) while (parts().length === 0) await setTimeout(1);
      else await setTimeout(STARTED);
      child.kill(signal);
      expect([await ended, child.stderr?.read()?.toString() ?? '', parts()]).toEqual([code, '', []]);
    }
    expect(existsSync(at('slow.csv')) || existsSync(at('interrupted.csv'))).toBe(false);
  });

  it('and a failure does, without a wait for the writer of a pipe', async () => {
    const child = spawn(process.execPath, [CLI, 'evaluate', 'slow-writer', '-m', 'model.safetensors'], { cwd: folder });
    expect(await codeOf(child)).toBe(1);
  });
});
