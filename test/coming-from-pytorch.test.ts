// What docs/coming-from-pytorch.md shows runs as it stands, and says the truth.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const guide = readFileSync(new URL('../docs/coming-from-pytorch.md', import.meta.url), 'utf8');
const snippets = [...guide.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');
const root = fileURLToPath(new URL('..', import.meta.url));

/** Where a snippet finds the file that it reads. */
const folder = mkdtempSync(join(tmpdir(), 'center-loss-guide-'));
const centers = Float32Array.from({ length: 640 }, (_, i) => Math.sin(i));
writeFileSync(join(folder, 'centers.f32'), Buffer.from(centers.buffer));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a snippet prints, given the rows, logits and labels that it speaks of. */
function run(snippet: string, more = ''): string {
  const file = join(root, '.guide-example.mjs');
  const given = `const x = Float32Array.from({ length: 640 }, (_, i) => Math.cos(i));
    const logits = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
    const target = [0, 1, 2, 3, 4, 5, 6, 7, 8, -1];\n`;
  // Imports may stand anywhere in a module.
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

it('the three ways to the loss are one', () => {
  const [value, same] = run(snippets[0] ?? '', 'console.log(value, same, gradX.length, gradCenters.length);').split(
    ' ',
  );
  expect(Number(value)).toBeCloseTo(Number(same), 5);
  expect(Number(value)).toBeGreaterThan(1);
});

it('the centers of a file are those of the loss', () => {
  const code = snippets.find((code) => code.includes('centers.f32')) ?? '';
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
