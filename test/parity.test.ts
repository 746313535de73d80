// docs/parity.md: what it claims of us on the inputs that the peers were run on, that it is up to date, that its links
// lead to tests.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isError, numbers, oracle, PEERS, ROOT, render, rightOf, verdict } from '../scripts/parity.js';
import { CAFFE_FACE, FEATURES } from '../scripts/parity-features.js';
import { type Input, memoryBytes, OURS } from './parity.js';
import { expectClose } from './support/close.js';
import { expectError } from './support/error.js';

/** float32 of what the floors of the reference add to a loss of 0. */
const FLOORS = 1e-11;

const features = FEATURES.filter((feature) => typeof feature !== 'string');
const probeOf = ({ probe }: { probe?: string }) => oracle.probes[probe ?? ''] ?? expect.fail(`no probe ${probe}`);
const claimed = features.filter(({ probe, ours }) => probe && ours !== 'no');

/** Which right results there are: those of the reductions, or one. */
function keysOf(right: unknown): string[] {
  const isOne = right === null || typeof right !== 'object' || Array.isArray(right) || isError(right);
  return isOne ? ['batch'] : Object.keys(right);
}

function ours(probe: string, key: string): unknown {
  const run = OURS[probe] ?? expect.fail(`nothing runs ${probe}`);
  return run(oracle.probes[probe]?.input as unknown as Input, key as never);
}

const isClose = (values: number[], wanted: number[], relative: number) =>
  values.length === wanted.length &&
  values.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) <= relative * Math.max(...wanted.map(Math.abs), 0));

describe.each(claimed.map((feature) => ({ ...feature, probe: feature.probe ?? '' })))('$probe', (feature) => {
  const { probe } = feature;
  const { right } = probeOf(feature);

  it.each(keysOf(right))('ours is right: %s', (key) => {
    const wanted = rightOf(probeOf(feature), 'kaiyangzhou', key);
    if (isError(wanted)) expectError(() => ours(probe, key), wanted.error as never, /./);
    else if (feature.atMost) expect(ours(probe, key)).toBeLessThan(Number(wanted));
    else {
      const values = numbers(wanted);
      const scale = values.map(() => Math.max(...values.map(Math.abs)));
      expectClose(numbers(ours(probe, key)), values, { scale, absolute: FLOORS });
      expect(ours(probe, key) === null).toBe(wanted === null);
    }
  });

  it.each(PEERS)('%s: the same as ours where it says yes, another value where it says no', (peer) => {
    const gave = probeOf(feature)[peer];
    const { word } = verdict(feature, peer);
    if (gave.none || gave.error || isError(right) || feature.atMost) return expect(word).toBe('no');
    const key = feature.own?.[peer] ?? (peer === 'pytorch-ood' ? 'mean' : 'batch');
    const same = isClose(numbers(gave.value), numbers(ours(probe, key)), 1e-3);
    if (word !== 'partly') expect(same).toBe(word === 'yes');
  });
});

it('the whole memory is smaller than a B×C matrix', () => {
  const { input, right } = oracle.probes['no-matrix'] ?? expect.fail();
  expect(memoryBytes(input as unknown as Input)).toBeLessThan(Number(right) / 2);
});

it('every probe has a row, and every row that is ours runs it', () => {
  expect(Object.keys(oracle.probes).sort()).toEqual(features.flatMap(({ probe }) => probe ?? []).sort());
  expect(Object.keys(OURS).sort()).toEqual(claimed.map(({ probe }) => probe).sort());
});

it('what is there in part has a note that says which', () => {
  for (const { partly, notes } of features)
    expect(Object.keys(notes ?? {})).toEqual(expect.arrayContaining(partly ?? []));
});

describe('docs/parity.md', () => {
  const document = readFileSync(new URL('docs/parity.md', ROOT), 'utf8');

  it('is what follows: else node scripts/parity.js --update', () => {
    expect(document).toBe(render());
  });

  it.each(features.filter(({ ours }) => ours !== 'no'))('$name: links to a test of that name', ({ ours }) => {
    const [file = '', name = ''] = ours;
    expect(document).toContain(`](../${file} "${name}")`);
    expect(isTest(readFileSync(new URL(file, ROOT), 'utf8'), name)).toBe(true);
  });

  it('links to lines of the paper’s code for each row', () => {
    const links = [...document.matchAll(/^\[[^^\]]+\]: (.*)$/gm)].map(([, url]) => url);
    expect(links.length).toBeGreaterThan(5);
    for (const { caffe } of features) expect(links).toContain(CAFFE_FACE + caffe[1]);
  });
});

/** Whether a file has a test, or a group of tests, of this name. */
function isTest(code: string, name: string): boolean {
  if (new RegExp(`#\\[test\\]\\s*(///.*\\s*)*fn ${name}\\(`).test(code)) return true;
  const quoted = ["'", '"', '`'].map((quote) => code.indexOf(quote + name + quote)).find((at) => at >= 0) ?? -1;
  // What a name stands behind: it(, describe(, it.each([…])(, it.runIf(…)(.
  return quoted >= 0 && /(\b(it|describe)|\))\(\s*$/.test(code.slice(0, quoted));
}

it('knows a test from its name alone', () => {
  expect(isTest(`it('adds', () => {});`, 'adds')).toBe(true);
  expect(isTest(`it.each([1])(\n  'adds', () => {});`, 'adds')).toBe(true);
  expect(isTest(`const name = 'adds';`, 'adds')).toBe(false);
  expect(isTest('#[test]\nfn adds() {}', 'adds')).toBe(true);
  expect(isTest('fn adds() {}', 'adds')).toBe(false);
});
