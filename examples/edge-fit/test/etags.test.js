// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etagsOf } from '../src/etags.js';

test('If-None-Match as browsers and caches send it', () => {
  /** @type {[string | null, string[]][]} */
  const headers = [
    [null, []],
    ['', []],
    ['"a.1"', ['"a.1"']],
    ['W/"a.1"', ['"a.1"']],
    ['"a.1", W/"b,2" ,"*"', ['"a.1"', '"b,2"', '"*"']],
    [' * ', ['*']],
    ['a.1', []],
    ['"a.1', []],
    ['*, "a.1"', ['"a.1"']],
  ];
  for (const [header, due] of headers) assert.deepEqual(etagsOf(header), due, String(header));
});
