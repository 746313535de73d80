// Help, messages and exit codes.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { toSafetensors, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, failure, json, read, run, sample, write, writeModel } from './support.js';

const COMMANDS = ['fit', 'predict', 'score', 'evaluate', 'inspect', 'convert'];
const X = 'rows.npy --labels rows-labels.npy';
const M = '-m model.safetensors';

beforeAll(async () => {
  await writeModel('rows', sample(300, 3, 4, 1));
  await json(`fit ${X} --classes 1001 -o many.safetensors`);
  mkdirSync(at('dir'));
  for (const [name, contents] of Object.entries(FILES)) write(name, contents);
  write('cut.npy', read('rows.npy').subarray(0, -1));
});

/** Files that are wrong, or do not fit the rows. */
const FILES: Record<string, string | Uint8Array> = {
  'few.npy': writeNpy(new Int32Array(299)),
  'few.csv': 'label\n0\n1\n',
  'more.csv': `label\n${'0\n'.repeat(301)}`,
  'half.npy': writeNpy(Float32Array.of(0, 0.5)),
  'two.npy': writeNpy(new Float32Array(8), [2, 4]),
  'columns.npy': writeNpy(new Int32Array(600), [300, 2]),
  'unknown.npy': writeNpy(new Int32Array(300).fill(-1)),
  'wide.npy': writeNpy(new Float32Array(10), [2, 5]),
  'deep.npy': writeNpy(new Float32Array(8), [2, 2, 2]),
  'word.csv': '1,2,3,4\n1,2,x,4\n',
  'short.csv': '1,2,3,4\n1,2,3\n',
  'empty.csv': '',
  'a.safetensors': toSafetensors({ a: { dtype: 'F32', shape: [1], data: Float32Array.of(1) } }),
  'twice.txt': 'a\nb\na\n',
  'none.txt': '',
  'gap.txt': 'a\n\nb\n',
};

describe('help', () => {
  it.each(COMMANDS)('of %s has examples, with options that exist', async (command) => {
    const { code, stdout, stderr } = await run(`${command} --help`);
    expect([code, stderr]).toEqual([0, '']);
    const [help = '', examples = ''] = stdout.split('\nExamples:\n');
    const lines = examples.trim().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(line).toContain(`center-loss ${command} `);
      for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(help).toContain(option);
    }
  });

  it.each([
    ['fit', '-o, --output <file>'],
    ['predict', '-m, --model <file>'],
    ['score', '-m, --model <file>'],
    ['evaluate', '-m, --model <file>'],
  ])('of %s names the option that is required first', async (command, option) => {
    const [, options = ''] = (await run(`${command} --help`)).stdout.split('\nOptions:\n');
    expect(options).toMatch(new RegExp(`^  ${option} +required: `));
    expect(options.match(/required: /g)).toHaveLength(1);
  });

  it('lists the commands', async () => {
    const { stdout } = await run('--help');
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await run('--version')).stdout).toBe(`${version}\n`);
  });
});

it.each([
  ['', 'Usage: center-loss'],
  ['train', "error: unknown command 'train'"],
  ['fit -o out', "error: missing required argument 'rows'"],
  ['fit rows.npy', "error: required option '-o, --output <file>' not specified"],
  ['predict rows.npy', "error: required option '-m, --model <file>' not specified"],
  [`predict rows.npy ${M} --fast`, "error: unknown option '--fast'"],
  [`predict rows.npy more.npy ${M}`, 'error: too many arguments'],
  [`predict rows.csv ${M} --delimiter=`, "argument '' is invalid. It must be text without quotes and newlines."],
  [`predict rows.csv ${M} --delimiter "`, `argument '"' is invalid. It must be text without quotes and newlines.`],
  ['predict - -m -', 'rows and model cannot both be standard input'],
  [`score rows.npy ${M} --metric l1`, 'Allowed choices are sqeuclidean, euclidean, cosine.'],
  [`score rows.npy ${M} --threshold x`, "argument 'x' is invalid. It must be a number."],
  [`fit ${X} -o out --classes 0`, "argument '0' is invalid. It must be a whole number from 1 to 2147483647."],
  [`fit ${X} -o out --checkpoint-every 0`, "argument '0' is invalid. It must be a whole number, at least 1."],
  [`fit ${X} -o out --tpr 1.5`, "argument '1.5' is invalid. It must be above 0 and at most 1."],
  ['fit - -o out', 'labels from a pipe can be read only once: give the number of classes by --classes'],
  ['fit - --classes 3 --tpr 0.9 --no-holdout -o out', '--no-holdout needs the rows a second time'],
  [`fit ${X} -o out --tpr 0.9 --holdout 0.6`, "argument '0.6' is invalid. It must be above 0 and at most 0.5."],
  [`fit ${X} --calibration rows.npy -o out`, '--calibration is for a threshold'],
  [`fit ${X} --tpr 0.9 --calibration-labels labels.npy -o out`, '--calibration-labels are the labels of --calibration'],
  [`fit ${X} --metric cosine -o out`, '--metric is for a threshold'],
  [`fit ${X} --holdout 0.1 -o out`, '--holdout is for a threshold: add --score or --tpr'],
  [`fit ${X} --no-holdout -o out`, '--no-holdout is for a threshold'],
  [`fit ${X} --checkpoint - -o out`, '--checkpoint needs a file, not a pipe'],
  // The rows are looked at later: this file does not exist.
  ['evaluate none.npy -m many.safetensors --confusion', '--confusion is for up to 1000 classes, not for 1001'],
  ['inspect model.safetensors --labels rows-labels.npy', '--labels are the labels of --data'],
  ['inspect rows.npy --html x.html', 'rows.npy holds no centers'],
  ['convert rows.npy rows', 'the format of rows is not clear: name it by --to'],
  [
    'convert rows.npy rows.parquet',
    'rows.parquet: this command does not write .parquet; expected .npy, .safetensors, .csv',
  ],
  [
    `predict rows.npy ${M} -o p.parquet`,
    'p.parquet: this command does not write .parquet; expected .csv, .json, .jsonl, .npy',
  ],
  [`score rows.npy ${M} -o p.TXT`, 'p.TXT: this command does not write .txt; expected .csv, .json, .jsonl, .npy'],
  [`fit ${X} -o out.json`, 'out.json: this command does not write .json; expected .safetensors'],
  ['inspect model.safetensors --html page.pdf', 'page.pdf: this command does not write .pdf; expected .html, .htm'],
])('a wrong command line ends with exit code 2: %s', async (args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});

