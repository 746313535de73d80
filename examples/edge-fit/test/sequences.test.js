// @ts-check
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { random, shuffle } from '../load/random.js';
import { aheadOf, mark, nothingSeen, place, WINDOW } from '../src/sequences.js';

describe('which batches were seen', () => {
  test('is as a set would have it, in any order, each twice', () => {
    const next = random(7);
    for (let round = 0; round < 20; round++) {
      const known = new Set();
      let seen = nothingSeen();
      // Each block is delivered twice, in two orders that are mixed into each other.
      for (let first = 0; first < 3000; first += 300) {
        const block = Array.from({ length: 300 }, (_, i) => first + i);
        const deliveries = [...block, ...block];
        shuffle(deliveries, next);
        for (const sequence of deliveries) {
          assert.equal(place(seen, sequence), known.has(sequence) ? 'seen' : 'new');
          if (!known.has(sequence)) seen = mark(seen, sequence);
          known.add(sequence);
          let missing = seen.next;
          while (known.has(missing)) missing++;
          assert.equal(seen.next, missing);
        }
      }
      assert.equal(seen.next, 3000);
      assert.deepEqual(aheadOf(seen), []);
      assert.equal(seen.ahead.length, WINDOW / 8);
    }
  });

  test('reaches to the end of the window and no further', () => {
    let seen = nothingSeen();
    for (const first of [0, 1, 5, 2 ** 40]) {
      seen = { next: first, ahead: new Uint8Array(WINDOW / 8) };
      assert.equal(place(seen, first + WINDOW), 'beyond');
      for (let sequence = first + 1; sequence < first + WINDOW; sequence++) {
        assert.equal(place(seen, sequence), 'new');
        seen = mark(seen, sequence);
      }
      assert.equal(seen.next, first);
      assert.equal(aheadOf(seen).length, WINDOW - 1);
      assert.equal(place(seen, first + WINDOW), 'beyond');
      // The one that was missing: all bits are free again.
      seen = mark(seen, first);
      assert.equal(seen.next, first + WINDOW);
      assert.ok(seen.ahead.every((bits) => bits === 0));
      assert.equal(place(seen, first + WINDOW), 'new');
      assert.equal(place(seen, first + WINDOW - 1), 'seen');
    }
  });

  test('changes nothing in place: a transaction may fail', () => {
    const seen = nothingSeen();
    mark(seen, 3);
    assert.deepEqual(seen, nothingSeen());
  });
});
