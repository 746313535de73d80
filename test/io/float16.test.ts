// Half precision as storage.
import { fromFloat16, toFloat16 } from 'center-loss';
import { expect, it } from 'vitest';
import { expectError } from '../support/error.js';
import { halfValue } from '../support/floats.js';

const values = Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
const all = new Uint16Array(65536).map((_, bits) => bits);

it('converts every value exactly in both directions', () => {
  expect(fromFloat16(all)).toEqual(Float32Array.from(values));
  expect([...toFloat16(values)]).toEqual(values.map((value, bits) => (Number.isNaN(value) ? 0x7e00 : bits)));
  expect(toFloat16(Float64Array.from(values))).toEqual(toFloat16(values));
  expect(toFloat16(Float32Array.from(values))).toEqual(toFloat16(values));
});

it('rounds once, to the nearest, ties to even', () => {
  const halfway = [
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    2 ** -25,
    3 * 2 ** -25,
    65519.99,
    65520,
    -65520,
    1 + 2 ** -11 + 2 ** -40,
  ];
  expect([...toFloat16(halfway)]).toEqual([0x3c00, 0x3c02, 0, 2, 0x7bff, 0x7c00, 0xfc00, 0x3c01]);
});

it('takes parts of a buffer, at odd places too, and more than are converted at once', () => {
  const buffer = new Uint16Array(5).fill(0x3c00).buffer;
  expect([...fromFloat16(new Uint16Array(buffer, 2, 3))]).toEqual([1, 1, 1]);
  const many = new Float32Array(70_001).map((_, i) => i % 2048);
  expect(fromFloat16(toFloat16(many))).toEqual(many);
  expect(fromFloat16(new Uint16Array(0))).toEqual(new Float32Array(0));
});

it('takes a Float16Array, where there is one, by its name', () => {
  // Some runtimes lack the class, so that a class with its name stands for it.
  const named = new (class extends Uint16Array {
    override get [Symbol.toStringTag]() {
      return 'Float16Array' as never;
    }
  })([0x3c00, 0xc000]);
  expect([...fromFloat16(named as never)]).toEqual([1, -2]);
  const { Float16Array } = globalThis as unknown as { Float16Array?: new (values: number[]) => never };
  if (Float16Array) expect([...fromFloat16(new Float16Array([1.5, -2]))]).toEqual([1.5, -2]);
});

it('refuses anything else', () => {
  expectError(() => fromFloat16([1] as never), 'ERR_SHAPE', 'bits must be a Uint16Array or a Float16Array, got Array');
  expectError(() => toFloat16('1' as never), 'ERR_SHAPE', 'values must be a Float32Array');
  expectError(() => toFloat16(['1'] as never), 'ERR_SHAPE', 'values[0] is "1", not a number');
});