it.each([
  ['fit none.npy', 'none.npy: no such file'],
  ['fit rows.npy --labels none.npy', 'none.npy: no such file'],
  ['predict rows.npy -m none', 'none: no such file'],
  [`predict dir ${M}`, 'dir: is a directory, not a file'],
  [`fit ${X} -o no/out`, 'no/out: no such file'],
  [`predict rows.npy ${M} -o no/out.npy`, 'no/out.npy: no such file'],
  ['fit rows.npy', 'rows.npy: there are no labels beside the rows: name a file of labels by --labels'],
  ['fit rows.npy --labels few.npy', 'few.npy has 299 labels, but rows.npy has 300 rows'],
  ['fit rows.npy --labels few.csv', 'few.csv: there are fewer labels than rows in rows.npy'],
  ['fit rows.npy --labels more.csv', 'more.csv: there are more labels than rows in rows.npy'],
  [
    `fit ${X} --classes 2`,
    'rows-labels.npy: row 2 has the label 2, but there are 2 classes (0 … 1; below 0 = unknown)',
  ],
  ['fit two.npy --labels half.npy', 'half.npy: row 1 has the label 0.5, which is not an integer'],
  [
    'fit rows.npy --labels columns.npy',
    'columns.npy: an array of I32 of shape (300, 2); expected labels: one integer for each row',
  ],
  ['fit rows.npy --labels unknown.npy', 'unknown.npy: no row has a class: all labels are below 0'],
  [`fit ${X} --names twice.txt`, 'twice.txt: the name "a" occurs twice'],
  [`fit ${X} --names none.txt`, 'none.txt: line 1 has no name'],
  [`fit ${X} --names gap.txt`, 'gap.txt: line 2 has no name'],
  [
    'fit rows.csv --label-column species',
    'rows.csv: there is no column "species" among its columns, "f0, f1, f2, f3, label"',
  ],
  [`predict wide.npy ${M}`, 'wide.npy: rows have 5 dimensions, but the centers have 4'],
  [`predict cut.npy ${M}`, 'cut.npy: an array of F32 of shape (300, 4) ends at byte 4928, but the file at 4927'],
  [`predict deep.npy ${M}`, 'deep.npy: the array has the shape (2, 2, 2); expected (N, D), or (D) for one row'],
  [`predict word.csv ${M}`, 'word.csv: row 1, column 2 is "x", which is not a number'],
  [`predict short.csv ${M}`, 'short.csv: row 1 has 3 columns, expected 4'],
  [`predict empty.csv ${M}`, 'empty.csv: the file has no row'],
  ['predict rows.npy -m rows.csv', 'rows.csv: expected centers in a .safetensors file'],
  ['inspect rows.csv --html page.html', 'rows.csv: expected centers in a .safetensors file'],
  ['convert --centers rows.npy x.csv', 'rows.npy: expected centers in a .safetensors file'],
  [
    'predict rows.npy -m a.safetensors',
    'a.safetensors: no tensor of the file has a usual name of centers; its tensors are "a": name one by --model-tensor',
  ],
  [`score rows.npy ${M} --score normalized`, "score 'normalized' needs"],
])('a failure ends with exit code 1 and one sentence with file and values: %s', async (args, message) => {
  const output = args.startsWith('fit') && !args.includes('-o ') ? '-o out.safetensors' : '';
  const [code, found] = await failure(`${args} ${output}`);
  expect(code).toBe(1);
  expect(found).toContain(message);
  expect(existsSync(at('out.safetensors'))).toBe(false);
});

it('gives no warning about files that a failure left open', async () => {
  const collect = `data:text/javascript,${encodeURIComponent(
    "process.once('beforeExit', () => { gc(); setTimeout(() => {}, 50); });",
  )}`;
  const options = { node: ['--expose-gc', '--import', collect] };
  expect(await failure(`fit ${X} -o out.safetensors --classes 2`, options)).toEqual([1, expect.any(String)]);
});
