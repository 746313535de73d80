// The package as npm would publish it: what is in it, how large it is, and what its types are to those who use it.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'center-loss-package-'));
const installed = join(scratch, 'node_modules', 'center-loss');
let tarball: Buffer;

beforeAll(() => {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', scratch], { cwd: root, encoding: 'utf8' }),
  );
  tarball = readFileSync(join(scratch, filename));
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(scratch, filename), '-C', installed, '--strip-components=1']);
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('holds these files and no other', () => {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(installed, join(entry.parentPath, entry.name)));
  const types = files.filter((file) => file.endsWith('.d.ts'));
  expect(files.filter((file) => !file.endsWith('.d.ts')).sort()).toEqual(EXPECTED.sort());
  // Types of ours only, each of a source.
  const sources = readdirSync(join(root, 'src'), { encoding: 'utf8', recursive: true }).map(
    (file) => `dist/${file.replace(/\.ts$/, '.d.ts')}`,
  );
  expect(types.length).toBeGreaterThan(5);
  expect(types.filter((file) => !sources.includes(file))).toEqual([]);
});

describe('size, gzipped', () => {
  const KB = 1000;
  const bundled = async (entry: string, names = '*') => {
    const { outputFiles } = await build({
      stdin: { contents: `export ${names} from '${entry}'`, resolveDir: scratch },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
  };

  it('of the WebAssembly module', () => {
    expect(gzipSync(readFileSync(join(installed, 'dist/center-loss.wasm')), { level: 9 }).length).toBeLessThan(12 * KB);
  });

  it('of the default entry, with the module inside', async () => {
    expect(await bundled('center-loss')).toBeLessThan(20 * KB);
  });

  it('of the open-set entry, with both modules inside', async () => {
    expect(await bundled('center-loss/open-set')).toBeLessThan(70 * KB);
  });

  it('of the slim entry', async () => {
    expect(await bundled('center-loss/slim')).toBeLessThan(8 * KB);
  });

  it('of what is used, without the rest', async () => {
    expect(await bundled('center-loss/slim/open-set', '{ auroc }')).toBeLessThan(3 * KB);
    expect(await bundled('center-loss/slim/open-set', '{ classify }')).toBeLessThan(6 * KB);
    expect(await bundled('center-loss/slim/open-set', '{ CenterLoss }')).toBeLessThan(12 * KB);
  });
});

it('has a command line that runs with nothing beside it', () => {
  const { version, bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [join(installed, bin['center-loss']), ...args], { encoding: 'utf8' });
  expect(run('--version')).toBe(`${version}\n`);
  writeFileSync(join(scratch, 'rows.csv'), 'a,b,label\n3,4,0\n5,6,0\n');
  const report = JSON.parse(
    run('fit', join(scratch, 'rows.csv'), '--label-column', '2', '-o', join(scratch, 'c'), '--classes', '1', '--json'),
  );
  expect(report).toMatchObject({ rows: 2, features: 2 });
});

describe('package.json', () => {
  const { dependencies, scripts, sideEffects, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

  it('needs nothing at run time and runs nothing at install', () => {
    expect(dependencies).toBeUndefined();
    expect(Object.keys(scripts ?? {}).filter((name) => /install|prepare/.test(name))).toEqual([]);
    expect(sideEffects).toBe(false);
  });

  it('tries the conditions in this order', () => {
    expect(Object.keys(exports['.'])).toEqual(['types', 'workerd', 'edge-light', 'fastly', 'default']);
  });

  it('is clean to publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });
});

describe('types', () => {
  it('are right to arethetypeswrong, for all who can import an ES module', async () => {
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
    if (!checked.types) throw new Error('no types found');
    // `node10` knows no exports; `require` of an ES module is what this package is.
    const ofOthers = (kind?: string) => kind === 'node10' || kind === 'node16-cjs';
    const problems = checked.problems.filter(
      (problem) => !('resolutionKind' in problem && ofOthers(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
    expect(Object.keys(checked.entrypoints).sort()).toEqual(
      [
        ...['.', './center-loss.wasm', './js', './package.json', './slim', './tfjs', './files'],
        ...['./open-set', './open-set.wasm', './js/open-set', './slim/open-set'],
      ].sort(),
    );
  });

  /** What the compiler says of a program that uses the package. */
  function compile(files: string[], settings: Record<string, unknown>): string[] {
    const consumer = mkdtempSync(join(scratch, 'consumer-'));
    for (const file of files) cpSync(join(root, 'test/package/consumer', file), join(consumer, file));
    writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const compilerOptions = {
      ...strict,
      target: 'es2022',
      types: [],
      noEmit: true,
      isolatedModules: true,
      ...settings,
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', consumer, '--pretty', 'false'], { encoding: 'utf8' });
    return stdout.split('\n').filter((line) => line !== '');
  }

  const lib = ['es2022', 'esnext.disposable', 'dom'];
  const resolutions = [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ] as const;

  it.each(resolutions)('hold for moduleResolution %s, every strictness on', (moduleResolution, module) => {
    expect(compile(['main.ts', 'wasm.ts', 'files.ts'], { module, moduleResolution, lib, skipLibCheck: false })).toEqual(
      [],
    );
  });

  it.each(resolutions)('of the bridge hold for moduleResolution %s', (moduleResolution, module) => {
    mkdirSync(join(scratch, 'node_modules/@tensorflow'), { recursive: true });
    const tfjs = join(scratch, 'node_modules/@tensorflow/tfjs-core');
    rmSync(tfjs, { force: true });
    symlinkSync(join(root, 'node_modules/@tensorflow/tfjs-core'), tfjs);
    // The types of TensorFlow.js are in conflict with those of the DOM.
    expect(compile(['tfjs.ts'], { module, moduleResolution, lib, skipLibCheck: true })).toEqual([]);
  });

  it('are checked here: a wrong program does not pass', () => {
    expect(
      compile(['main.ts'], { module: 'nodenext', lib: ['es2022'], exactOptionalPropertyTypes: false }),
    ).not.toEqual([]);
  });
});

const EXPECTED = [
  'LICENSE',
  'README.md',
  'package.json',
  ...[
    'center-loss.d.wasm.ts',
    'center-loss.wasm',
    'cli.js',
    'core.js',
    'files/index.js',
    'index.edge-light.js',
    'index.js',
    'index.workerd.js',
    'js.js',
    'open-set-js.js',
    'open-set.d.wasm.ts',
    'open-set.edge-light.js',
    'open-set.js',
    'open-set.wasm',
    'open-set.workerd.js',
    'open-set/core.js',
    'slim-open-set.js',
    'slim.js',
    'tfjs.js',
  ].map((file) => `dist/${file}`),
];
