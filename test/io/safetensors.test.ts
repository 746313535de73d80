import { fromSafetensors, safetensorsHeader, type Tensor, toSafetensors } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, expected, tensors, wrongTensors } from '../oracle/cases.js';
import { expectError, expectErrors } from '../support/error.js';
import { halfValue, toFloats } from '../support/floats.js';

const HALVES = ['F16', 'BF16'];

describe("a file of Python's safetensors", () => {
  it.each(tensors)('opens: $name', (file) => {
    const { tensors, metadata, floats } = fromSafetensors(bytesOf(file));
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(file.tensors).sort());
    expect({ ...metadata }).toEqual(file.metadata);
    for (const [name, wanted] of Object.entries(file.tensors)) {
      const tensor = tensors[name] as Tensor;
      expect({ dtype: tensor.dtype, shape: tensor.shape }).toEqual({ dtype: wanted.dtype, shape: wanted.shape });
      const data = HALVES.includes(wanted.dtype) ? floats(name) : tensor.data;
      expect([...data]).toEqual(expected(wanted.values, data));
    }
  });

  it.each(tensors)('is what we write, byte for byte: $name', (file) => {
    const bytes = bytesOf(file);
    const { tensors, metadata } = fromSafetensors(bytes);
    // Names in another order, which is not kept.
    const reversed = Object.fromEntries(Object.entries(tensors).reverse());
    expect(toSafetensors(reversed, metadata)).toEqual(bytes);
  });
});

describe('a wrong file is refused', () => {
  it.each(wrongTensors)('$name', (file) => {
    expectError(() => fromSafetensors(bytesOf(file)), 'ERR_FORMAT', /^.{10,600}$/);
  });

  it('the library in Python refuses most of them too', () => {
    const ours = wrongTensors.filter(({ refused }) => !refused).map(({ name }) => name);
    expect(ours).toEqual([
      'a tensor twice',
      'a tensor twice, once by escapes',
      'a key of metadata twice',
      'metadata null',
      'a field too many',
      '65 sizes',
    ]);
  });

  it('with a message that names the wrong values', () => {
    const refusal = (name: string) => () =>
      fromSafetensors(bytesOf(wrongTensors.find((file) => file.name === name) as never));
    for (const [name, message] of [
      ['a header of 2^64 − 1', 'the header should have 18446744073709551615 bytes, but the file has 10'],
      ['a tensor twice', 'the header has "a" twice'],
      ['a hole', 'tensor "a" leaves a hole before it: it starts at byte 62, not 61'],
      ['tensors that overlap', 'tensor "b" overlaps another: it starts at byte 114, not 115'],
      ['a wrong dtype', 'tensor "centers", F64 of shape [1, 2], has 16 bytes, not those from 0 to 8'],
      ['an unknown dtype', 'tensor "centers" has the unknown dtype "F31"'],
      ['bytes at the end', 'the tensors end at byte 62, but the file has 63'],
      ['a size with a fraction', `the header: expected ']' at character 40, found ".0, 2.0], \\"data_offs"`],
    ] as const) {
      expectError(refusal(name), 'ERR_FORMAT', message);
    }
  });
});

/** Any tensor that can be. */
const tensor = fc
  .record({
    dtype: fc.constantFrom('F32', 'F64', 'U8', 'I8', 'U16', 'I16', 'F16', 'BF16', 'U32', 'I32', 'BOOL'),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    seed: fc.integer(),
  })
  .map(({ dtype, shape, seed }): Tensor => {
    const array = { F32: Float32Array, F64: Float64Array, U8: Uint8Array, BOOL: Uint8Array, I8: Int8Array };
    const more = { U16: Uint16Array, F16: Uint16Array, BF16: Uint16Array, I16: Int16Array };
    const types = { ...array, ...more, U32: Uint32Array, I32: Int32Array };
    const length = shape.reduce((product, size) => product * size, 1);
    const data = new types[dtype](length).map((_: number, i: number) => (seed * (i + 1)) % 1013);
    return { dtype, shape, data };
  });
const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '__proto__', 'constructor', '1', '"', '\\', '\u0000', 'é', '\u2028', '{}'),
);

