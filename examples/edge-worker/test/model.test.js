// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkModel } from '../src/model.js';

const model = { nClasses: 2, nDim: 2, params: [1, 0, 0, 1], threshold: 0.5 };

test('a whole model passes', () => {
  assert.equal(checkModel(model), model);
});

/** @type {[string, object, RegExp][]} */
const broken = [
  ['too few params', { params: [1, 0, 0] }, /params has 3 values, .* 2 × 2/],
  ['too many params', { params: [1, 0, 0, 1, 1] }, /params has 5 values/],
  ['no params', { params: undefined }, /params has undefined values/],
  ['params that are no numbers', { params: [1, 0, null, 1] }, /params\[2\] is null/],
  ['params that float32 can not hold', { params: [1, 1e39, 0, 1] }, /params\[1\] is 1e\+39/],
  ['no nDim', { nDim: undefined }, /2 × undefined/],
  ['no threshold', { threshold: undefined }, /threshold is undefined/],
  ['a threshold below 0', { threshold: -1 }, /threshold is -1/],
];
for (const [name, change, message] of broken) {
  test(`a model with ${name} is refused`, () => {
    assert.throws(() => checkModel(/** @type {any} */ ({ ...model, ...change })), message);
  });
}
