// The examples of README run as they stand, and its tables are complete.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from 'center-loss';
import { describe, expect, it } from 'vitest';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');

/** Runs a script beside package.json, so that it finds the package by its name. */
function run(code: string): string {
  const file = new URL('../../.readme-example.mjs', import.meta.url);
  writeFileSync(file, code);
  try {
    return execFileSync(process.execPath, [file.pathname], { encoding: 'utf8' });
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
    const folder = mkdtempSync(join(tmpdir(), 'center-loss-readme-'));
    writeFileSync(join(folder, 'embeddings.npy'), writeNpy(Float64Array.of(1, 0, 0, 1, 2, 2), [3, 2]));
    writeFileSync(join(folder, 'labels.npy'), writeNpy(BigInt64Array.of(0n, 1n, 2n)));
    const code = examples.find((example) => example.includes('readNpy')) ?? '';
    const inFolder = code.replaceAll(/'(\w+\.(npy|safetensors))'/g, (_, file) => JSON.stringify(join(folder, file)));
    expect(run(`${inFolder}; console.log(loss.evaluate(x, target));`)).toMatch(
      /^\[ 'cat', 'dog', 'owl' \] (\d\.\d+)\n\1\n$/,
    );
    rmSync(folder, { recursive: true });
  });

  it('names every option, error and entry, and shows pictures that are there', () => {
    const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
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
