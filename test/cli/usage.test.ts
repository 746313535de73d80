// Help, messages and exit codes.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { toSafetensors, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { csvOf, sample, writeSample } from './rows.js';
import { at, CLI, folder, json, run } from './run.js';

const COMMANDS = ['fit', 'predict', 'score', 'evaluate', 'inspect', 'convert'];
const rows = sample(300, 3, 4, 1);

beforeAll(async () => {
  writeSample('rows', rows);
  writeFileSync(at('rows.csv'), csvOf(rows));
  await json(['fit', 'rows.npy', '--labels', 'rows-labels.npy', '-o', 'model.safetensors']);
  await json(['fit', 'rows.npy', '--labels', 'rows-labels.npy', '--classes', '1001', '-o', 'many.safetensors']);
});

describe('help', () => {
  it.each(COMMANDS)('of %s has examples, every option of which there is', async (command) => {
    const { code, stdout, stderr } = await run([command, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    const [help = '', examples = ''] = stdout.split('\nExamples:\n');
    const lines = examples.trim().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(line).toContain(`center-loss ${command} `);
      for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(help).toContain(option);
    }
  });

  it('lists the commands', async () => {
    const { stdout } = await run(['--help']);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await run(['--version'])).stdout).toBe(`${version}\n`);
  });
});

const X = ['rows.npy', '--labels', 'rows-labels.npy'];
const M = ['-m', 'model.safetensors'];
const O = ['-o', 'out.safetensors'];

