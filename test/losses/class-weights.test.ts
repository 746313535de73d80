// Weights of classes from how often they occur.
import { CACLoss, CenterLoss, classWeights, softmaxCrossEntropy } from 'center-loss';
import { it } from 'vitest';
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

it.each([
  // n/(K·n_j) of scikit-learn
  [{}, [2 / 3, 2, 0]],
  // (1 − β)/(1 − β^n) of Cui et al., with the number of classes as the sum
  [{ scheme: 'effective-number', beta: 0.5 }, [8 / 11, 14 / 11, 0]],
] as const)('%j: the weights of three rows of one class, one of another, none of the last', (options, expected) => {
  expectClose(classWeights([0, 1, 0, -1, 0], 3, options), expected, { relative: 1e-6 });
});

it.each([0, Number.NaN, '', false])('%j in place of weights is an error, not no weights', (weights) => {
  const [x, target] = [[1, 2, 3, 4], Int32Array.of(0, 1)];
  const [ofClasses, ofRows] = [{ classWeight: weights as never }, { sampleWeight: weights as never }];
  expectErrors('ERR_SHAPE', [
    [() => new CenterLoss(2, 2, ofClasses), /^classWeight must be a Float32Array/],
    [() => new CACLoss(2, 2, ofClasses), /^classWeight must be a Float32Array/],
    [() => softmaxCrossEntropy(x, target, 2, ofClasses), /^classWeight must be a Float32Array/],
    [() => softmaxCrossEntropy(x, target, 2, ofRows), /^sampleWeight must be a Float32Array/],
    [() => new CenterLoss(2, 2).softmaxCenter(x, x, target, ofRows), /^sampleWeight must be a Float32Array/],
  ]);
});

it('is what the option of a loss takes', () => {
  const target = [0, 0, 0, 1];
  const classWeight = classWeights(target, 2);
  const options = { init: new Float32Array(2), reduction: 'batch', classWeight } as const;
  // Both classes have the same total weight: (1 + 4)/2.
  expectClose(new CenterLoss(2, 1, options).evaluate([1, 1, 1, 2], target), 2.5, { relative: 1e-6 });
});

it('refuses bad input', () => {
  expectError(() => classWeights([2], 2), 'ERR_LABEL', 'target[0] is 2, but there are 2 classes');
  expectError(() => classWeights([0], 0), 'ERR_OPTION', 'nClasses must be a positive integer, got 0');
  expectError(() => classWeights([0], 1, { scheme: 'inverse' as never }), 'ERR_OPTION', 'scheme must be');
  expectError(() => classWeights([0], 1, { beta: 1 }), 'ERR_OPTION', 'beta must be a number from 0 to below 1, got 1');
  expectError(() => classWeights('a' as never, 1), 'ERR_LABEL', 'target must be an array');
});
