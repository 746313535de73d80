// The open-set entries: one engine beside the core's, in its memory, whatever came first.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as Slim from 'center-loss/slim/open-set';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const file = (name: string) => readFileSync(new URL(`../../dist/${name}`, import.meta.url));
const core = file('center-loss.wasm');
const openSet = file('open-set.wasm');

beforeEach(() => vi.resetModules());

/** What a fresh Node prints for a module. */
const run = (source: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '--no-warnings', '--input-type=module', '-e', source], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  }).trim();

it('have the names of the core entries and their own', async () => {
  const names = Object.keys(await import('center-loss/open-set')).sort();
  const ofCore = Object.keys(await import('center-loss'));
  expect(names).toEqual(expect.arrayContaining([...ofCore, 'accuracy']));
  expect(Object.keys(await import('center-loss/js/open-set')).sort()).toEqual(names);
  const more = ['init', 'initOpenSet', 'initOpenSetSync', 'initSync'];
  expect(Object.keys(await import('center-loss/slim/open-set')).sort()).toEqual([...names, ...more].sort());
});

it.each(['center-loss/open-set', 'center-loss/js/open-set', 'center-loss/slim/open-set'])(
  '%s defines, and does nothing, when it is imported',
  (entry) => {
    const watched = `
      const seen = [];
      for (const name of ['Module', 'Instance', 'Memory', 'compile', 'instantiate']) {
        const real = WebAssembly[name];
        WebAssembly[name] = function (...all) { seen.push(name); return Reflect.construct(real, all, new.target); };
      }
      await import('${entry}');
      console.log(JSON.stringify(seen));`;
    expect(run(watched)).toBe('[]');
  },
);

it.each([
  [`import { ClassCenters } from 'center-loss'`, `import { accuracy } from 'center-loss/open-set'`],
  [`import { accuracy } from 'center-loss/open-set'`, `import { ClassCenters } from 'center-loss'`],
  [`import { ClassCenters } from 'center-loss/js'`, `import { accuracy } from 'center-loss/js/open-set'`],
  [`import { ClassCenters, accuracy } from 'center-loss/js/open-set'`, ''],
])('%s; %s: work on one memory, also after it has grown', (first, second) => {
  const printed = run(`${first}; ${second};
    const centers = new ClassCenters(2, 2);
    centers.params.set([1, 2, 3, 4]);
    const before = accuracy([0, 1], [0, 0]);
    const large = new ClassCenters(1000, 1000);
    const long = new Int32Array(1e6).map((_, i) => i % 4);
    console.log(before, accuracy(long, long.map((label) => label % 2)), [...centers.params], large.params.length);`);
  expect(printed).toBe('0.5 0.5 [ 1, 2, 3, 4 ] 1000000');
});

it('says what to import where the core runs in JavaScript', () => {
  const printed = run(`import { accuracy } from 'center-loss/open-set';
    import { ClassCenters } from 'center-loss/js';
    new ClassCenters(1, 1);
    try { accuracy([0], [0]); } catch (error) { console.log(error.code, error.message); }`);
  expect(printed).toMatch(/^ERR_NOT_INITIALIZED .*'center-loss\/js\/open-set'/);
});

it('where WebAssembly is missing, the error names what does without it, and a program may go on', () => {
  const printed = run(
    `import { accuracy } from 'center-loss/open-set';
     try { accuracy([0], [0]); } catch (error) { console.log(error.code, error.message); }
     await import('center-loss/js/open-set');
     console.log(accuracy([0], [0]));`,
    '--jitless',
  );
  expect(printed).toMatch(/^ERR_WASM_BLOCKED .*'center-loss\/js'.*\n1$/);
});

describe('center-loss/slim/open-set', () => {
  let slim: typeof Slim;
  beforeEach(async () => {
    slim = await import('center-loss/slim/open-set');
  });
  const code = async (act: () => unknown) => {
    try {
      await act();
      return 'nothing thrown';
    } catch (error) {
      const { code, message } = error as Slim.CenterLossError;
      return `${code}: ${message}`;
    }
  };

  it('works once both modules are there', async () => {
    await slim.init(core);
    expect(await code(() => slim.accuracy([0], [0]))).toMatch(/^ERR_NOT_INITIALIZED: .*initOpenSet/);
    await slim.initOpenSet(new Response(openSet, { headers: { 'content-type': 'application/wasm' } }));
    expect(slim.accuracy([0], [0])).toBe(1);
    await slim.initOpenSet('http://127.0.0.1:1/');
    slim.initOpenSetSync({ module: core });
    expect(slim.accuracy([0], [0])).toBe(1);
  });

  it('needs the core first, and can be told again', async () => {
    expect(await code(() => slim.initOpenSetSync({ module: openSet }))).toMatch(
      /^ERR_NOT_INITIALIZED: .*init\(source\)/,
    );
    slim.initSync({ module: core });
    slim.initOpenSetSync({ module: new WebAssembly.Module(openSet) });
    expect(slim.accuracy([0], [0])).toBe(1);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'the core',
      () => slim.initOpenSetSync({ module: core }),
      /^ERR_FORMAT: the module lacks .*accuracy.*open-set\.wasm/,
    ],
    ['bytes of something else', () => slim.initOpenSet(openSet.subarray(1)), /^ERR_FORMAT: \d+ bytes .*open-set\.wasm/],
    ['no module', () => slim.initOpenSetSync(undefined as never), /^ERR_FORMAT: Undefined given/],
    ['no server', () => slim.initOpenSet('http://127.0.0.1:1/'), /^ERR_NOT_INITIALIZED: .* can't be had/],
  ])('refuses %s', async (_, act, message) => {
    slim.initSync({ module: core });
    expect(await code(act)).toMatch(message);
    slim.initOpenSetSync({ module: openSet });
    expect(slim.accuracy([0], [0])).toBe(1);
  });
});
