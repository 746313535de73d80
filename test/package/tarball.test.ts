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
  expect(files.sort()).toEqual(FILES.sort());
});

describe('size, gzipped, in KB', () => {
  const gzipped = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length / 1000;

  /** Size that README gives, between `<!--mark-->` and the next mark. */
  const given = (mark: string) =>
    Number(new RegExp(`<!--${mark}-->([\\d.]+) KB<!---->`).exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1]);

  async function bundled(entry: string, names: string, more = ''): Promise<number> {
    const { outputFiles } = await build({
      stdin: { contents: `export ${names} from '${entry}';${more}`, resolveDir: scratch },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return gzipped(outputFiles[0]?.contents as Uint8Array);
  }

  it('of files: as README says', () => {
    const file = (name: string) => readFileSync(join(installed, 'dist', name));
    expect(gzipped(file('center-loss.wasm'))).toBeCloseTo(given('wasm'), 0);
    expect(gzipped(file('cli.js'))).toBeCloseTo(given('cli'), 0);
    expect(tarball.length / 1000 / given('pack')).toBeCloseTo(1, 1.5);
  });

  it.each([
    ['all', 'center-loss', '*'],
    ['one', 'center-loss', '{ CenterLoss }'],
    ['slim-all', 'center-loss/slim', '*'],
    ['slim-one', 'center-loss/slim', '{ CenterLoss }'],
    ['js-all', 'center-loss/js', '*'],
  ])('of %s: %s, %s as README says', async (mark, entry, names) => {
    expect(await bundled(entry, names)).toBeCloseTo(given(mark), 0);
  });

  it('of everything: as the badge of README says', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const size = given('all');
    expect(readme).toContain(`[${size} KB, minified and gzipped](https://img.shields.io/badge/gzipped-${size}_KB-`);
  });

  it('of center-loss/pool beside center-loss: as README says', async () => {
    const both = await bundled('center-loss', '*', "export * from 'center-loss/pool'");
    expect(both - (await bundled('center-loss', '*'))).toBeCloseTo(given('pool'), 0);
  });

  it.each([
    ['{ classify }', 15],
    ['{ readNpy }', 4.6],
    ['{ auroc }', 3.3],
    ['{ CenterLossError }', 1.1],
  ])('of %s from center-loss/slim: below %d', async (names, limit) => {
    expect(await bundled('center-loss/slim', names)).toBeLessThan(limit);
  });
});

it.each([
  ['WebAssembly', []],
  ['none, which it says', ['--jitless', '--no-warnings']],
])('has a command line that runs without other packages, with %s', (_, flags) => {
  const { version, bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [...flags, join(installed, bin['center-loss']), ...args], { encoding: 'utf8' });
  expect(run('--version').stdout).toBe(`${version}\n`);
  writeFileSync(join(scratch, 'rows.csv'), 'a,b,label\n3,4,0\n5,6,0\n');
  const options = ['--label-column', '2', '-o', join(scratch, 'c'), '--classes', '1', '--json'];
  const { stdout, stderr } = run('fit', join(scratch, 'rows.csv'), ...options);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 2, dimensions: 2 });
  expect(stderr.includes('WebAssembly is not available here')).toBe(flags.length > 0);
});

describe('package.json', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { alias, dependencies, exports, scripts, sideEffects, typesVersions } = manifest;

  it('needs nothing at run time and runs nothing at install', () => {
    expect(dependencies).toBeUndefined();
    expect(Object.keys(scripts ?? {}).filter((name) => /install|prepare/.test(name))).toEqual([]);
  });

  it('lists the files with side effects', () => {
    const registering = [
      'index.js',
      'workerd.js',
      'edge-light.js',
      'slim.js',
      'js.js',
      'index.cjs',
      'slim.cjs',
      'js.cjs',
    ];
    expect(sideEffects).toEqual([...registering, 'cli.js'].map((file) => `./dist/${file}`));
  });

  it('names every entry where tools know no exports: TypeScript by typesVersions, Parcel by alias', () => {
    const modules = Object.keys(exports).filter((entry) => /^\.\/[\w-]+$/.test(entry));
    expect(Object.keys(alias)).toEqual(modules);
    expect(Object.keys(typesVersions['*']).map((entry) => `./${entry}`)).toEqual(modules);
    for (const entry of modules) {
      // Parcel takes `main`, whose core the pool must share.
      expect(alias[entry]).toBe(exports[entry][entry === './pool' ? 'require' : 'default']);
      expect(typesVersions['*'][entry.slice(2)]).toEqual([exports[entry].types.default]);
    }
  });

  it('tries the conditions in this order', () => {
    const byFormat = ['module-sync', 'import', 'require', 'default'];
    const byRuntime = ['workerd', 'edge-light', 'fastly'];
    expect(Object.keys(exports['.'])).toEqual(['types', ...byRuntime, ...byFormat]);
    for (const entry of ['./slim', './js', './js-engine', './tfjs', './pool']) {
      expect(Object.keys(exports[entry])).toEqual(['types', ...byFormat]);
    }
  });

  it('passes publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });
});

