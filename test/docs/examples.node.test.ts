// The examples of README and of the pages in docs/ run as they stand, and the tables of README are complete.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toSafetensors, writeNpy } from 'center-loss';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const examplesIn = (text: string) => [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');
const readme = read('README.md');
const examples = examplesIn(readme);

/** Folder of the files that examples read. */
const folder = mkdtempSync(join(tmpdir(), 'center-loss-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script in that folder. The script stands beside package.json, so that it finds the package by its name. */
function run(code: string): string {
  const file = new URL('../../.docs-example.mjs', import.meta.url);
  writeFileSync(file, code);
  try {
    return execFileSync(process.execPath, [file.pathname], { encoding: 'utf8', cwd: folder });
  } finally {
    rmSync(file);
  }
}

describe('README', () => {
  it('the example learns, and answers as its comments say', () => {
    const lines = run(examples[0] ?? '')
      .trim()
      .split('\n');
    const losses = lines.slice(0, 5).map((line) => Number(line.split(' ')[1]));
    expect(losses[0]).toBeGreaterThan(0.1);
    expect(losses[4]).toBeLessThan(0.01);
    expect(lines[5]).toBe('Int32Array(2) [ 0, 1 ]');
    expect(lines[6]).toMatch(/^Float32Array\(3\)/);
  });

  it('the example of known or unknown trains, decides and measures', () => {
    const printed = run(examples.find((example) => example.includes('softmaxCenter')) ?? '').replaceAll(/\s+/g, ' ');
    // The loss is ln 3 for logits that are all 0, and little more for rows near their centers.
    expect(printed).toMatch(/^1\.\d{3} 14 21 Uint32Array\(3\) \[ 60, 60, 60 \] /);
    expect(printed).toMatch('Int32Array(7) [ 0, 0, 1, 1, 2, 2, -1 ]');
    expect(printed).toMatch(/auroc: 1,.*fpr95: 0/);
  });

  it('the example of files runs, given embeddings', () => {
    writeFileSync(join(folder, 'embeddings.npy'), writeNpy(Float64Array.of(1, 0, 0, 1, 2, 2), [3, 2]));
    writeFileSync(join(folder, 'labels.npy'), writeNpy(BigInt64Array.of(0n, 1n, 2n)));
    const code = examples.find((example) => example.includes('readNpy')) ?? '';
    expect(run(`${code}; console.log(loss.evaluate(x, target));`)).toMatch(
      /^\[ 'cat', 'dog', 'owl' \] (\d\.\d+)\n\1\n$/,
    );
  });

  it('names every option, error and entry, and shows pictures that are there', () => {
    for (const [, error] of read('src/validate/errors.ts').matchAll(/'(ERR_\w+)'/g))
      expect(readme).toContain(`\`${error}\``);
    const interfaces = read('src/validate/options.ts').matchAll(
      /interface (?:Centers|CenterLoss)Options [^{]*\{(.*?)\n\}/gs,
    );
    const names = [...interfaces].flatMap(([, text = '']) =>
      [...text.matchAll(/readonly (\w+)\?/g)].map(([, name]) => name),
    );
    expect(names.length).toBe(11);
    for (const name of names) expect(readme).toContain(`| \`${name}\` |`);
    const entries = Object.keys(JSON.parse(read('package.json')).exports).filter((entry) => !entry.endsWith('.json'));
    for (const entry of entries) expect(readme).toContain(`| \`center-loss${entry.slice(1)}\` |`);
    for (const [, file] of readme.matchAll(/\]\((docs\/[^)]+)\)/g)) {
      expect(readFileSync(new URL(`../../${file}`, import.meta.url)).length).toBeGreaterThan(1000);
    }
  });
});

describe('coming from PyTorch', () => {
  const snippets = examplesIn(read('docs/coming-from-pytorch.md'));
  const snippetWith = (word: string) => snippets.find((code) => code.includes(word)) ?? '';
  const centers = Float32Array.from({ length: 640 }, (_, i) => Math.sin(i));
  const state = { '_centers._params': { dtype: 'F32', shape: [10, 64], data: centers } } as const;
  // README writes another file of this name.
  beforeAll(() => writeFileSync(join(folder, 'loss.safetensors'), toSafetensors(state)));

  /** Runs a snippet with rows, logits and labels. A module may have imports anywhere. */
  const runSnippet = (snippet: string, more = '') =>
    run(`const x = Float32Array.from({ length: 640 }, (_, i) => Math.cos(i));
      const logits = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
      const target = [0, 1, 2, 3, 4, 5, 6, 7, 8, -1];
      ${snippet}${more}`).trim();

  it.each(snippets.map((code) => [/(const|loss\.)[^\n]*/.exec(code)?.[0] ?? code, code]))('%s', (_, code) => {
    expect(() => runSnippet(code)).not.toThrow();
  });

  it('the ways to the loss agree', () => {
    const [value, same] = runSnippet(snippets[0] ?? '', 'console.log(value, same);').split(' ');
    expect(Number(value)).toBeCloseTo(Number(same), 5);
    expect(Number(value)).toBeGreaterThan(1);
  });

  it('the centers of a file are those of the loss', () => {
    const isSame = 'console.log(loss.centers.params.every((value, i) => value === Math.fround(Math.sin(i))));';
    expect(runSnippet(snippetWith('loadCenters'), isSame)).toBe('true');
  });

  it('a threshold accepts the share that it was asked for', () => {
    const accepted = 'console.log(labels.filter((label, i) => label >= 0 && target[i] >= 0).length);';
    expect(Number(runSnippet(snippetWith('fitThreshold'), accepted))).toBe(9);
  });
});

describe('training', () => {
  const [minimize = '', fit = ''] = examplesIn(read('docs/training.md'));
  /** Numbers in the last line that a program prints. TensorFlow.js greets in the lines before. */
  const numbersOf = (lines: string[]) => (lines.at(-1)?.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? []).map(Number);

  it('the program for minimize learns, moves the centers, and knows held-out rows', () => {
    const more = 'console.log(JSON.stringify([...classifier.classify(heldOut).labels]), ...loss.updateCounts);';
    const lines = run(`${minimize}\n${more}`).trim().split('\n');
    const losses = lines.filter((line) => /^\d+ \d/.test(line)).map((line) => Number(line.split(' ')[1]));
    expect(losses.length).toBe(5);
    expect(losses[4]).toBeLessThan((losses[0] as number) / 5);
    const found = numbersOf(lines);
    expect(found.slice(300)).toEqual([5000, 5000, 5000]);
    const known = found.slice(0, 300).filter((label, i) => label === i % 3).length;
    expect(known).toBeGreaterThan(280);
    expect(known).toBeLessThan(300);
  });

  it('the program for model.fit learns, and its validation moves no center', () => {
    const lines = run(`${fit}\nconsole.log(...history.val_loss, ...loss.updateCounts);`).trim().split('\n');
    const found = numbersOf(lines);
    expect(found[9]).toBeLessThan((found[0] as number) / 3);
    expect(found.slice(10)).toEqual([1000, 1000, 1000]);
  });
});

describe('at the edge', () => {
  const snippets = examplesIn(read('docs/edge.md'));

  it('a classifier is saved, and a route decides by name', () => {
    run(snippets[0] ?? '');
    // Node takes an import of JSON only with an attribute, and from beside the script.
    const route = snippets
      .find((code) => code.includes('POST'))
      ?.replace(
        /import saved .*/,
        "import { readFileSync } from 'node:fs'; const saved = JSON.parse(readFileSync('classifier.json'));",
      );
    const calls = `for (const row of [[9, 9], [5, 5]]) {
        const reply = await POST(new Request('http://localhost', { method: 'POST', body: JSON.stringify({ row }) }));
        console.log((await reply.json()).name);
      }`;
    expect(run(`${route}\n${calls}`)).toBe('dog\nnull\n');
  });
});
