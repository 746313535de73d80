import { describe, expect, test } from 'vitest';
import { CLASSES, type Digits, firstDigits, loadMnist, PIXELS, parseDigits, parseIdx } from '../../demo/mnist.js';

/** An idx file as the format's description has it. */
function idx(shape: number[], values: number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]);
  return Uint8Array.from([0, 0, 8, shape.length, ...sizes, ...values]);
}

function classCounts({ labels }: Digits): number[] {
  return Array.from({ length: CLASSES }, (_, digit) => labels.filter((label) => label === digit).length);
}

describe('the real files', async () => {
  const { train, test: held } = await loadMnist();

  test('hold the well known numbers of digits', () => {
    expect(classCounts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(classCounts(held)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });

  test('begin with the well known labels', () => {
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...held.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });

  test('have the well known mean', () => {
    const mean = train.images.reduce((sum, grey) => sum + grey, 0) / train.images.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
  });

  test('can be cut to the first digits', () => {
    const few = firstDigits(train, 3);
    expect(few.count).toBe(3);
    expect(few.images).toEqual(train.images.subarray(0, 3 * PIXELS));
    expect([...few.labels]).toEqual([5, 0, 4]);
    expect(firstDigits(held, Infinity).count).toBe(held.count);
  });
});

describe('a garbled file', () => {
  const image = new Array<number>(PIXELS).fill(0);

  test('with another magic number is named with it', () => {
    const gzip = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    expect(() => parseIdx(gzip, 'x')).toThrow('x is no idx file of unsigned bytes: it starts with 0x1f8b0800');
    const floats = idx([1], [7]).with(2, 13);
    expect(() => parseIdx(floats, 'x')).toThrow('it starts with 0x00000d01');
  });

  test.each([0, 3, 4, 7])('of %i bytes is refused', (length) => {
    expect(() => parseIdx(idx([1], [7]).subarray(0, length), 'x')).toThrow('x is no idx file');
  });

  test('that ends too early or too late is named with both counts', () => {
    const whole = idx([2, 3], [1, 2, 3, 4, 5, 6]);
    expect([...parseIdx(whole, 'x').values]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => parseIdx(whole.subarray(0, -1), 'x')).toThrow('x holds 5 values, but its header promises 2 × 3 = 6');
    expect(() => parseIdx(Uint8Array.from([...whole, 0]), 'x')).toThrow('x holds 7 values');
  });

  test('with images of another size is refused', () => {
    expect(() => parseDigits(idx([1, 27, 28], image.slice(28)), idx([1], [7]), 'x')).toThrow(
      'x images are [1,27,28], expected [count,28,28]',
    );
  });

  test('with more or fewer labels than images is refused', () => {
    expect(() => parseDigits(idx([1, 28, 28], image), idx([2], [7, 7]), 'x')).toThrow(
      'x labels are [2], expected one for each of 1 images',
    );
  });

  test('with a label above 9 is refused', () => {
    expect(() => parseDigits(idx([1, 28, 28], image), idx([1], [10]), 'x')).toThrow('x label 0 is 10, expected 0 to 9');
  });
});