describe('exit code 2, for a command that is not called as it should be', () => {
  it.each([
    [[], 'Usage: center-loss'],
    [['train'], "error: unknown command 'train'"],
    [['fit', '-o', 'out'], "error: missing required argument 'rows'"],
    [['fit', 'rows.npy'], "error: required option '-o, --output <file>' not specified"],
    [['predict', 'rows.npy'], "error: required option '-m, --model <file>' not specified"],
    [['predict', 'rows.npy', ...M, '--fast'], "error: unknown option '--fast'"],
    [['predict', 'rows.npy', 'more.npy', ...M], 'error: too many arguments'],
    [['fit', ...X, ...O, '--classes', '0'], "argument '0' is invalid. It must be a whole number from 1 on."],
    [['fit', ...X, ...O, '--tpr', '1.5'], "argument '1.5' is invalid. It must be above 0 and at most 1."],
    [['score', 'rows.npy', ...M, '--metric', 'l1'], 'Allowed choices are sqeuclidean, euclidean, cosine.'],
    [['score', 'rows.npy', ...M, '--threshold', 'x'], "argument 'x' is invalid. It must be a number."],
    [['fit', '-', ...O], 'labels from a pipe are seen once: say how many --classes there are'],
    [['fit', '-', '--classes', '3', '--tpr', '0.9', ...O], 'name a --calibration'],
    [['fit', ...X, '--calibration', 'rows.npy', ...O], '--calibration is for a threshold'],
    [['fit', ...X, '--tpr', '0.9', '--calibration-labels', 'labels.npy', ...O], 'name these as --calibration'],
    [['fit', ...X, '--metric', 'cosine', ...O], '--metric is for a threshold'],
    [
      // Before the rows are looked at: these are not even there.
      ['evaluate', 'none.npy', '-m', 'many.safetensors', '--confusion'],
      '--confusion is for up to 1000 classes, not for 1001',
    ],
    [['inspect', 'model.safetensors', '--labels', 'rows-labels.npy'], '--labels are those of --data'],
    [
      ['predict', 'rows.csv', ...M, '--delimiter', ''],
      "argument '' is invalid. It must be text without quotes and newlines.",
    ],
    [['predict', '-', '-m', '-'], 'rows and model cannot both be standard input'],
    [['convert', 'rows.npy', 'rows.parquet'], 'the format of rows.parquet is not clear: name it by --to'],
    [['inspect', 'rows.npy', '--html', 'x.html'], 'rows.npy holds no centers'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

const csv = (name: string, text: string) => () => writeFileSync(at(name), text);
const npy = (name: string, values: Parameters<typeof writeNpy>[0], shape: number[]) => () =>
  writeFileSync(at(name), writeNpy(values, shape));

describe('exit code 1 and one sentence with the file and the values, for a failure', () => {
  it.each<[string, () => void, string[], string]>([
    ['no file', () => {}, ['fit', 'none.npy', ...O], 'none.npy: no such file'],
    ['no labels file', () => {}, ['fit', 'rows.npy', '--labels', 'none.npy', ...O], 'none.npy: no such file'],
    ['no model', () => {}, ['predict', 'rows.npy', '-m', 'none'], 'none: no such file'],
    ['a folder', () => mkdirSync(at('dir')), ['predict', 'dir', ...M], 'dir: is a directory, not a file'],
    ['no place for the output', () => {}, ['fit', ...X, '-o', 'no/out'], 'no/out: no such file'],
    ['no place for results', () => {}, ['predict', 'rows.npy', ...M, '-o', 'no/out.npy'], 'no/out.npy: no such file'],
    [
      'no labels',
      () => {},
      ['fit', 'rows.npy', ...O],
      'rows.npy: there are no labels beside the rows: name a file of them by --labels',
    ],
    [
      'fewer labels',
      npy('few.npy', new Int32Array(299), [299]),
      ['fit', 'rows.npy', '--labels', 'few.npy', ...O],
      'few.npy has 299 labels, but rows.npy has 300 rows',
    ],
    [
      'fewer labels in a CSV',
      csv('few.csv', 'label\n0\n1\n'),
      ['fit', 'rows.npy', '--labels', 'few.csv', ...O],
      'few.csv: there are fewer labels than rows in rows.npy',
    ],
    [
      'more labels in a CSV',
      csv('more.csv', `label\n${'0\n'.repeat(301)}`),
      ['fit', 'rows.npy', '--labels', 'more.csv', ...O],
      'more.csv: there are more labels than rows in rows.npy',
    ],
    [
      'a label too high',
      () => {},
      ['fit', ...X, '--classes', '2', ...O],
      'rows-labels.npy: row 2 has the label 2, but there are 2 classes (0 … 1; below 0 = unknown)',
    ],
    [
      'half a label',
      () => {
        writeFileSync(at('half.npy'), writeNpy(Float32Array.of(0, 0.5)));
        writeFileSync(at('two.npy'), writeNpy(new Float32Array(8), [2, 4]));
      },
      ['fit', 'two.npy', '--labels', 'half.npy', ...O],
      'half.npy: row 1 has the label 0.5, which is not an integer',
    ],
    [
      'labels in two columns',
      npy('wide.npy', new Int32Array(600), [300, 2]),
      ['fit', 'rows.npy', '--labels', 'wide.npy', ...O],
      'wide.npy: an array of I32 of shape (300, 2); expected labels: one integer a row',
    ],
    [
      'all unknown',
      npy('unknown.npy', new Int32Array(300).fill(-1), [300]),
      ['fit', 'rows.npy', '--labels', 'unknown.npy', ...O],
      'unknown.npy: no row has a class: all labels are below 0, or there are none',
    ],
    [
      'other dimensions than the model',
      npy('wide.npy', new Float32Array(10), [2, 5]),
      ['predict', 'wide.npy', ...M],
      'wide.npy: rows have 5 dimensions, but the centers have 4',
    ],
    [
      'an array cut short',
      () => writeFileSync(at('cut.npy'), readFileSync(at('rows.npy')).subarray(0, -1)),
      ['predict', 'cut.npy', ...M],
      'cut.npy: an array of F32 of shape (300, 4) ends at byte 4928, but the file at 4927',
    ],
    [
      'an array of three dimensions',
      npy('deep.npy', new Float32Array(8), [2, 2, 2]),
      ['predict', 'deep.npy', ...M],
      'deep.npy: the array has the shape (2, 2, 2); expected (N, D)',
    ],
    [
      'no words in a CSV',
      csv('word.csv', '1,2,3,4\n1,2,x,4\n'),
      ['predict', 'word.csv', ...M],
      'word.csv: row 1, column 2 is "x", which is not a number',
    ],
    [
      'no holes in a CSV',
      csv('hole.csv', 'a,b,c,d\n1,2,,4\n'),
      ['predict', 'hole.csv', ...M],
      'hole.csv: row 0, column "c" is "", which is not a number',
    ],
    [
      'rows of other lengths',
      csv('short.csv', '1,2,3,4\n1,2,3\n'),
      ['predict', 'short.csv', ...M],
      'short.csv: Invalid Record Length',
    ],
    ['an empty file', csv('empty.csv', ''), ['predict', 'empty.csv', ...M], 'empty.csv: the file has no row'],
    [
      'a column that is not there',
      () => {},
      ['fit', 'rows.csv', '--label-column', 'species', ...O],
      'rows.csv: there is no column "species" among its columns, "f0, f1, f2, f3, label"',
    ],
    [
      'a model that is none',
      () => {},
      ['predict', 'rows.npy', '-m', 'rows.csv'],
      'rows.csv: expected centers in a .safetensors',
    ],
    ['a model that is rows', () => {}, ['inspect', 'rows.csv'], 'rows.csv: expected centers in a .safetensors file'],
    [
      'no centers',
      () => {},
      ['convert', '--centers', 'rows.npy', 'x.csv'],
      'rows.npy: expected centers in a .safetensors',
    ],
    [
      'an archive',
      () => writeFileSync(at('rows.npz'), 'PK\x03\x04 and more'),
      ['predict', 'rows.npz', ...M],
      'rows.npz: is an archive, as .npz is: np.save writes one array alone',
    ],
    [
      'what is compressed',
      () => writeFileSync(at('rows.csv.gz'), Uint8Array.of(0x1f, 0x8b, 8, 0)),
      ['predict', 'rows.csv.gz', ...M],
      'rows.csv.gz: is compressed: let zcat unpack it into a pipe',
    ],
    [
      'a file of other tensors',
      () =>
        writeFileSync(
          at('a.safetensors'),
          toSafetensors({ a: { dtype: 'F32', shape: [1], data: Float32Array.of(1) } }),
        ),
      ['predict', 'rows.npy', '-m', 'a.safetensors'],
      'a.safetensors: no tensor of the file is called as centers are; its tensors are "a": name one by --model-tensor',
    ],
    [
      'a score that the model has not what it needs for',
      () => {},
      ['score', 'rows.npy', ...M, '--score', 'normalized'],
      "score 'normalized' needs",
    ],
    [
      'names that stand twice',
      csv('twice.txt', 'a\nb\na\n'),
      ['fit', ...X, '--names', 'twice.txt', ...O],
      'twice.txt: the name "a" is there twice',
    ],
  ])('%s', async (_, prepare, args, message) => {
    prepare();
    const { code, stderr, stdout } = await run(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^center-loss: [^\n]+\n$/);
    expect([code, stdout]).toEqual([1, '']);
    expect(existsSync(at('out.safetensors'))).toBe(false);
  });
});

it('says nothing of files that a failure left open', async () => {
  const collect = `data:text/javascript,${encodeURIComponent(
    "process.once('beforeExit', () => { gc(); setTimeout(() => {}, 50); });",
  )}`;
  const args = ['fit', ...X, ...O, '--classes', '2'];
  const { code, stderr } = await run(args, { node: ['--expose-gc', '--import', collect] });
  expect(stderr).toMatch(/^center-loss: [^\n]+\n$/);
  expect(code).toBe(1);
});

describe('pipes and progress', () => {
  it('ends in peace when nobody reads on', () => {
    writeSample('long', sample(200_000, 3, 4, 2));
    const command = `"${process.execPath}" "${CLI}" score long.npy -m model.safetensors | head -n 2`;
    const script = `set -o pipefail; ${command}; echo "\${PIPESTATUS[0]}"`;
    const lines = execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    expect([lines[0], lines.at(-1)]).toEqual(['score,label,nearest', '0']);
  });

  it('says nothing of progress unless a person sees it or asks for it', async () => {
    const args = ['predict', 'rows.npy', ...M, '-o', 'labels.npy'];
    expect((await run(args)).stderr).toBe('');
    const { stderr, stdout } = await run([...args, '--progress', '--json']);
    expect(stderr).toMatch(/predict .* 100 % .*300 rows {2}[\d.]+ MB\/s {2}0:00 left/);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 300 });
  });

  it('takes a named pipe for a pipe, and does not replace a device', async () => {
    const command = `"${process.execPath}" "${CLI}" predict <(cat rows.npy) -m model.safetensors -o /dev/null`;
    const child = spawn('bash', ['-c', command], { cwd: folder, stdio: 'ignore' });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(execFileSync('sh', ['-c', 'test -c /dev/null && echo device'], { encoding: 'utf8' })).toBe('device\n');
  });
});
