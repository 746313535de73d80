// Soft-boundary Deep SVDD: against PyTorch, the fit of center and radius, and refusals.
import { ClassCenters, DeepSVDDLoss } from 'center-loss';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { losses, values } from '../oracle/cases.js';
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

const untyped = (value: unknown) => value as never;

it.each(losses.deepSVDD)('with ν = $nu, loss and gradients are those of PyTorch', ({ D, nu, radius, ...one }) => {
  const loss = new DeepSVDDLoss(D, { nu, radius, center: values(one.center, D) });
  const x = values(one.x, one.rows * D);
  expectClose(loss.evaluate(x), one.loss);
  expectClose(loss.perRow(x), one.perRow);
  const { loss: value, gradX, gradRadius } = loss.gradients(x);
  expectClose(value, one.loss);
  expectClose(gradX, one.gradX, { absolute: 1e-7 });
  expectClose(gradRadius, one.gradRadius);
});

it('cannot be used before its center is known', () => {
  const loss = new DeepSVDDLoss(2);
  for (const call of ['evaluate', 'perRow', 'gradients', 'fitRadius'] as const) {
    expectError(
      () => loss[call]([1, 2]),
      'ERR_NOT_INITIALIZED',
      `${call} before the center is known: call fitCenter(x)`,
    );
  }
  expectError(() => loss.fitCenter([Number.NaN, 1]), 'ERR_SHAPE', 'fitCenter needs a row of the class that is finite');
  expectError(() => loss.evaluate([1, 2]), 'ERR_NOT_INITIALIZED', /evaluate before/);
  expect([...loss.fitCenter([1, 2, 3, 2])]).toEqual([2, 2]);
  expect(loss.evaluate([2, 2])).toBe(0);
  expect([...loss.centers.params]).toEqual([2, 2]);
  expect(loss.centers).toBeInstanceOf(ClassCenters);
});

it('fits the mean as its center, with values moved away from 0', () => {
  const loss = new DeepSVDDLoss(3);
  const x = [1, 0.1, -0.01, 2, -0.1, -0.02, 6, 7, Number.NaN, 100, 100, 100];
  // Labels and weights say which rows are of the class; rows that are not finite are left out.
  const expected = [...Float32Array.of(1.5, 0.1, -0.1)];
  expect([...loss.fitCenter(x, [0, 5, 1, -1])]).toEqual(expected);
  expect([...loss.fitCenter(x, null, { sampleWeight: [1, 1, 1, 0] })]).toEqual(expected);
  expect([...loss.fitCenter(x, [0, 0, 0, -1], { sampleWeight: [3, 1, 1, 1] })]).toEqual([
    ...Float32Array.of(1.25, 0.1, -0.1),
  ]);
});

it('fits a radius that leaves at most a share ν of the rows outside', () => {
  for (const [nu, radius] of [
    [0.1, 90],
    [0.101, 90],
    [0.11, 89],
    [1, 1],
  ] as const) {
    const loss = new DeepSVDDLoss(1, { nu, center: [-2] });
    expect(loss.fitRadius(Array.from({ length: 100 }, (_, i) => 98 - i))).toBe(radius);
    expect(loss.radius).toBe(radius);
  }
});

it('takes all rows without labels, and ignores those below 0', () => {
  const loss = new DeepSVDDLoss(1, { center: Float32Array.of(1), radius: 1, nu: 0.5 });
  const x = [1, 4, Number.NaN];
  expect(loss.evaluate(x)).toBeNaN();
  const expected = { loss: 1 + 8 / (0.5 * 2), gradX: Float32Array.of(0, 6, 0), gradRadius: 0 };
  expect(loss.gradients(x, [0, 3, -1])).toEqual(expected);
  expect(loss.gradients(x, undefined, { sampleWeight: [1, 1, 0] })).toEqual(expected);
  expect(loss.gradients(x, null, { sampleWeight: [1, 3, 0] })).toEqual({
    loss: 1 + (3 * 8) / (0.5 * 4),
    gradX: Float32Array.of(0, 9, 0),
    gradRadius: -1,
  });
  expect(loss.gradients(x, [-1, -1, -1])).toEqual({ loss: 0, gradX: new Float32Array(3), gradRadius: 0 });
  expect(loss.gradients([])).toEqual({ loss: 0, gradX: new Float32Array(0), gradRadius: 0 });
  // The bad row has no gradient, and changes those of the others only by its count.
  const { gradX } = loss.gradients(x);
  expect([gradX[0], gradX[2]]).toEqual([0, 0]);
  expectClose(gradX[1] ?? 0, 4);
});

