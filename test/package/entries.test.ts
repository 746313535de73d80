// The entries of the package: the same names, one core, nothing done at import.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => vi.resetModules());

it('all have the same names', async () => {
  const names = Object.keys(await import('center-loss')).sort();
  expect(names).toEqual(expect.arrayContaining(['CenterLoss', 'ClassCenters', 'OpenSetClassifier', 'load', 'readNpy']));
  expect(Object.keys(await import('center-loss/js')).sort()).toEqual(names);
  expect(Object.keys(await import('center-loss/slim')).sort()).toEqual([...names, 'init', 'initSync'].sort());
  expect(Object.keys(await import('center-loss/js-engine'))).toEqual(['jsEngine']);
});

it('classes have the names under which they are exported', async () => {
  const classes = Object.entries(await import('center-loss')).filter(([name]) => /^[A-Z][a-zA-Z]+$/.test(name));
  expect(classes.length).toBeGreaterThan(8);
  expect(classes.map(([, value]) => (value as { name?: string }).name)).toEqual(classes.map(([name]) => name));
});

it('share one core', async () => {
  const main = await import('center-loss');
  const slim = await import('center-loss/slim');
  const js = await import('center-loss/js');
  const loss = new slim.CenterLoss(3, 2);
  expect(loss).toBeInstanceOf(main.CenterLoss);
  expect(loss).toBeInstanceOf(js.CenterLoss);
  expect(loss.centers).toBeInstanceOf(main.ClassCenters);
  const error = new slim.CenterLossError('ERR_SHAPE', 'no');
  expect(error).toBeInstanceOf(main.CenterLossError);
});

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Output of a module in a fresh Node. */
const run = (source: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '--no-warnings', '--input-type=module', '-e', source], {
    cwd: ROOT,
    encoding: 'utf8',
  }).trim();

const ENTRIES = ['center-loss', ...['slim', 'js', 'js-engine', 'tfjs', 'pool'].map((name) => `center-loss/${name}`)];

it.each(ENTRIES)('the import of %s has no side effects', (entry) => {
  const watched = `
    const seen = [];
    for (const name of ['Module', 'Instance', 'Memory', 'compile', 'instantiate']) {
      const real = WebAssembly[name];
      WebAssembly[name] = function (...all) { seen.push(name); return Reflect.construct(real, all, new.target); };
    }
    const Buffer = globalThis.ArrayBuffer;
    globalThis.ArrayBuffer = class extends Buffer { constructor(bytes) { super(bytes); if (bytes > 1024) seen.push(bytes); } };
    const before = Object.getOwnPropertyNames(globalThis).length;
    await import('${entry}');
    console.log(JSON.stringify([seen, Object.getOwnPropertyNames(globalThis).length - before]));`;
  expect(run(watched)).toBe('[[],0]');
});

describe('require', () => {
  it.each(ENTRIES)('gives the same module %s as import, where Node can', (entry) => {
    const printed = run(
      `import { createRequire } from 'node:module';
       console.log(createRequire('${ROOT}')('${entry}') === (await import('${entry}')), process.features.require_module);`,
    );
    expect(printed).toMatch(/^true true$|^false undefined$/);
  });

  const file = (name: string) => createRequire(import.meta.url)(`../../dist/${name}.cjs`);

  it('finds the same names in CommonJS files, which share one core', async () => {
    for (const name of ['index', 'js']) {
      expect(Object.keys(file(name)).sort()).toEqual(Object.keys(await import('center-loss')).sort());
    }
    expect(Object.keys(file('slim')).sort()).toEqual(Object.keys(await import('center-loss/slim')).sort());
    expect(Object.keys(file('tfjs'))).toEqual(['centerLossTerm']);
    expect(Object.keys(file('pool'))).toEqual(['ClassifierPool']);
    const loss = new (file('index').CenterLoss)(2, 2);
    expect(loss).toBeInstanceOf(file('slim').CenterLoss);
    expect(loss.evaluate([3, 4], [0])).toBeGreaterThan(0);
  });

  it('gives a CommonJS form that runs without WebAssembly', () => {
    const source = `console.log(new (require('./dist/js.cjs').CenterLoss)(2, 2).evaluate([3, 4], [0]))`;
    const printed = execFileSync(process.execPath, ['--jitless', '--no-warnings', '-e', source], { cwd: ROOT });
    expect(Number(printed)).toBeCloseTo(10, 9);
  });
});

it.each([
  ['Uint8Array.fromHex', 'globalThis.Buffer = undefined; Uint8Array.fromHex = decode;'],
  ['Buffer', 'Uint8Array.fromHex = undefined;'],
  ['neither', 'Uint8Array.fromHex = undefined; globalThis.Buffer = undefined;'],
])('the bytes are read with %s', (_, having) => {
  const printed = run(`
    const { from } = Buffer;
    const decode = (text) => new Uint8Array(from(text, 'hex'));
    ${having}
    const { CenterLoss } = await import('center-loss');
    console.log(new CenterLoss(2, 2).evaluate([3, 4], [0]));`);
  expect(Number(printed)).toBeCloseTo(10, 9);
});

