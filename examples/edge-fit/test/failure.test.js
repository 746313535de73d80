// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CenterLossError } from 'center-loss';
import { failure } from '../src/failure.js';

/** @param {unknown} error */
async function replyTo(error) {
  const response = failure(error);
  const text = await response.text();
  return {
    status: response.status,
    code: JSON.parse(text).error.code,
    text,
    retry: response.headers.get('retry-after'),
  };
}

test('a request is to blame for its labels and shape, and for nothing else', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  const label = await replyTo(new CenterLossError('ERR_LABEL', 'target[0] is 9'));
  assert.deepEqual([label.status, label.code], [422, 'ERR_LABEL']);
  assert.equal(log.mock.callCount(), 0);
  const memory = await replyTo(new CenterLossError('ERR_OUT_OF_MEMORY', 'none left'));
  assert.deepEqual([memory.status, memory.code], [500, 'ERR_OUT_OF_MEMORY']);
  assert.equal(log.mock.callCount(), 1);
});

test('an object that is away for a moment is worth another try', async (t) => {
  t.mock.method(console, 'error', () => {});
  for (const mark of ['retryable', 'overloaded', 'durableObjectReset']) {
    const { status, code, retry } = await replyTo(Object.assign(new Error('reset'), { [mark]: true }));
    assert.deepEqual([status, code, retry], [503, 'ERR_UNAVAILABLE', '1']);
  }
});

test('anything else is logged and not told', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  for (const thrown of [new TypeError('secret'), Object.assign(new Error('secret'), { retryable: false }), undefined]) {
    const { status, code, text } = await replyTo(thrown);
    assert.deepEqual([status, code], [500, 'ERR_INTERNAL']);
    assert.doesNotMatch(text, /secret|\.js/);
  }
  assert.equal(log.mock.callCount(), 3);
});
