import { fromFloat16, NPY_HEADER_BYTES, npyHeader, readNpy, readNpyNames, writeNpy } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrays, bytesOf, expected, wrongArrays } from '../oracle/cases.js';
import { expectError } from '../support/error.js';
import { toFloats } from '../support/floats.js';
import { npyFile } from '../support/npy.js';

describe('an array of numpy', () => {
  it.each(arrays)('opens: $name', (file) => {
    const { dtype, shape, data } = readNpy(bytesOf(file));
    expect(shape).toEqual(file.shape);
    const values = dtype === 'F16' ? fromFloat16(data as Uint16Array) : data;
    expect([...values]).toEqual(expected(file.values, values));
    // Big-endian values and columns are read as the other forms are.
    const like = arrays.find(
      ({ descr, ours, shape }) => ours && descr === file.descr && `${shape}` === `${file.shape}`,
    );
    if (like && `${like.values}` === `${file.values}`) expect(data).toEqual(readNpy(bytesOf(like)).data);
  });

  it.each(arrays.filter(({ ours }) => ours))('is what we write, byte for byte: $name', (file) => {
    const bytes = bytesOf(file);
    const { dtype, shape, data } = readNpy(bytes);
    expect(writeNpy(data, shape, { dtype })).toEqual(bytes);
    if (!['F16', 'BOOL', 'C64'].includes(dtype)) expect(writeNpy(data, shape)).toEqual(bytes);
  });

  it('is told from its header alone', () => {
    const file = writeNpy(new Float32Array(6_000), [60, 100]);
    const header = npyHeader(file.slice(0, NPY_HEADER_BYTES));
    expect(header).toEqual({
      dtype: 'F32',
      shape: [60, 100],
      bigEndian: false,
      fortranOrder: false,
      start: 128,
      end: file.length,
    });
    expectError(
      () => npyHeader(file.subarray(0, 100)),
      'ERR_FORMAT',
      'the header ends at byte 128 of the file, but only 100 are given',
    );
  });

  it('may be written as other programs do', () => {
    const values = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    const file = (header: string) => {
      const bytes = new Uint8Array(10 + header.length + values.length);
      bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
      bytes.set(new TextEncoder().encode(header), 10);
      bytes.set(values, 10 + header.length);
      return bytes;
    };
    for (const header of [
      `{'descr':'<f4','fortran_order':False,'shape':(2,3)}`,
      `{"shape": (2, 3,), "descr": "<f4", "fortran_order": False}\n`,
      ` { 'fortran_order' : False ,\n 'shape' : ( 2L , 3L ) , 'descr' : '<f4' , } `,
    ]) {
      const { dtype, shape, data } = readNpy(file(header));
      expect({ dtype, shape, data: [...data] }).toEqual({ dtype: 'F32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
    }
  });
});

/** File of an array (4) with a type that we do not write. */
const fileOf = (descr: string, ...bytes: number[]) => npyFile(descr, '(4,)', bytes);

describe('types as other programs write them', () => {
  it.each(['|u1', '<u1', '>i1', '<b1', 'u1', '=i1', '?', '|b1'])('%s', (descr) => {
    expect([...readNpy(fileOf(descr, 0, 1, 0, 1)).data]).toEqual([0, 1, 0, 1]);
  });

  it('order marks of numpy: = and | are those of this machine', () => {
    for (const descr of ['<u2', '=u2', '|u2', 'u2']) {
      expect([...readNpy(fileOf(descr, 1, 2, 0, 0, 3, 0, 0, 4)).data]).toEqual([513, 0, 3, 1024]);
    }
    expect([...readNpy(fileOf('>u2', 1, 2, 0, 0, 3, 0, 0, 4)).data]).toEqual([258, 0, 768, 4]);
  });

  it('bfloat16, where it is marked or said', () => {
    const bits = [0x80, 0x3f, 0x00, 0xc0, 0x20, 0x3e, 0, 0];
    const values = [1, -2, 0.15625, 0];
    expect([...toFloats(readNpy(fileOf('<V2', ...bits)))]).toEqual(values);
    for (const descr of ['|V2', '<u2', '<i2']) {
      expect([...toFloats(readNpy(fileOf(descr, ...bits), { dtype: 'BF16' }))]).toEqual(values);
    }
    expectError(
      () => readNpy(fileOf('|V2', ...bits)),
      'ERR_FORMAT',
      `an array of "|V2" is not read; if its values are bfloat16, say so by { dtype: 'BF16' }`,
    );
    const half = [...toFloats(readNpy(fileOf('<u2', 0, 0x3c, 0, 0xc0, 0, 0, 0, 0x38), { dtype: 'F16' }))];
    expect(half).toEqual([1, -2, 0, 0.5]);
    const wrong = () => readNpy(fileOf('<u2', ...bits), { dtype: 'F32' as never });
    expectError(wrong, 'ERR_OPTION', 'dtype must be "BF16" or "F16", got "F32"');
  });
});

describe('names of classes', () => {
  const codes = (text: string, bigEndian = false) =>
    Array.from(text, (letter) => letter.codePointAt(0) as number).flatMap((code) => {
      const bytes = [code & 255, (code >> 8) & 255, code >> 16, 0];
      return bigEndian ? bytes.reverse() : bytes;
    });

  it('are read from <U and S', () => {
    const names = ['a', 'bé', '', '\u{1f642}z'];
    const padded = 'a\0bé\0\0\u{1f642}z';
    expect(readNpyNames(fileOf('<U2', ...codes(padded)))).toEqual(names);
    expect(readNpyNames(fileOf('>U2', ...codes(padded, true)))).toEqual(names);
    expect(readNpyNames(fileOf('|S2', 97, 0, 98, 99, 0, 0, 0xc3, 0xa9))).toEqual(['a', 'bc', '', 'é']);
    expect(readNpyNames(fileOf('<U0'))).toEqual(['', '', '', '']);
  });

  it('are refused where a header claims more than a file can hold', () => {
    for (const shape of ['(65537,)', '(1000000000000,)', '(65536, 65536)', '(1000000000000, 1000000000000)']) {
      const message = `no file can hold an array of shape ${shape.replace(',)', ')')}`;
      expectError(() => readNpyNames(npyFile('<U0', shape, [])), 'ERR_FORMAT', message);
    }
    for (const descr of ['<U1', '|S1', '<U999999999999', '<f4']) {
      expectError(() => readNpyNames(npyFile(descr, '(1000000000000,)', [])), 'ERR_FORMAT', /^(no file|an array)/);
      expectError(() => readNpy(npyFile(descr, '(1000000000000,)', [])), 'ERR_FORMAT', /^(no file|an array)/);
    }
  });

  it('are refused where they are none', () => {
    for (const [file, message] of [
      [fileOf('<f4', ...new Array(16).fill(0)), 'an array of F32 has no names: readNpy reads it'],
      [fileOf('|S1', 97, 98, 0xff, 97), 'the name of row 2 is not UTF-8'],
      [fileOf('<U1', ...codes('abc'), 0, 0, 0x11, 0), 'the name of row 3 is not Unicode'],
      [fileOf('|S1', 97, 98, 99), 'an array of U8 of shape (4, 1) ends at byte '],
    ] as const) {
      expectError(() => readNpyNames(file), 'ERR_FORMAT', new RegExp(`^${message.replaceAll(/[()]/g, '\\$&')}`));
    }
    expectError(
      () => readNpy(fileOf('<U1', ...codes('abcd'))),
      'ERR_FORMAT',
      'an array of strings has no numbers: readNpyNames reads it',
    );
    expectError(() => readNpyNames([1] as never), 'ERR_SHAPE', /must be a Uint8Array or an ArrayBuffer, got Array/);
  });
});

it('any array is read as it was written', () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.integer(), (shape, seed) => {
      const length = shape.reduce((product, size) => product * size, 1);
      for (const Type of [Float32Array, Float64Array, Int32Array, Uint8Array, Uint16Array]) {
        const values = new Type(length).map((_, i) => (seed * (i + 1)) % 251);
        const { shape: found, data } = readNpy(writeNpy(values, shape));
        // Text is compared, since matchers need more memory for arrays than some engines have.
        expect([found, data instanceof Type, data.join()]).toEqual([shape, true, values.join()]);
      }
    }),
  );
});