describe('types', () => {
  it('are right to arethetypeswrong, imported and required', async () => {
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
    if (!checked.types) throw new Error('no types found');
    // Nobody requires a WebAssembly file, or finds it where exports are not known.
    const problems = checked.problems.filter(
      (problem) => !('entrypoint' in problem && problem.entrypoint === './center-loss.wasm'),
    );
    expect(problems).toEqual([]);
    expect(Object.keys(checked.entrypoints).sort()).toEqual(
      ['.', './center-loss.wasm', './js', './js-engine', './package.json', './pool', './slim', './tfjs'].sort(),
    );
  });

  const TSC = join(root, 'node_modules/typescript/bin/tsc');

  /** API Extractor brings an older one. */
  const OLDER = join(root, 'node_modules/@microsoft/api-extractor/node_modules/typescript/bin/tsc');

  /** Compiles a program that uses the package and returns the messages of the compiler. */
  function compile(files: string[], settings: Record<string, unknown>, type = 'module', tsc = TSC): string[] {
    const consumer = mkdtempSync(join(scratch, 'consumer-'));
    for (const file of files) cpSync(join(root, 'test/package/consumer', file), join(consumer, file));
    writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type }));
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
    expect(compile(['main.ts', 'entries.ts'], { module, moduleResolution, lib })).toEqual([]);
  });

  it('hold where exports are not known', () => {
    const settings = { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0', lib };
    expect(compile(['main.ts'], settings, 'commonjs', OLDER)).toEqual([]);
  });

  it.each(['node16', 'nodenext'])('hold for CommonJS, %s', (module) => {
    expect(compile(['main.ts'], { module, lib }, 'commonjs')).toEqual([]);
  });

  it.each([
    ['no lib named', undefined, TSC],
    ['no DOM', ['es2022'], TSC],
    ['no DOM, an older compiler', ['es2022'], OLDER],
    ['a worker', ['es2022', 'webworker'], TSC],
    ['everything', ['esnext', 'dom'], TSC],
  ])('of every entry hold with %s', (_, lib, tsc) => {
    const settings = { module: 'esnext', moduleResolution: 'bundler', ...(lib && { lib }) };
    expect(compile(['entries.ts'], settings, 'module', tsc)).toEqual([]);
  });

  it('name nothing that is private', () => {
    for (const file of FILES.filter((name) => /\.d\.c?ts$/.test(name))) {
      expect(readFileSync(join(installed, file), 'utf8'), file).not.toMatch(/^ *(?:private|protected|readonly) _|\r/m);
    }
  });

  it.each(resolutions)(
    'of the bridge give those of TensorFlow.js for moduleResolution %s',
    (moduleResolution, module) => {
      mkdirSync(join(scratch, 'node_modules/@tensorflow'), { recursive: true });
      const tfjs = join(scratch, 'node_modules/@tensorflow/tfjs-core');
      rmSync(tfjs, { force: true });
      symlinkSync(join(root, 'node_modules/@tensorflow/tfjs-core'), tfjs);
      // The types of TensorFlow.js conflict with those of the DOM.
      expect(compile(['tfjs.ts'], { module, moduleResolution, lib, skipLibCheck: true })).toEqual([]);
    },
  );

  it('are checked here: a wrong program does not pass', () => {
    expect(
      compile(['main.ts'], { module: 'nodenext', lib: ['es2022'], exactOptionalPropertyTypes: false }),
    ).not.toEqual([]);
  });
});

const FILES = [
  ...['LICENSE', 'README.md', 'package.json', 'dist/center-loss.d.wasm.ts', 'dist/center-loss.wasm'],
  ...['dist/sbom.cdx.json', 'dist/THIRD-PARTY-LICENSES.txt'],
  ...['core', 'index', 'workerd', 'edge-light', 'slim', 'js', 'js-engine', 'tfjs', 'pool', 'cli'].map(
    (name) => `dist/${name}.js`,
  ),
  ...['core', 'index', 'slim', 'js', 'js-engine', 'tfjs', 'pool'].map((name) => `dist/${name}.cjs`),
  ...['index', 'slim', 'js-engine', 'tfjs', 'pool'].flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.d.cts`]),
];
