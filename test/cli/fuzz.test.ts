// Mutated files of every format in every command: a result, or one sentence. CLI_FUZZ is the number of files.
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { mutated, random } from '../support/mutate.js';
import { csvOf, folder, json, read, run, sample, write, writeModel } from './support.js';

const FILES = Number(process.env.CLI_FUZZ ?? 60);
const M = '-m model.safetensors';
const ROWS = ['fit F -o out.safetensors --tpr 0.9', `predict F ${M} --json`, `evaluate F ${M}`, 'convert F out.csv'];
const LABELS = ['fit rows.npy --labels F -o out.safetensors', `evaluate rows.npy --labels F ${M}`];
const MODELS = ['inspect F --html out.html', 'predict rows.npy -m F', 'convert --centers F out.csv'];

it(`${FILES} mutated files`, { timeout: 10_000 + 1000 * FILES }, async () => {
  const rows = sample(60, 3, 2, 1);
  await writeModel('rows', rows, '--tpr 0.9');
  await json('convert rows.csv rows.safetensors');
  const [npy, labels] = [read('rows.npy'), read('rows-labels.npy')];
  const kinds: [commands: string[], files: Uint8Array[], follow?: boolean][] = [
    [
      [...ROWS, ...LABELS],
      [npy, labels],
    ],
    [
      [...ROWS, ...LABELS],
      [read('rows.csv'), Buffer.from(csvOf(rows, ['a', 'b', 'c']))],
    ],
    [[...ROWS, ...MODELS], [read('rows.safetensors'), read('model.safetensors')], true],
    [ROWS, [zipSync({ 'x.npy': npy, 'y.npy': labels }), gzipSync(npy), gzipSync(read('rows.csv'))]],
  ];
  const next = random(Number(process.env.CLI_FUZZ_SEED ?? 1));
  const codes = new Map<number | null, number>();
  for (let i = 0; i < FILES; i++) {
    const [commands, files, follow = false] = kinds[next(kinds.length)] as (typeof kinds)[number];
    const seeds = files.map((file) => Uint8Array.from(file));
    write('F', mutated(seeds, next, follow));
    const args = commands[next(commands.length)] as string;
    const { code, stderr } = await run(args);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    const problem = /^(note: .{1,1990}\n)*(center-loss: .{1,1990}\n)?$/.test(stderr) ? '' : stderr;
    expect([i, args, [0, 1, 2].includes(code ?? 9), problem]).toEqual([i, args, true, '']);
  }
  expect(codes.get(0)).toBeGreaterThan(FILES / 20);
  expect(codes.get(1)).toBeGreaterThan(FILES / 3);
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});
