import binaryen from 'binaryen';
import { describe, expect, test } from 'vitest';
import { advice, compare } from '../../bench/instructions/counts.js';
import { COUNT, instrument } from '../../bench/instructions/instrument.js';

describe('a counting module', () => {
  const original = binaryen.parseText(`(module
    (func $double (export "double") (param $n i32) (result i32)
      (i32.shl (local.get $n) (i32.const 1)))
    (func (export "sum") (param $n i32) (result i32) (local $sum i32)
      (loop $turn
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (func (export "larger") (param $n i32) (result i32)
      (if (result i32) (i32.gt_s (local.get $n) (i32.const 9))
        (then (call $double (call $double (local.get $n))))
        (else (i32.const 0)))))`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(instrument(original.emitBinary())));
  const executed = exports[COUNT] as WebAssembly.Global<'i64'>;

  test.each([
    // local.get, i32.const, i32.shl
    ['double', 3, 6, 3],
    // Nine in a turn, and the sum.
    ['sum', 100, 5050, 901],
    // local.get, i32.const, i32.gt_s, if; then i32.const, or local.get and twice call and three.
    ['larger', 1, 0, 5],
    ['larger', 10, 40, 13],
  ])('%s(%i) is %i after %i instructions', (name, argument, result, count) => {
    executed.value = 0n;
    expect((exports[name] as (n: number) => number)(argument)).toBe(result);
    expect(executed.value).toBe(BigInt(count));
  });
});

test.each([
  [{ a: 1000, b: 1050 }, true, ''],
  [{ a: 800, b: 1051 }, false, 'more'],
  [{ a: 949, b: 1000 }, true, 'fewer'],
  [{ a: 1000 }, false, 'other calls'],
  [{ a: 1000, b: 1000, c: 1 }, false, 'other calls'],
])('counts %j instead of 1000 each pass: %s', (now, passed, text) => {
  const judged = advice(compare({ a: 1000, b: 1000 }, now));
  expect(judged.passed).toBe(passed);
  expect(judged.text).toMatch(text || /^$/);
});