it('center-loss/slim reads centers and half precision before init, objects only after it', async () => {
  const { ClassCenters } = await import('center-loss');
  const { base64 } = new ClassCenters(1, 2).toJSON();
  const printed = run(`
    import { ClassCenters, fromFloat16, loadCenters } from 'center-loss/slim';
    const bytes = Buffer.from('${base64}', 'base64');
    console.log(loadCenters(bytes).nDim, fromFloat16(Uint16Array.of(0x3c00))[0]);
    try { ClassCenters.load(bytes); } catch ({ code }) { console.log(code); }`);
  expect(printed).toBe('2 1\nERR_NOT_INITIALIZED');
});

describe('where WebAssembly is missing', () => {
  it('the error at first use names the policy that allows it, and the entry that needs none', () => {
    const printed = run(
      `import { CenterLoss } from 'center-loss';
       try { new CenterLoss(2, 2); } catch (error) { console.log(error.name, error.code, error.message); }`,
      '--jitless',
    );
    expect(printed).toMatch(/^CenterLossError ERR_WASM_BLOCKED .*'wasm-unsafe-eval'.*'center-loss\/js'/);
  });

  const FALL_BACK = `const fellBack = await ensureEngine(() => import('center-loss/js-engine'));`;
  const REPORT = `console.log(fellBack, new CenterLoss(2, 2).evaluate([3, 4], [0]).toFixed(6));`;

  it('ensureEngine goes on in JavaScript, under the same names, whatever is imported later', () => {
    const later = `await import('center-loss/slim'); await import('./dist/index.js');`;
    const program = `import { CenterLoss, ensureEngine } from 'center-loss'; ${FALL_BACK} ${later} ${REPORT}`;
    expect(run(program, '--jitless')).toBe('true 10.000000');
    expect(run(program)).toBe('false 10.000000');
  });

  it.each([
    ['before', `await import('center-loss/js'); const { CenterLoss } = await import('center-loss');`],
    ['after', `const { CenterLoss } = await import('center-loss'); await import('center-loss/js');`],
  ])('an import of center-loss/js decides, %s that of center-loss', (_, imports) => {
    expect(run(`${imports} const fellBack = ''; ${REPORT}`, '--jitless')).toBe('10.000000');
  });

  it('slim falls back as well, once it has tried', () => {
    const program = (then: string) => `
      import { readFileSync } from 'node:fs';
      import { CenterLoss, ensureEngine, init } from 'center-loss/slim';
      await init(readFileSync('dist/center-loss.wasm')).catch(({ code }) => console.log(code));
      ${then}`;
    expect(run(program(`${FALL_BACK} ${REPORT}`), '--jitless')).toBe('ERR_WASM_BLOCKED\ntrue 10.000000');
  });

  it.each<[string, () => unknown]>([
    ['no function', () => undefined],
    ['another module', () => async () => ({})],
    ['nothing', () => async () => undefined],
  ])('ensureEngine refuses %s', (_, fallback) => {
    const program = `import { ensureEngine } from 'center-loss';
      await ensureEngine(${fallback()}).catch(({ code, message }) => console.log(code, message));`;
    expect(run(program, '--jitless')).toMatch(/^ERR_OPTION .*import\('center-loss\/js-engine'\)/);
  });

  it.skipIf(process.platform !== 'linux')('a limit of memory is called so, and JavaScript runs under it', () => {
    const limited = (source: string) =>
      execFileSync('sh', ['-c', 'ulimit -v 8000000; exec "$0" --input-type=module -e "$1"', process.execPath, source], {
        cwd: ROOT,
        encoding: 'utf8',
      });
    const use = `try { new CenterLoss(2, 2); } catch ({ code, message }) { console.log(code, message); }`;
    const printed = limited(`import { CenterLoss, ensureEngine } from 'center-loss'; ${use} ${FALL_BACK} ${REPORT}`);
    expect(printed).toMatch(/^ERR_OUT_OF_MEMORY the memory of WebAssembly .*ulimit -v.*\ntrue 10.000000\n$/);
    expect(printed).not.toContain('policy');
  });
});

describe('before there is an engine, the error names', () => {
  const use = `try { new CenterLoss(2, 2); } catch ({ code, message }) { console.log(code, message); }`;

  it('slim and init, if slim was imported', () => {
    expect(run(`import { CenterLoss } from 'center-loss/slim'; ${use}`)).toMatch(
      /^ERR_NOT_INITIALIZED center-loss\/slim .*init/,
    );
  });

  it('sideEffects, if a bundler dropped the entry', () => {
    expect(run(`import { CenterLoss } from './dist/core.js'; ${use}`)).toMatch(/^ERR_NOT_INITIALIZED .*`sideEffects`/);
  });
});