describe('a written file', () => {
  it('gives the same tensors and metadata, whatever their names are', () => {
    const tensors = fc.dictionary(name, tensor, { maxKeys: 6 });
    fc.assert(
      fc.property(tensors, fc.dictionary(name, name, { maxKeys: 3 }), (tensors, metadata) => {
        fc.pre(!Object.hasOwn(tensors, '__metadata__'));
        const file = toSafetensors(tensors, metadata);
        const read = fromSafetensors(file);
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
          const found = read.tensors[name];
          expect([found?.dtype, found?.shape, found?.data]).toEqual([dtype, shape, data]);
        }
        expect(toSafetensors(read.tensors, read.metadata).length).toBe(file.length);
      }),
    );
  });

  it('has aligned values, which are read from a view at any offset and copied', () => {
    const file = toSafetensors({
      a: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
      b: { dtype: 'F64', shape: [2], data: Float64Array.of(1.5, -2) },
      c: { dtype: 'F32', shape: [1], data: Float32Array.of(7) },
    });
    for (const { dtype, start } of Object.values(safetensorsHeader(file, file.length).places)) {
      expect(start % (Number(dtype.slice(1)) / 8)).toBe(0);
    }
    for (let offset = 0; offset < 9; offset++) {
      const shifted = new Uint8Array(file.length + 9).subarray(offset, offset + file.length);
      shifted.set(file);
      const { tensors } = fromSafetensors(shifted);
      const { data } = tensors.b as Tensor;
      shifted.fill(0);
      expect([...data]).toEqual([1.5, -2]);
      expect(tensors.b?.data).toBe(data);
    }
  });

  it('is told from its header alone', () => {
    const data = new Float32Array(1000);
    const file = toSafetensors({ x: { dtype: 'F32', shape: [10, 100], data } }, { by: 'us' });
    const start = file.length - data.byteLength;
    const header = safetensorsHeader(file.slice(0, start), file.length);
    expect(header.places.x).toEqual({ dtype: 'F32', shape: [10, 100], start, end: file.length });
    expect({ ...header.metadata }).toEqual({ by: 'us' });
    expectError(
      () => safetensorsHeader(file.subarray(0, 50), file.length),
      'ERR_FORMAT',
      `the header ends at byte ${start} of the file, but only 50 are given`,
    );
    expectError(() => safetensorsHeader(file, 0.5), 'ERR_OPTION', 'fileBytes must be a whole number ≥ 0, got 0.5');
    expect(fromSafetensors(file.buffer).tensors.x?.shape).toEqual([10, 100]);
  });
});

describe('floats', () => {
  const bfloat16Value = (bits: number) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0;

  it.each([
    ['F16', halfValue],
    ['BF16', bfloat16Value],
  ] as const)('widens every %s exactly', (dtype, value) => {
    const data = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    const floats = toFloats({ dtype, shape: [2 ** 16], data });
    // A matcher would take seconds for 65,536 values.
    expect(data.find((bits) => !Object.is(floats[bits], value(bits)))).toBeUndefined();
  });

  it('rounds wider values to the nearest', () => {
    const floats = toFloats({ dtype: 'F64', shape: [3], data: Float64Array.of(1 / 3, 1e300, -0) });
    expect([...floats]).toEqual([Math.fround(1 / 3), Number.POSITIVE_INFINITY, -0]);
    expect([...toFloats({ dtype: 'I64', shape: [2], data: BigInt64Array.of(-3n, 2n ** 40n) })]).toEqual([-3, 2 ** 40]);
    expect([...toFloats({ dtype: 'U8', shape: [1], data: Uint8Array.of(255) })]).toEqual([255]);
    expect([...toFloats({ dtype: 'I32', shape: [1], data: Int32Array.of(2 ** 24 + 1) })]).toEqual([2 ** 24]);
  });

  it('refuses values that are not numbers, and unknown names', () => {
    const flags = { dtype: 'BOOL', shape: [1], data: Uint8Array.of(1) } as const;
    expectError(() => toFloats(flags), 'ERR_FORMAT', 'values of type BOOL are not read as float32');
    const { floats } = fromSafetensors(toSafetensors({ a: { dtype: 'F32', shape: [], data: new Float32Array(1) } }));
    expectError(() => floats('b'), 'ERR_FORMAT', 'the file has no tensor "b", but "a"');
    expectError(() => floats('toString'), 'ERR_FORMAT', 'the file has no tensor "toString", but "a"');
  });
});

describe('values that cannot be written', () => {
  const data = new Float32Array(6);
  const write = (tensor: object, name = 'a') =>
    toSafetensors({ [name]: { dtype: 'F32', shape: [2, 3], data, ...tensor } });

  it('are refused with a message that names the fault', () => {
    expectErrors('ERR_OPTION', [
      [() => write({ dtype: 'F31' }), /^the dtype of tensor "a" must be one of BOOL, .*, got "F31"$/],
      [() => write({ shape: 6 }), /^the shape of tensor "a" must be an array .*, got 6$/],
      [() => write({ shape: [2, -3] }), /whole numbers ≥ 0, got \[2, -3\]$/],
      [() => write({ shape: [2, 1.5] }), /whole numbers ≥ 0, got \[2, 1.5\]$/],
      [() => write({ shape: new Array(65).fill(1) }), /up to 64/],
      [() => write({}, '__metadata__'), "a tensor cannot have the name '__metadata__'"],
      [() => write({}, '\ud800'), /^the name of a tensor must be .*, got "\\ud800"$/],
      [() => toSafetensors({ a: undefined as never }), /got undefined$/],
      [() => toSafetensors({}, { a: 1 as never }), /^metadata "a" must be a string .*, got 1$/],
    ]);
    expectErrors('ERR_SHAPE', [
      [() => write({ shape: [2, 4] }), 'tensor "a" has 24 bytes of values, but F32 of shape [2, 4] has 32'],
      [() => write({ shape: [2 ** 52, 2 ** 52, 0] }), /has NaN$/],
      [() => write({ dtype: 'F64' }), 'tensor "a" of type F64 must be in a Float64Array, got Float32Array'],
      [() => write({ data: [1] }), 'tensor "a" of type F32 must be in a Float32Array, got Array'],
      [() => fromSafetensors('{}' as never), 'the file must be a Uint8Array or an ArrayBuffer, got String'],
    ]);
  });
});
