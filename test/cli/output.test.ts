// Output over files that exist.
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, failure, folder, json, read, run, sample, shell, write, writeModel, writeSample } from './support.js';

const FIT = 'fit rows.npy --labels rows-labels.npy';
const rows = sample(300, 3, 4, 1);

beforeAll(() => writeModel('rows', rows));

it('writes through a link', async () => {
  write('old.csv', 'old');
  symlinkSync(at('old.csv'), at('link.csv'));
  await json('predict rows.npy -m model.safetensors -o link.csv');
  expect(lstatSync(at('link.csv')).isSymbolicLink()).toBe(true);
  expect(read('old.csv').toString()).toMatch(/^label\n0\n/);
});

const parts = () => readdirSync(folder).filter((name) => name.endsWith('.part'));

describe.skipIf(process.platform === 'win32')('the system', () => {
  it('gives a new file the permissions of the umask, and a replaced one keeps its own', async () => {
    write('secret.safetensors', '');
    chmodSync(at('secret.safetensors'), 0o606);
    const { stderr } = await shell(
      `umask 027; for f in secret new; do center-loss ${FIT} -o $f.safetensors --json > /dev/null; done`,
    );
    const modes = ['secret', 'new'].map((name) => statSync(at(`${name}.safetensors`)).mode & 0o777);
    expect([stderr, modes]).toEqual(['', [0o606, 0o640]]);
  });

  it('refuses a link to nothing', async () => {
    symlinkSync(at('nothing.csv'), at('dangling.csv'));
    const message = 'dangling.csv: is a link to a file that does not exist';
    expect(await failure('predict rows.npy -m model.safetensors -o dangling.csv')).toEqual([1, message]);
    expect(existsSync(at('nothing.csv'))).toBe(false);
  });

  it.each([
    [
      'a descriptor',
      '{ echo first; center-loss score rows.npy -m model.safetensors -o /dev/fd/3; } 3> there.csv > said',
    ],
    ['standard output', '{ echo first; center-loss score rows.npy -m model.safetensors -o /dev/stdout; } > there.csv'],
    ['a named pipe', 'mkfifo p; cat p > there.csv & center-loss score rows.npy -m model.safetensors -o p; wait'],
  ])('writes to %s, and replaces nothing', async (_, line) => {
    const { stderr } = await shell(line);
    const { stdout } = await run('score rows.npy -m model.safetensors');
    const text = read('there.csv').toString();
    expect([stderr, text.endsWith(stdout), text.split('\n').length - stdout.split('\n').length]).toEqual([
      '',
      true,
      line.includes('stdout') ? 1 : 0,
    ]);
  });

  it('and a reader that closes a named pipe early is no failure', async () => {
    const line = 'mkfifo q; head -n 1 q & center-loss convert long.npy q --to csv --json; echo $?; wait';
    writeSample('long', sample(100_000, 3, 4, 1));
    expect(await shell(line)).toEqual({ code: 0, stdout: 'x0,x1,x2,x3\n0\n', stderr: '' });
  });
});

it('is one whole result of those that are written at once', async () => {
  writeSample('many', sample(60_000, 3, 4, 1));
  const scores = ['distance', 'softmin', 'entropy'];
  const command = (score: string, file: string) => `score many.npy -m model.safetensors --score ${score} -o ${file}`;
  const results = await Promise.all(
    scores.map(async (score) => (await json(command(score, `${score}.csv`))) && read(`${score}.csv`)),
  );
  for (let i = 0; i < 3; i++) {
    await Promise.all(scores.map((score) => json(command(score, 'shared.csv'))));
    expect(results.filter((result) => result.equals(read('shared.csv')))).toHaveLength(1);
  }
  expect(parts()).toEqual([]);
});

it('is as it was after a failure in the middle', async () => {
  write('old.csv', 'old');
  write('bad.csv', `${'1,2,3,4\n'.repeat(200_000)}1,2,x,4\n`);
  expect((await failure('predict bad.csv -m model.safetensors -o old.csv'))[0]).toBe(1);
  expect([read('old.csv').toString(), parts()]).toEqual(['old', []]);
});

it('may be the file that is read', async () => {
  writeSample('self', rows);
  await json('convert self.npy self.npy');
  expect(read('self.npy').equals(read('rows.npy'))).toBe(true);
});

describe('is refused before any work', () => {
  it.each([`${FIT} -o folder`, 'predict rows.npy -m model.safetensors -o folder', 'convert rows.npy folder --to csv'])(
    'if it is a folder: %s',
    async (args) => {
      mkdirSync(at('folder'), { recursive: true });
      expect(await failure(`${args} --progress`)).toEqual([1, 'folder: is a directory, not a file']);
      expect(parts()).toEqual([]);
    },
  );

  it('if it is the checkpoint, which is removed at the end', async () => {
    const message = '--checkpoint and --output are the same file: the checkpoint is removed at the end';
    expect(await failure(`${FIT} --checkpoint ./one.safetensors -o one.safetensors`)).toEqual([2, message]);
    expect(existsSync(at('one.safetensors'))).toBe(false);
  });
});
