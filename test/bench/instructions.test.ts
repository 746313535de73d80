import binaryen from 'binaryen';
import { describe, expect, test } from 'vitest';
import { advice, compare } from '../../bench/instructions/compare.js';
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
        (else (i32.const 0))))
    (func (export "leave") (param $n i32) (result i32)
      (block $out
        (br_if $out (i32.eqz (local.get $n)))
        (return (i32.add (local.get $n) (i32.const 1))))
      (i32.const 7)))`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(instrument(original.emitBinary())));
  const executed = exports[COUNT] as WebAssembly.Global<'i64'>;

  test.each([
    // local.get, i32.const, i32.shl
    ['double', 3, 6, 3],
    // Nine in a turn, and the sum.
    ['sum', 1, 1, 10],
    ['sum', 100, 5050, 901],
    // local.get, i32.const, i32.gt_s, if; then i32.const, or local.get and twice call and three.
    ['larger', 1, 0, 5],
    ['larger', 10, 40, 13],
    // local.get, i32.eqz, br_if; then i32.const, or local.get, i32.const, i32.add, return.
    ['leave', 0, 7, 4],
    ['leave', 1, 2, 7],
  ])('%s(%i) is %i after %i instructions', (name, argument, result, count) => {
    executed.value = 0n;
    expect((exports[name] as (n: number) => number)(argument)).toBe(result);
    expect(executed.value).toBe(BigInt(count));
  });
});

describe('counts that changed', () => {
  const verdicts = (committed: Record<string, number>, now: Record<string, number>) =>
    compare(committed, now).map(({ name, verdict }) => `${name}: ${verdict}`);

  test('are judged by 5 % either way', () => {
    expect(verdicts({ a: 1000, b: 1000, c: 1000, d: 1000 }, { a: 1050, b: 1051, c: 950, d: 949 })).toEqual([
      'a: same',
      'b: more',
      'c: same',
      'd: fewer',
    ]);
  });

  test('or as new and gone', () => {
    expect(verdicts({ a: 1 }, { b: 1 })).toEqual(['a: gone', 'b: new']);
  });

  test('fail where a kernel takes more, is new or is gone, and ask for a new file where it takes fewer', () => {
    const judge = (now: Record<string, number>) => advice(compare({ a: 1000, b: 1000 }, now));
    expect(judge({ a: 1000, b: 1040 })).toEqual({ passed: true, text: '' });
    expect(judge({ a: 800, b: 1100 })).toMatchObject({ passed: false, text: expect.stringContaining('more') });
    expect(judge({ a: 1000 })).toMatchObject({ passed: false });
    expect(judge({ a: 1000, b: 1000, c: 1 })).toMatchObject({ passed: false });
    expect(judge({ a: 800, b: 1000 })).toMatchObject({ passed: true, text: expect.stringContaining('renew') });
  });
});
