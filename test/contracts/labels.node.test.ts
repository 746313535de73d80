// Labels of another realm, as iframes, workers' messages and test runners hand them over.
import { runInNewContext } from 'node:vm';
import { CenterLoss, isKnown, type Target } from 'center-loss';
import { expect, it } from 'vitest';
import { expectError } from '../support/error.js';

const target = [1, -1, 0];

it.each([
  'Int8Array.of(1, -1, 0)',
  'Float64Array.of(1, -1, 0)',
  'BigInt64Array.of(1n, -1n, 0n)',
  '[1, -1, 0]',
  "['b', null, 'a']",
  '({ data: BigInt64Array.of(1n, -1n, 0n), dims: [3, 1] })',
])('%s', (source) => {
  const labels = runInNewContext(source) as Target;
  using loss = new CenterLoss(2, 1, { names: ['a', 'b'] });
  expect(loss.evaluate([1, 2, 3], labels)).toBe(loss.evaluate([1, 2, 3], target));
  expect([...isKnown(labels)]).toEqual([1, 0, 1]);
});

it('a DataView of another realm is refused', () => {
  const view = runInNewContext('new DataView(new ArrayBuffer(3))');
  expectError(() => isKnown(view), 'ERR_LABEL', /got DataView/);
});
