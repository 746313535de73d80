// The examples of README and of pages in docs/ run as they stand, and the tables of README are complete.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNpy, toSafetensors, writeNpy } from 'center-loss';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf, sample, shell, write } from '../cli/support.js';
import { hasPython, python } from '../support/python.js';

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

  it('the TensorFlow.js example runs, given a network', () => {
    const [imports, use] = (examples[1] ?? '').split('\n\n');
    const network = `
      await tf.setBackend('cpu');
      const weights = tf.variable(tf.randomNormal([4, 64], 0, 1, 'float32', 1));
      const head = tf.variable(tf.randomNormal([64, 10], 0, 0.1, 'float32', 2));
      const [x, labels, lambda] = [tf.randomNormal([8, 4], 0, 1, 'float32', 3), [0, 1, 2, 3, 4, 5, 6, -1], 0.01];
      const features = (x) => tf.matMul(x, weights);
      const logits = (x) => tf.matMul(features(x), head);
      const wanted = tf.oneHot([0, 1, 2, 3, 4, 5, 6, 7], 10);
      const crossEntropy = (logits) => tf.losses.softmaxCrossEntropy(wanted, logits);
      const optimizer = tf.train.adam(0.01);
      const before = weights.dataSync().slice();`;
    const proof = 'console.log(weights.dataSync().some((value, i) => value !== before[i]));';
    expect(run([imports, network, use, proof].join('\n'))).toMatch(/true\n$/);
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

describe('files', () => {
  const page = read('docs/files.md');
  const [save = '', json = '', fromPython = '', arrays = ''] = examplesIn(page);

  it('an object is saved and loaded', () => {
    expect(run(save)).toBe("[ 'cat', 'dog' ] 0.5 Int32Array(2) [ 0, -1 ]\nOpenSetClassifier\n");
  });

  it('an object goes through JSON', () => {
    expect(run(json)).toBe("[ 'cat', 'dog' ]\n");
  });

  it('centers of Python are loaded', () => {
    const centers = { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
    writeFileSync(join(folder, 'loss.safetensors'), toSafetensors({ centers }));
    expect(run(fromPython)).toBe("[ 'centers' ] true 3\n");
  });

  it.skipIf(!hasPython)('a saved object is opened in Python', () => {
    const [, code = ''] = /```python\n(.*?)```/s.exec(page) ?? [];
    run(save);
    expect(execFileSync(python, ['-c', code], { encoding: 'utf8', cwd: folder })).toBe('[[1. 0. 0.]\n [0. 1. 0.]]\n');
  });

  it('arrays of NumPy are read and written', () => {
    writeFileSync(join(folder, 'embeddings.npy'), writeNpy(Float64Array.of(1, 0, 0, 1, 2, 2), [3, 2]));
    writeFileSync(join(folder, 'labels.npy'), writeNpy(BigInt64Array.of(0n, 1n, 2n)));
    expect(run(arrays)).toBe('true\n');
    expect(readNpy(readFileSync(join(folder, 'predicted.npy'))).shape).toEqual([3]);
  });
});

describe('the command line', () => {
  const blocks = [...read('docs/cli.md').matchAll(/```\n\$ npx (.*?)```/gs)].map(([, text = '']) => text);
  const names = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu', 'owl'];

  it('every command runs, and prints what the page shows', async () => {
    write('train.csv', csvOf(sample(800, 8, 16, 1), names));
    write('test.csv', csvOf(sample(500, 8, 16, 2, 200), names));
    write('new.csv', csvOf(sample(3, 8, 16, 3, 1), names).replace(/,[^,\n]*$/gm, ''));
    expect(blocks.length).toBe(2);
    for (const block of blocks) {
      for (const command of block.split('\n$ npx ')) {
        const [line = '', ...shown] = command.trim().split('\n');
        const { code, stdout, stderr } = await shell(line);
        expect([line, code, stderr.replace(/^note: .*\n/gm, '')]).toEqual([line, 0, '']);
        // Scores depend on the rows that centers are made of; their digits are compared without the last ones.
        const rounded = (text: string) => text.replace(/\d+\.\d+/g, (number) => Number(number).toPrecision(1));
        if (shown.length > 0) expect(rounded(stdout.trim())).toBe(rounded(shown.join('\n')));
      }
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
