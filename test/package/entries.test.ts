// The entries of the package: the same names, one core, nothing done at import.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const NAMES = ['CenterLoss', 'CenterLossError', 'ClassCenters', 'isKnown'];

beforeEach(() => vi.resetModules());

it('all have the same names', async () => {
  expect(Object.keys(await import('center-loss')).sort()).toEqual(NAMES);
  expect(Object.keys(await import('center-loss/js')).sort()).toEqual(NAMES);
  expect(Object.keys(await import('center-loss/slim')).sort()).toEqual([...NAMES, 'init', 'initSync'].sort());
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

/** What a fresh Node prints for a module. */
const run = (source: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '--no-warnings', '--input-type=module', '-e', source], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  }).trim();

const ENTRIES = ['center-loss', 'center-loss/slim', 'center-loss/js', 'center-loss/tfjs', 'center-loss/files'];

describe.each(ENTRIES)('import of %s', (entry) => {
  it('does nothing but define', () => {
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

  it('works by require', () => {
    expect(
      run(`import { createRequire } from 'node:module';
      console.log(Object.keys(createRequire('${process.cwd()}/')('${entry}')).length > 0)`),
    ).toBe('true');
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

it('files are read without any engine; a classifier out of one needs one, and says so', () => {
  const printed = run(
    `import { loadCenters, loadClassifier, readNpy, writeNpy } from 'center-loss/files';
     import { OpenSetClassifier } from 'center-loss/js/open-set';
     import { saveCenters } from 'center-loss/files';
     const centers = { params: [1, 2], nClasses: 2, nFeatures: 1 };
     console.log([...saveCenters(new OpenSetClassifier(centers, { threshold: 0.5 }))].join());`,
  );
  const read = `
    import { loadCenters, loadClassifier } from 'center-loss/files';
    const file = Uint8Array.of(${printed});
    console.log(...loadCenters(file).params);
    try { loadClassifier(file); } catch ({ code, message }) { console.log(code, message); }`;
  expect(run(read, '--jitless')).toMatch(/^1 2\nERR_NOT_INITIALIZED .*'center-loss'/);
});

describe('where WebAssembly is missing', () => {
  it('the error names what allows it and what does without it, at first use', () => {
    const printed = run(
      `import { CenterLoss } from 'center-loss';
       try { new CenterLoss(2, 2); } catch (error) { console.log(error.name, error.code, error.message); }`,
      '--jitless',
    );
    expect(printed).toMatch(/^CenterLossError ERR_WASM_BLOCKED .*'wasm-unsafe-eval'.*'center-loss\/js'/);
  });

  it('a program may go on with the JavaScript kernels, under the same names', () => {
    const printed = run(
      `import { CenterLoss } from 'center-loss';
       try { new CenterLoss(2, 2); } catch { await import('center-loss/js'); }
       console.log(new CenterLoss(2, 2).evaluate([3, 4], [0]));`,
      '--jitless',
    );
    expect(Number(printed)).toBeCloseTo(10, 9);
  });
});