describe('a wrong file is refused', () => {
  // numpy reads this one, and so do we.
  it.each(wrongArrays.filter(({ name }) => name !== 'no order of bytes'))('$name', (file) => {
    expectError(() => readNpy(bytesOf(file)), 'ERR_FORMAT', /^.{10,400}$/);
  });

  it('numpy refuses most of them too, but reads some types that this package does not', () => {
    const ours = wrongArrays.filter(({ refused }) => !refused).map(({ name }) => name);
    expect(ours).toEqual([
      ...['a key twice', 'strings', 'bytes', 'fields', 'dates', 'numbers of 16 bytes', 'no order of bytes'],
      'an escape in a key',
    ]);
  });

  it('with a message that names the wrong values', () => {
    const refusal = (name: string) => () => readNpy(bytesOf(wrongArrays.find((file) => file.name === name) as never));
    for (const [name, message] of [
      ['a header of 4 GB', 'the header has 4294967295 bytes; more than 10000 are not read'],
      ['values missing', 'an array of F32 of shape (2, 3) ends at byte 94, but the file has 93'],
      ['objects', 'an array of "|O" is not read; it has Python objects: save array.astype(str) or array.astype(float)'],
      ['a shape that overflows', 'no file can hold an array of shape (4294967296, 4294967296, 6)'],
      ['code', `the header: expected ')' at character 55, found "+2)}"`],
    ] as const) {
      expectError(refusal(name), 'ERR_FORMAT', message);
    }
  });
});

it('refuses to write values that numpy has no type for', () => {
  const two = new Uint16Array(2);
  expectError(() => writeNpy(two, [2], { dtype: 'BF16' }), 'ERR_OPTION', 'numpy has no type for BF16');
  expectError(() => writeNpy(two, [3]), 'ERR_SHAPE', 'the array has 4 bytes of values, but U16 of shape [3] has 6');
  expectError(() => writeNpy([1, 2] as never), 'ERR_SHAPE', 'the array must be a typed array, got Array');
  expectError(() => writeNpy(undefined as never), 'ERR_SHAPE', 'the array must be a typed array, got Undefined');
  expectError(() => readNpy([1] as never), 'ERR_SHAPE', /must be a Uint8Array or an ArrayBuffer, got Array/);
});

it('keeps the bits of every NaN', () => {
  const bits = Uint32Array.of(0x7f80_0001, 0xffc0_1234, 0x7fff_ffff, 0, 1, 2);
  const file = writeNpy(new Float32Array(bits.buffer), [2, 3]);
  const text = new TextDecoder('latin1').decode(file.subarray(0, 128)).replace('False', 'True ');
  file.set(
    Uint8Array.from(text.slice(8), (character) => character.charCodeAt(0)),
    8,
  );
  const { data } = readNpy(file);
  expect([...new Uint32Array(data.buffer)]).toEqual([bits[0], bits[2], bits[4], bits[1], bits[3], bits[5]]);
});
