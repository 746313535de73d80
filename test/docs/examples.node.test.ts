// The examples of README and of the pages in docs/ run as they stand, and the tables of README are complete.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readNpy, toSafetensors, writeNpy } from 'center-loss';
import { afterAll, describe, expect, it } from 'vitest';
import { csvOf, sample, shell, write } from '../cli/support.js';
import { bytesOf, stateDicts } from '../oracle/cases.js';
import { expectClose } from '../support/close.js';
import { hasPython, python } from '../support/python.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const examplesIn = (text: string) => [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');
const readme = read('README.md');
const manifest = JSON.parse(read('package.json'));
/** Addresses of the repository, of its files as they are, and of the site. */
const REPOSITORY: string = manifest.repository.url.replace(/^git\+|\.git$/g, '');
const RAW = REPOSITORY.replace('//github.com/', '//raw.githubusercontent.com/');
const SITE: string = manifest.homepage;
/** Address of a file of the repository, or of a page of docs/ in the site. */
const ADDRESS = new RegExp(`^(?:${REPOSITORY}/(?:blob|tree)|${RAW})/main/(.+)$|^${SITE}([\\w-]+)$`);
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

/** Pages for a first-time reader. The command line has a picture of its own program, and the others are references. */
const GUIDES = readdirSync(join(ROOT, 'docs')).filter(
  (name) => name.endsWith('.md') && !['cli.md', 'cli-input.md', 'parity.md', 'runtimes.md'].includes(name),
);

describe('guides', () => {
  it.each([...GUIDES, 'cli.md'])('%s begins with a picture', (page) => {
    expect(read(`docs/${page}`)).toMatch(/^# .+\n\n\*\*(?:.+\n)+\n!\[.+\]\(pictures\/.+\)\n/);
  });

  it.each(GUIDES)('%s begins with a program that prints', (page) => {
    expect(run(examplesIn(read(`docs/${page}`))[0] ?? '')).not.toBe('');
  });
});

/** Pages whose snippets each define what they use. README's second one reads what the first one writes. */
const PLAIN = [
  'README.md',
  ...['getting-started', 'losses', 'many-cores', 'open-set', 'runtimes'].map((name) => `docs/${name}.md`),
];

describe.each(PLAIN)('%s', (page) => {
  it.each(examplesIn(read(page)).map((code, i) => [i, code]))('snippet %i runs', (_, code) => {
    expect(() => run(code)).not.toThrow();
  });
});

describe('README', () => {
  it('shows the path from embeddings to a decision in 25 lines, and is short itself', () => {
    const [train = '', decide = ''] = examples;
    run(train);
    expect(run(decide)).toBe('cat\nnull\n');
    expect(`${train}${decide}`.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('has snippets that hold for the strictest types', () => {
    const strict = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
    };
    const target = { target: 'es2022', module: 'nodenext', lib: ['es2022'], noEmit: true };
    const types = { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] };
    // The folder is inside of the package, so that its name leads to it.
    const typed = mkdtempSync(join(ROOT, 'build/docs-types-'));
    try {
      PLAIN.flatMap((page) => examplesIn(read(page))).forEach((code, i) => {
        writeFileSync(join(typed, `${i}.mts`), code);
      });
      writeFileSync(
        join(typed, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { ...strict, ...target, ...types } }),
      );
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', typed], { encoding: 'utf8' });
      expect([stdout, status]).toEqual(['', 0]);
    } finally {
      rmSync(typed, { recursive: true });
    }
  });

  it('names every entry', () => {
    const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'));
    for (const entry of entries) {
      expect(readme).toContain(`\`center-loss${entry.slice(1)}\``);
      expect(read('docs/runtimes.md')).toContain(`| \`center-loss${entry.slice(1)}\` |`);
    }
  });
});

it('the pages name every option, loss and score', () => {
  const losses = read('docs/losses.md');
  const interfaces = read('src/validate/options.ts').matchAll(
    /interface (?:Centers|CenterLoss)Options [^{]*\{(.*?)\n\}/gs,
  );
  const names = [...interfaces].flatMap(([, text = '']) =>
    [...text.matchAll(/readonly (\w+)\?/g)].map(([, name]) => name),
  );
  expect(names.length).toBe(11);
  for (const name of names) expect(losses).toContain(`| \`${name}\` |`);
  const exported = [...read('src/index.ts').matchAll(/\b([A-Z]\w*Loss)\b,/g)].map(([, name]) => name);
  expect(exported.length).toBeGreaterThan(4);
  for (const name of exported) expect(losses).toContain(`\`${name}\``);
  const scores = [...read('src/detect/classify.ts').matchAll(/^ {2}\| '([\w-]+)'/gm)].map(([, name]) => name);
  expect(scores.length).toBe(7);
  for (const name of scores) expect(read('docs/open-set.md')).toContain(`| \`'${name}'\` |`);
});

describe('files', () => {
  const page = read('docs/files.md');
  const [, save = '', json = '', fromPython = '', arrays = ''] = examplesIn(page);

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
    const theirs = figures(runPython(code));
    const ours = figures(run(examplesIn(guide)[1] ?? ''));
    expect(Object.keys(ours).sort()).toEqual(['auprin', 'auprout', 'auroc', 'autc', 'fpr95', 'loss']);
    expectClose(
      Object.values(ours),
      Object.keys(ours).map((name) => theirs[name] as number),
    );
  });

  it('the program in JavaScript opens a file of pytorch-ood', () => {
    const file = stateDicts.find(({ name, shape }) => name === 'pytorch-ood ClassCenters' && shape[1] === 2);
    writeFileSync(join(folder, 'loss.safetensors'), bytesOf(file as (typeof stateDicts)[number]));
    expect(figures(run(examplesIn(guide)[1] ?? '')).loss).toBeGreaterThan(0);
  });
});

