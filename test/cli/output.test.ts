// Output over files that exist.
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, failure, folder, json, read, sample, write, writeModel, writeSample } from './support.js';

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

it.skipIf(process.platform === 'win32')('keeps the permissions of a file', async () => {
  write('secret.safetensors', '');
  chmodSync(at('secret.safetensors'), 0o600);
  await json(`${FIT} -o secret.safetensors`);
  expect(statSync(at('secret.safetensors')).mode & 0o777).toBe(0o600);
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
      expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    },
  );

  it('if it is the checkpoint, which is removed at the end', async () => {
    const message = '--checkpoint and --output are the same file: the checkpoint is removed at the end';
    expect(await failure(`${FIT} --checkpoint ./one.safetensors -o one.safetensors`)).toEqual([2, message]);
    expect(existsSync(at('one.safetensors'))).toBe(false);
  });
});
