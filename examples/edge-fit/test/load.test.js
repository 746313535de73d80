// @ts-check
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from '../load/load.js';

test('nothing is lost or counted twice, whatever happens to deliveries, workers and objects', async () => {
  // `load` compares the fit with that of one machine; here is left to check that the faults were there.
  const outcome = await load({ producers: 4, batches: 100, rows: 64, nClasses: 7, nDim: 9, restarts: 2, faults: true });
  assert.equal(outcome.restarts, 2);
  assert.equal(Object.keys(outcome.faults).length, 7);
  for (const [fault, times] of Object.entries(outcome.faults)) assert.ok(times > 5, `${fault}: ${times}`);
  assert.ok(outcome.failed > 50, `${outcome.failed} failed`);
  assert.ok(outcome.late > 5 && outcome.known > outcome.late, `${outcome.late} late, ${outcome.known} known`);
  assert.ok(outcome.rejected > 10, `${outcome.rejected} rejected`);
});

test('the program fits statistics that take several rows of the database, and prints the outcome', () => {
  const program = fileURLToPath(new URL('../load/load.js', import.meta.url));
  const args = ['--no-faults', '--producers=2', '--batches=3', '--rows=40', '--classes=300', '--dim=500'];
  const output = execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  assert.match(output, /batches: 6,\n {2}requests: 6,/);
  assert.match(output, /'bytes\/sample to workers': 2004,/);
  assert.match(output, /'bytes of statistics': 24\d{5},/);
});