describe('training', () => {
  const [plain = '', minimize = '', fit = ''] = examplesIn(read('docs/training.md'));
  /** Numbers in the last line that a program prints. TensorFlow.js greets in the lines before. */
  const numbersOf = (lines: string[]) => (lines.at(-1)?.match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? []).map(Number);

  it('the program without a framework learns', () => {
    const losses = [...run(plain).matchAll(/^\d+ (\S+)$/gm)].map(([, value]) => Number(value));
    expect(losses.length).toBe(5);
    expect(losses[4]).toBeLessThan((losses[0] as number) / 5);
  });

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
    // The weights start from random values.
    expect(found[9]).toBeLessThan((found[0] as number) * 0.7);
    expect(found.slice(10)).toEqual([1000, 1000, 1000]);
  });
});

describe('at the edge', () => {
  const page = read('docs/edge.md');
  const [, save = ''] = examplesIn(page);
  // Node reads the files that bundlers import, and stands for KV and for two calls of Deno.
  const before = `import { readFileSync } from 'node:fs';
    const bytes = readFileSync('classifier.safetensors');
    const env = { CLASSIFIERS: { get: async () => bytes } };
    globalThis.Deno = { readFile: async () => bytes, serve: (handler) => Object.assign(Deno, { handler }) };`;

  it.each([
    ['Cloudflare, the file in the bundle', 'worker.fetch'],
    ['Cloudflare, the file in KV', 'worker.fetch'],
    ['Vercel and Next', 'POST'],
    ['Deno Deploy', 'Deno.handler'],
  ])('%s: decides by name', (place, answer) => {
    run(save);
    const [code = ''] = examplesIn(page.slice(page.indexOf(`## ${place}`)));
    const program = code
      .replace('npm:', '')
      .replace(/import saved .*safetensors.*/, 'const saved = bytes;')
      .replace(/import saved .*json.*/, "const saved = JSON.parse(readFileSync('classifier.json', 'utf8'));")
      .replace('export default', 'const worker =');
    const calls = `for (const row of [[9, 9], [5, 5]]) {
      const reply = await ${answer}(new Request('http://localhost', { method: 'POST', body: JSON.stringify({ row }) }), env);
      console.log((await reply.json()).name);
    }`;
    expect(run([before, program, calls].join('\n'))).toBe('dog\nnull\n');
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

it('the glossary is in alphabetical order with a link in each entry', () => {
  const entries = read('docs/glossary.md').split(/^- /m).slice(1);
  const words = entries.map((entry) =>
    (/^(?:<a id="[\w-]+"><\/a>)?\*\*(?:\S, )?(.+?)\*\*: /.exec(entry)?.[1] ?? '').toLowerCase(),
  );
  expect(words.length).toBeGreaterThan(50);
  expect(words).toEqual([...words].sort());
  for (const entry of entries) expect(entry).toMatch(/\]\(.+\)$/m);
});

describe('pages', () => {
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));

  it.each(pages)('%s begins with its conclusion', (page) => {
    expect(read(`docs/${page}`)).toMatch(/^# .+\n\n\*\*/);
  });

  const linking = ['README.md', 'CHANGELOG.md', 'examples/template/README.md', ...pages.map((name) => `docs/${name}`)];
  it.each(linking)('links of %s lead to what is there', (page) => {
    for (const link of linksOf(read(page))) {
      const [address = '', anchor] = link.split('#');
      const path = pathOf(address, page);
      if (path === undefined) continue;
      expect([link, existsSync(join(ROOT, path))]).toEqual([link, true]);
      if (page !== 'README.md' && path.startsWith('docs/pictures/')) {
        expect([link, existsSync(join(ROOT, darkOf(path)))]).toEqual([link, true]);
      }
      if (anchor !== undefined) expect([link, anchorsOf(path).includes(anchor)]).toEqual([link, true]);
    }
  });

  it('README, which npm shows too, has whole addresses, and those on GitHub are of this repository', () => {
    const allowed = new RegExp(`^(?:${REPOSITORY}|${RAW}|${SITE}|https:(?!.*github))`);
    for (const link of linksOf(readme)) expect(link).toMatch(allowed);
  });
});

/** Path of the picture for dark pages. */
const darkOf = (path: string) => path.replace(/(?:-dark)?(\.\w+)$/, '-dark$1');

/** Links and pictures of a page. */
const linksOf = (text: string) =>
  [...text.matchAll(/(?:\]\(|(?:src|srcset|href)=")([^)\s"]+)/g)].map(([, link = '']) => link);

/** Gives the path in this repository that an address on a page stands for, unless it leads elsewhere or to what is built. */
function pathOf(address: string, page: string): string | undefined {
  if (!address.includes('://')) return address === '' ? page : join(page, '..', address);
  if (address === REPOSITORY) return 'README.md';
  const [, file, name] = ADDRESS.exec(address) ?? [];
  return file ?? (name && `docs/${name}.md`);
}

/** Anchors of a page: those that GitHub gives its headings, and those that it names itself. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.*)$|<a id="(.+?)">/gm)].map(([, heading = '', id]) =>
    (id ?? heading)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
