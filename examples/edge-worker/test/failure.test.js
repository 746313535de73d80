// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CenterLossError } from 'center-loss';
import { failure } from '../src/failure.js';

/** @param {unknown} error */
async function replyTo(error) {
  const response = failure(error);
  return { status: response.status, text: await response.text() };
}

test('an error of the package keeps its code; the request is to blame for a shape, and for nothing else', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  const shape = await replyTo(new CenterLossError('ERR_SHAPE', 'x has 3 values'));
  assert.equal(shape.status, 422);
  assert.deepEqual(JSON.parse(shape.text), { error: { code: 'ERR_SHAPE', message: 'x has 3 values' } });
  assert.equal(log.mock.callCount(), 0);
  const blocked = await replyTo(new CenterLossError('ERR_WASM_BLOCKED', 'no WebAssembly'));
  assert.equal(blocked.status, 500);
  assert.deepEqual(JSON.parse(blocked.text), { error: { code: 'ERR_WASM_BLOCKED', message: 'no WebAssembly' } });
  assert.equal(log.mock.callCount(), 1);
});

test('anything else is logged and not told', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  const { status, text } = await replyTo(new TypeError('secret'));
  assert.equal(status, 500);
  assert.equal(JSON.parse(text).error.code, 'ERR_INTERNAL');
  assert.doesNotMatch(text, /secret|\.js/);
  assert.equal(log.mock.callCount(), 1);
});
