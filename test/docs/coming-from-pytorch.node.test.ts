// The examples of docs/coming-from-pytorch.md run as they stand, and their results are as the page says.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toSafetensors } from 'center-loss';
import { afterAll, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../docs/coming-from-pytorch.md', import.meta.url), 'utf8');
const snippets = [...guide.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');
const root = fileURLToPath(new URL('..', import.meta.url));

/** Folder with the file that a snippet reads. */
const folder = mkdtempSync(join(tmpdir(), 'center-loss-guide-'));
const centers = Float32Array.from({ length: 640 }, (_, i) => Math.sin(i));
writeFileSync(
  join(folder, 'loss.safetensors'),
  toSafetensors({ '_centers._params': { dtype: 'F32', shape: [10, 64], data: centers } }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a snippet with rows, logits and labels and returns its output. */
function run(snippet: string, more = ''): string {
  const file = join(root, '.guide-example.mjs');
  const given = `const x = Float32Array.from({ length: 640 }, (_, i) => Math.cos(i));
    const logits = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
    const target = [0, 1, 2, 3, 4, 5, 6, 7, 8, -1];\n`;
  // A module may have imports anywhere.
  writeFileSync(file, given + snippet + more);
  try {
    return execFileSync(process.execPath, [file], { encoding: 'utf8', cwd: folder }).trim();
  } finally {
    rmSync(file);
  }
}

it.each(snippets.map((code) => [/(const|loss\.)[^\n]*/.exec(code)?.[0] ?? code, code]))('%s', (_, code) => {
  expect(() => run(code)).not.toThrow();
});

it('the ways to the loss agree', () => {
  const [value, same] = run(snippets[0] ?? '', 'console.log(value, same, gradX.length, gradCenters.length);').split(
    ' ',
  );
  expect(Number(value)).toBeCloseTo(Number(same), 5);
  expect(Number(value)).toBeGreaterThan(1);
});

it('the centers of a file are those of the loss', () => {
  const code = snippets.find((code) => code.includes('loadCenters')) ?? '';
  const printed = run(
    code,
    'console.log(loss.centers.params.every((value, i) => value === Math.fround(Math.sin(i))));',
  );
  expect(printed).toBe('true');
});

it('a threshold accepts the share that it was asked for', () => {
  const code = snippets.find((code) => code.includes('fitThreshold')) ?? '';
  const printed = run(code, 'console.log(labels.filter((label, i) => label >= 0 && target[i] >= 0).length);');
  expect(Number(printed)).toBe(9);
});
