// The examples of README and of the pages in docs/ run as they stand, and the tables of README are complete.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNpy, toSafetensors, writeNpy } from 'center-loss';
import { afterAll, describe, expect, it } from 'vitest';
import { csvOf, sample, shell, write } from '../cli/support.js';
import { bytesOf, stateDicts } from '../oracle/cases.js';
import { expectClose } from '../support/close.js';
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
  const guide = read('docs/coming-from-pytorch.md');
  const runPython = (code: string) =>
    execFileSync(python, ['-W', 'ignore', '-c', code], { encoding: 'utf8', cwd: folder });
  const hasPytorch = spawnSync(python, ['-c', 'import pytorch_ood.metrics, safetensors']).status === 0;
  if (!hasPytorch) console.warn(`skipped: ${python} has no pytorch-ood and safetensors; PYTHON can name one that has`);
  /** Loss and metrics in what a program printed, by name. */
  const figures = (printed: string) =>
    Object.fromEntries(
      [...printed.matchAll(/(?:'?([\w-]+)'?: |^)([\d.]+(?:e-\d+)?)/g)].map(([, name = 'loss', value]) => [
        name.toLowerCase().replaceAll(/-|tpr/g, ''),
        Number(value),
      ]),
    );

  it.skipIf(!hasPytorch)('the program in Python and the one in JavaScript print the same', () => {
    const [code = ''] = /(?<=```python\n).*?(?=```)/s.exec(guide) ?? [];
    const { autc, ...theirs } = figures(runPython(code));
    const ours = figures(run(examplesIn(guide)[0] ?? ''));
    expect(Object.keys(ours).sort()).toEqual(['auprin', 'auprout', 'auroc', 'fpr95', 'loss']);
    expectClose(
      Object.values(ours),
      Object.keys(ours).map((name) => theirs[name] as number),
    );
  });

  it('the program in JavaScript opens a file of pytorch-ood', () => {
    const file = stateDicts.find(({ name, shape }) => name === 'pytorch-ood ClassCenters' && shape[1] === 2);
    writeFileSync(join(folder, 'loss.safetensors'), bytesOf(file as (typeof stateDicts)[number]));
    expect(figures(run(examplesIn(guide)[0] ?? '')).loss).toBeGreaterThan(0);
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

describe('errors', () => {
  const [head = '', ...sections] = read('docs/errors.md').split(/^## (?=ERR_)/m);
  const codes = [...read('src/validate/errors.ts').matchAll(/'(ERR_\w+)'/g)].map(([, code]) => code);

  it('have a section each', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual(codes);
    expect(run(examplesIn(head)[0] ?? '')).toMatch(/^skipped: target\[0\] is 7/);
  });

  it.each(sections.map((section) => [section.split('\n')[0], section]))(
    '%s: the program fails as it says',
    (code, section) => {
      const [, message = ''] = /```text\n(.*?)\n```/s.exec(section) ?? [];
      const report =
        "process.on('uncaughtException', ({ code, message }) => console.log(JSON.stringify([code, message])));\n";
      const [found, text] = JSON.parse(run(report + examplesIn(section)[0]));
      expect(found).toBe(code);
      // A message that differs between engines is given up to an ellipsis.
      const start = message.replace(/…$/, '');
      expect(start === message ? text : text.slice(0, start.length)).toBe(start);
    },
  );
});

it('the glossary is in alphabetical order with a link in each entry, and links of all pages lead to files', () => {
  const entries = read('docs/glossary.md').split(/^- /m).slice(1);
  const words = entries.map((entry) => (/^\*\*(?:\S, )?(.+?)\*\*: /.exec(entry)?.[1] ?? '').toLowerCase());
  expect(words.length).toBeGreaterThan(50);
  expect(words).toEqual([...words].sort());
  for (const entry of entries) expect(entry).toMatch(/\]\(.+\)$/m);
  const docs = new URL('../../docs/', import.meta.url);
  for (const page of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
    for (const [, link = ''] of read(`docs/${page}`).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      expect([page, link, existsSync(new URL(link, docs))]).toEqual([page, link, true]);
    }
  }
});
