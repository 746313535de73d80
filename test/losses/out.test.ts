// Results in arrays of the caller: option `out` of every call that copies gradients out.
import {
  CACLoss,
  CenterLoss,
  DeepSVDDLoss,
  IslandLoss,
  type Out,
  type SoftmaxCenterOptions,
  softmaxCrossEntropy,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';

const [rows, nClasses, nDim] = [3, 2, 3];
const x = Float32Array.from({ length: rows * nDim }, (_, i) => Math.sin(i));
const logits = Float32Array.from({ length: rows * nClasses }, (_, i) => Math.cos(i));
const target = [0, 1, 1];

type Named = Out<'gradX' | 'gradCenters' | 'gradLogits'>;
type Results = Named & { readonly loss: number };

const init = Float32Array.of(1, 2, 3, 4, 5, 7);
const centerLoss = (fixed = false) => new CenterLoss(nClasses, nDim, { init, fixed, reduction: 'batch' });
const softmaxCenter = (out?: Named, more: SoftmaxCenterOptions = {}): Results =>
  centerLoss().softmaxCenter(x, logits, target, { ...more, out });

const CALLS: Record<string, (out?: Named) => Results> = {
  'CenterLoss#gradients': (out) => centerLoss().gradients(x, target, { out }) as Results,
  'CenterLoss#gradients, touched': (out) =>
    centerLoss().gradients(x, target, { centers: 'touched', out }) as unknown as Results,
  'CenterLoss#gradients, fixed': (out) => centerLoss(true).gradients(x, target, { out }) as Results,
  'CenterLoss#step': (out) => centerLoss().step(x, target, { rule: 'sgd', out }),
  'CenterLoss#softmaxCenter': softmaxCenter,
  'CenterLoss#softmaxCenter, update: false': (out) => softmaxCenter(out, { update: false }),
  'IslandLoss#gradients': (out) => new IslandLoss(nClasses, nDim, { init }).gradients(x, target, { out }) as Results,
  'IslandLoss#step': (out) => new IslandLoss(nClasses, nDim, { init }).step(x, target, { out }),
  'CACLoss#gradients, fixed': (out) => new CACLoss(nClasses, nDim).gradients(x, target, { out }) as Results,
  'DeepSVDDLoss#gradients': (out) => new DeepSVDDLoss(nDim, { center: [1, 2, 3] }).gradients(x, null, { out }),
  softmaxCrossEntropy: (out) => softmaxCrossEntropy(logits, target, nClasses, { out }),
};

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  const expected = call();
  const names = (['gradX', 'gradCenters', 'gradLogits'] as const).filter(
    (result) => expected[result] instanceof Float32Array,
  );

  it('fills the arrays that are given, and returns them', () => {
    for (const some of [names, names.slice(0, 1), names.slice(1), []]) {
      const out = Object.fromEntries(some.map((result) => [result, new Float32Array(expected[result]?.length ?? 0)]));
      const actual = call(out);
      expect(actual).toEqual(expected);
      for (const result of some) expect(actual[result]).toBe(out[result]);
    }
  });

  it('refuses arrays that do not fit', () => {
    for (const result of names) {
      const length = expected[result]?.length ?? 0;
      const one = (array: unknown) => () => call({ [result]: array });
      const message = `out.${result} has ${length + 1} values, but the result has ${length}`;
      expectErrors('ERR_SHAPE', [
        [one(new Float32Array(length + 1)), message],
        [one(new Float64Array(length)), `out.${result} must be a Float32Array, got`],
        [one(null), `out.${result} must be a Float32Array, got null`],
      ]);
      const shared = name === 'softmaxCrossEntropy' ? 'logits' : 'x';
      const operand = shared === 'x' ? x : logits;
      if (operand.length >= length) {
        expectError(one(operand.subarray(0, length)), 'ERR_SHAPE', `out.${result} and ${shared} share memory`);
      }
    }
    const [first, second] = names;
    if (first && second) {
      const [a, b] = [expected[first]?.length ?? 0, expected[second]?.length ?? 0];
      const memory = new Float32Array(a + b - 1);
      const out = { [first]: memory.subarray(0, a), [second]: memory.subarray(a - 1) };
      expectError(() => call(out), 'ERR_SHAPE', `out.${second} and out.${first} share memory`);
    }
    expectErrors('ERR_OPTION', [
      [() => call({ gradY: new Float32Array(9) } as never), 'there is no option "gradY"'],
      [() => call(new Float32Array(9) as never), `out must be an object { ${names.join(', ')} }, got Float32Array`],
      [() => call(null as never), 'options must be an object, got null'],
    ]);
  });
});

it('refuses the centers as an array for results, and leaves them as they were', () => {
  const loss = centerLoss();
  const out = { gradCenters: loss.centers.params };
  expectError(() => loss.gradients(x, target, { out }), 'ERR_SHAPE', 'out.gradCenters and params share memory');
  expect(loss.centers.params).toEqual(init);
});

it('refuses arrays beside a batch, and centers that have no dense gradient', () => {
  const loss = centerLoss();
  const batch = loss.batch(rows, { logits: true });
  const options = { out: { gradX: new Float32Array(9) } } as never;
  expectErrors('ERR_OPTION', [
    [() => loss.gradients(batch, options), 'gradients with a batch takes no out: the batch holds the results'],
    [() => loss.step(batch, options), 'step with a batch takes no out'],
    [() => loss.softmaxCenter(batch, options), 'softmaxCenter with a batch takes no out'],
  ]);
  const gradCenters = { out: { gradCenters: new Float32Array(6) } } as never;
  expectErrors('ERR_OPTION', [
    [() => centerLoss(true).gradients(x, target, gradCenters), 'there is no option "gradCenters"'],
    [() => loss.step(x, target, gradCenters), 'there is no option "gradCenters"; the options are gradX'],
  ]);
});

it('fills views on WebAssembly memory that grows in the call', () => {
  const [loss, large] = [centerLoss(), 200_000];
  const held = loss.batch(large);
  const values = new Float32Array(large * nDim).fill(1);
  const labels = new Int32Array(large);
  const expected = loss.gradients(values, labels);
  const { gradX } = loss.gradients(values, labels, { out: { gradX: held.gradX } });
  expect(gradX.length).toBe(large * nDim);
  expect(held.gradX[5]).toBe(expected.gradX[5]);
});