it('gives the same results for a batch as for copied rows', () => {
  const row = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 3 });
  const rows = fc.array(fc.record({ row, label: fc.integer({ min: -1, max: 5 }), weight: fc.constantFrom(0, 0.5, 1) }));
  fc.assert(
    fc.property(rows, fc.boolean(), (rows, weighted) => {
      const target = [0, ...rows.map(({ label }) => label)];
      const x = Float32Array.from([1, 2, 3, ...rows.flatMap(({ row }) => row)]);
      const options = weighted ? { sampleWeight: [1, ...rows.map(({ weight }) => weight)] } : {};
      const [loss, twin] = [new DeepSVDDLoss(3, { nu: 0.5 }), new DeepSVDDLoss(3, { nu: 0.5 })];
      const batch = loss.batch(target.length);
      batch.x.set(x);
      batch.target.set(target);
      expect(loss.fitCenter(batch, options)).toEqual(twin.fitCenter(x, target, options));
      expect(loss.fitRadius(batch, options)).toBe(twin.fitRadius(x, target, options));
      expect(loss.evaluate(batch, options)).toBe(twin.evaluate(x, target, options));
      batch.gradX.fill(7);
      const copied = twin.gradients(x, target, options);
      const actual = loss.gradients(batch, options);
      expect({ ...actual }).toEqual(copied);
      expect(actual.gradX).toBe(batch.gradX);
      expect([...batch.target]).toEqual(target);
      // All labels 0, as in a new batch: all rows are of the class.
      batch.target.fill(0);
      expect(loss.evaluate(batch)).toBe(twin.evaluate(x));
      for (const gone of [batch, loss, twin]) gone.dispose();
    }),
    { numRuns: 40 },
  );
});

it('refuses bad input and stays as it was', () => {
  const loss = new DeepSVDDLoss(2, { center: Float32Array.of(1, 1), radius: 2 });
  expectError(() => loss.fitRadius([1, 2], [-1]), 'ERR_SHAPE', 'fitRadius needs a row of the class that is finite');
  expectError(() => loss.fitCenter([]), 'ERR_SHAPE', 'but none of 0 is');
  for (const radius of [-1, Number.NaN, 1e16, untyped('1')]) {
    expectError(() => Object.assign(loss, { radius }), 'ERR_OPTION', 'radius must be a number from 0 to 1e15');
  }
  expect([loss.radius, ...loss.centers.params]).toEqual([2, 1, 1]);
});

it('passes the name of its class to its center', () => {
  const loss = new DeepSVDDLoss(2, { names: ['normal'] });
  expect(loss.names).toEqual(['normal']);
  expect(loss.centers.names).toEqual(['normal']);
  expect(new DeepSVDDLoss(2).names).toBeUndefined();
});

it('refuses bad options', () => {
  const make = (options: unknown) => () => new DeepSVDDLoss(2, untyped(options));
  expectError(make({ nu: 0 }), 'ERR_OPTION', 'nu must be a number from 1e-9 to 1, got 0');
  expectError(make({ nu: 1.5 }), 'ERR_OPTION', 'nu must be a number from 1e-9 to 1, got 1.5');
  expectError(make({ radius: -1 }), 'ERR_OPTION', 'radius must be a number from 0 to 1e15, got -1');
  expectError(make({ labels: 'none' }), 'ERR_OPTION', 'labels must be "strict" or "lenient"');
  expectErrors('ERR_SHAPE', [
    [make({ center: new Float32Array(3) }), 'center has 3 values; expected nDim = 2'],
    [make({ center: [1, 2, 3, 4] }), 'center has 4 values; expected nDim = 2'],
    [make({ center: null }), 'center must be a Float32Array, another typed array of numbers'],
  ]);
  expectError(make({ center: Float32Array.of(1, Number.NaN) }), 'ERR_OPTION', /NaN, not a finite float32/);
  expectError(
    make({ names: ['a', 'b'] }),
    'ERR_SHAPE',
    'names must be an array of 1 strings, one for each class, got 2 names',
  );
  expectError(make({ raduis: 1 }), 'ERR_OPTION', 'there is no option "raduis"');
  expectError(() => new DeepSVDDLoss(0), 'ERR_OPTION', 'nDim must be a positive integer, got 0');
});
