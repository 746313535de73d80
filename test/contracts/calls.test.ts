// Calls with rows and labels, of every class that takes them: bad input is an error with the values at fault, and the
// object is as it was.
import { type Batch, CenterLoss, ClassStatistics, DeepSVDDLoss } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';
import { PROXY_LOSS_NAMES, PROXY_LOSSES } from '../support/proxy-losses.js';

interface TakesRows {
  batch(rows: number): Batch;
  save(): Uint8Array;
}

const LOSS_CALLS = ['evaluate', 'perRow', 'gradients', 'step'];
const options = { init: 'normal' } as const;
/** Makers of objects for 3 classes, each with its calls; Deep SVDD has one class, whatever the label. */
const CLASSES: [string, (nDim: number) => TakesRows, string[]][] = [
  ['CenterLoss', (nDim) => new CenterLoss(3, nDim, options), LOSS_CALLS],
  ['CenterLoss by cosine', (nDim) => new CenterLoss(3, nDim, { ...options, metric: 'cosine' }), LOSS_CALLS],
  ...PROXY_LOSS_NAMES.map((name): [string, (nDim: number) => TakesRows, string[]] => [
    name,
    (nDim) => new PROXY_LOSSES[name].Loss(3, nDim, options),
    LOSS_CALLS,
  ]),
  [
    'DeepSVDDLoss',
    (nDim) => new DeepSVDDLoss(nDim, { center: new Float32Array(nDim) }),
    ['evaluate', 'perRow', 'gradients', 'fitRadius', 'fitCenter'],
  ],
  ['ClassStatistics', (nDim) => new ClassStatistics(3, nDim), ['add']],
];

describe.each(CLASSES)('%s', (name, make, calls) => {
  const hasClasses = name !== 'DeepSVDDLoss';
  const x = [1, 2, 3, 4];

  it.each(calls)('%s refuses bad rows, labels, weights and batches', (call) => {
    const object = make(2);
    const before = object.save();
    const use =
      (...given: unknown[]) =>
      () =>
        (Reflect.get(object, call) as (...given: unknown[]) => unknown).apply(object, given);
    expectErrors('ERR_SHAPE', [
      [use([1, 2, 3], [0]), 'x has 3 values, which is not a multiple of nDim = 2'],
      [use(x, [0]), 'x has 2 rows of 2 values, but target has 1 labels'],
      [use('ab', [0]), /x must be a Float32Array/],
      [use([[1, 2], [3]], [0, 1]), 'x[1] has 1 values; expected nDim = 2, as many in each row'],
      [use(x, [0, 1], { sampleWeight: [1] }), 'sampleWeight has 1 values, but there are 2 rows'],
      ...[7, 0, Number.NaN, '', false].map(
        (sampleWeight) => [use(x, [0, 1], { sampleWeight }), /^sampleWeight must be a Float32Array/] as const,
      ),
      [use(make(4).batch(2)), /the batch was made for \d classes in 4 dimensions/],
    ]);
    expectErrors('ERR_LABEL', [
      [use(x, [0, 0.5]), 'target[1] is 0.5, but a label must be an integer'],
      [use(x, 7), /must be an array/],
    ]);
    const batch = object.batch(2);
    batch.x.set(x);
    expectErrors('ERR_OPTION', [
      [use(x, [0, 1], { weight: 1 }), 'there is no option "weight"'],
      [use(x, [0, 1], { sampleWeight: [1, -1] }), 'sampleWeight[1] must be a finite number ≥ 0, got -1'],
      [use(x, [0, 1], { sampleWeight: [1e39, 1] }), 'sampleWeight[0] must be a finite number ≥ 0, got 1e+39'],
      [use(batch, [0, 1]), /takes no target: the batch holds it|there is no option/],
      [use(batch, undefined, {}), `${call} with a batch takes no target: the batch holds it`],
      [use(batch, {}, {}), `${call} with a batch takes no target`],
      [use(batch, { sampleWeight: [1, -1] }), 'sampleWeight[1] must be a finite number ≥ 0, got -1'],
    ]);
    expectError(use(batch, { sampleWeight: [1] }), 'ERR_SHAPE', 'sampleWeight has 1 values');
    if (hasClasses) {
      batch.target.set([0, 3]);
      for (const act of [use(x, [0, 3]), use(batch)]) {
        expectError(act, 'ERR_LABEL', 'target[1] is 3, but there are 3 classes');
      }
      for (const act of [use(x), use(x, null)]) expectError(act, 'ERR_LABEL', /must be an array/);
    }
    batch.dispose();
    expectError(use(batch), 'ERR_DISPOSED', 'this Batch was disposed');
    expect(object.save()).toEqual(before);
  });

  it('refuses a batch unless its number of rows is whole', () => {
    expectErrors('ERR_OPTION', [
      [() => make(2).batch(-1), 'the number of rows must be a whole number ≥ 0, got -1'],
      [() => make(2).batch(1.5), /got 1.5/],
    ]);
  });
});
