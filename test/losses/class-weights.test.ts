// Weights of classes from how often they occur.
import { CACLoss, CenterLoss, ClassStatistics, classWeights, DeepSVDDLoss, softmaxCrossEntropy } from 'center-loss';
import fc from 'fast-check';
import { it } from 'vitest';
import { expectClose } from '../support/close.js';
import { expectError } from '../support/error.js';

const labels = fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 200 });
const counts = (target: number[]) => Array.from({ length: 6 }, (_, j) => target.filter((label) => label === j).length);

it("balanced: scikit-learn's n/(K·n_j)", () => {
  fc.assert(
    fc.property(labels, (target) => {
      const n = counts(target);
      const [rows, occurring] = [n.reduce((a, b) => a + b), n.filter((count) => count > 0).length];
      const expected = n.map((count) => (count > 0 ? rows / (occurring * count) : 0));
      expectClose(classWeights(target, 6), expected, { relative: 1e-7 });
    }),
  );
});

it("effective number: Cui's (1 − β)/(1 − β^n), with the classes as their sum", () => {
  fc.assert(
    fc.property(labels, fc.constantFrom(0, 0.5, 0.9, 0.999, 0.999_999), (target, beta) => {
      const n = counts(target);
      const raw = n.map((count) => (count > 0 ? (1 - beta) / -Math.expm1(count * Math.log(beta)) : 0));
      const total = raw.reduce((a, b) => a + b);
      const occurring = n.filter((count) => count > 0).length;
      const expected = raw.map((weight) => (weight > 0 ? (weight * occurring) / total : 0));
      expectClose(classWeights(target, 6, { scheme: 'effective-number', beta }), expected, { relative: 1e-6 });
    }),
  );
});

it.each([0, Number.NaN, '', false])('%j in place of weights is an error, not no weights', (weights) => {
  const options = { sampleWeight: weights as never };
  const [x, target] = [
    [1, 2, 3, 4],
    [0, 1],
  ];
  const svdd = new DeepSVDDLoss(2, { center: Float32Array.of(0, 0) });
  for (const act of [
    () => new CenterLoss(2, 2).evaluate(x, target, options),
    () => new CenterLoss(2, 2).step(x, target, options),
    () => new CACLoss(2, 2).gradients(x, target, options),
    () => svdd.evaluate(x, null, options),
    () => new ClassStatistics(2, 2).add(x, target, options),
    () => softmaxCrossEntropy(x, target, 2, options),
    () => new CenterLoss(2, 2).softmaxCenter(x, x, target, options),
  ]) {
    expectError(act, 'ERR_SHAPE', /^sampleWeight must be a Float32Array/);
  }
  const ofClasses = { classWeight: weights as never };
  for (const act of [
    () => new CenterLoss(2, 2, ofClasses),
    () => new CACLoss(2, 2, ofClasses),
    () => softmaxCrossEntropy(x, target, 2, ofClasses),
  ]) {
    expectError(act, 'ERR_SHAPE', /^classWeight must be a Float32Array/);
  }
});

it('is what the option of a loss takes', () => {
  const target = [0, 0, 0, 1];
  const classWeight = classWeights(target, 2);
  const options = { init: new Float32Array(2), reduction: 'batch', classWeight } as const;
  // Each class as much as the other: (1 + 4)/2.
  expectClose(new CenterLoss(2, 1, options).evaluate([1, 1, 1, 2], target), 2.5, { relative: 1e-6 });
});

it('refuses what it can not weigh', () => {
  expectError(() => classWeights([2], 2), 'ERR_LABEL', 'target[0] is 2, but there are 2 classes');
  expectError(() => classWeights([0], 0), 'ERR_OPTION', 'nClasses must be a positive integer, got 0');
  expectError(() => classWeights([0], 1, { scheme: 'inverse' as never }), 'ERR_OPTION', 'scheme must be');
  expectError(() => classWeights([0], 1, { beta: 1 }), 'ERR_OPTION', 'beta must be a number from 0 to below 1, got 1');
  expectError(() => classWeights('a' as never, 1), 'ERR_LABEL', 'target must be an array');
});
