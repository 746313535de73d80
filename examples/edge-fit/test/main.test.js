// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClassStatistics } from 'center-loss';

const MAIN = fileURLToPath(new URL('../load/main.js', import.meta.url));

/** @param {string[]} args @returns {Promise<{ code: unknown, stdout: string, stderr: string }>} */
const run = (...args) =>
  new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });

describe('the program', () => {
  test('fits, more than one row of the database has room for, and tells what it cost', async () => {
    const args = [
      '--no-faults',
      '--producers',
      '2',
      '--batches',
      '3',
      '--rows',
      '40',
      '--classes',
      '300',
      '--dim',
      '500',
    ];
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^merged +6 batches, each once/m);
    assert.match(stdout, /^centers +within \d\.\de-\d of the fit of one machine, counts equal$/m);
    assert.match(stdout, /^rate +[\d,]+ samples\/s/m);
    assert.match(stdout, /^to workers +2004\.0 bytes a sample/m);
    const folded = new ClassStatistics(300, 500).save().length;
    assert.ok(stdout.includes(`${folded.toLocaleString('en')} bytes a batch, ${(folded / 40).toFixed(1)} a sample\n`));
  });

  test('says how it is used', async () => {
    const { code, stdout } = await run('--help');
    assert.equal(code, 0);
    assert.match(stdout, /usage: .*--producers N/s);
  });

  /** @type {[string[], RegExp][]} */
  const wrong = [
    [['--rows', '0'], /^edge-fit: --rows: "0" is not a whole number from 1 to 999999999\n$/],
    [['--producers', '1.5'], /"1.5" is not/],
    [['--restarts', 'x'], /"x" is not a whole number from 0/],
    [['--batch', '2'], /Unknown option '--batch'/],
  ];
  for (const [args, message] of wrong) {
    test(`refuses ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, message);
    });
  }
});
