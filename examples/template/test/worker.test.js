// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import worker from '../src/worker.js';

/** Sends a body to the worker. @param {unknown} row */
const post = (row) => worker.fetch(new Request('http://localhost', { method: 'POST', body: JSON.stringify(row) }));

test('a penguin gets the name of its species', async () => {
  const { name, score } = await (await post([46.1, 13.2, 211, 4500])).json();
  assert.equal(name, 'Gentoo');
  assert.ok(score > 0);
});

test('a goose is unknown', async () => {
  assert.equal((await (await post([60, 25, 450, 3300])).json()).name, null);
});

test('a wrong body gets status 400 and the reason', async () => {
  for (const row of [[1, 2], 'text', [1, 2, 3, 'x'], undefined]) {
    const reply = await post(row);
    assert.equal(reply.status, 400);
    assert.match((await reply.json()).error, /\w/);
  }
});

test('GET says how to call', async () => {
  assert.match(await (await worker.fetch(new Request('http://localhost'))).text(), /POST a row of 4 numbers/);
});
