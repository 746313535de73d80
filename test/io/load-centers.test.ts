// Centers out of files of other libraries, as plain values.
import { CenterLoss, ClassCenters, fromSafetensors, loadCenters, type Tensor, toSafetensors } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { bytesOf, stateDicts } from '../oracle/cases.js';
import { expectError } from '../support/error.js';
import { changed, f32 } from './changed.js';

describe('a state_dict', () => {
  it.each(stateDicts)('opens: $name, $dtype', (file) => {
    const { params, ...rest } = loadCenters(bytesOf(file));
    const [nClasses, nDim] = file.shape;
    expect(rest).toEqual({ nClasses, nDim });
    expect([...params]).toEqual(file.values);
    // pytorch-ood 0.4.0 saves the radius of Deep SVDD beside its center, as a tensor without dimensions.
    expect(file.radius !== undefined).toBe(file.name === 'pytorch-ood DeepSVDDLoss');
    if (file.radius !== undefined) expect(fromSafetensors(bytesOf(file)).floats('radius')[0]).toBe(file.radius);
  });

  it('names its centers where none or several may be them', () => {
    const file = toSafetensors({
      'a.centers': f32([1, 2], 1, 2),
      'b._centers._params': f32([2, 1], 3, 4),
      'head.weight': f32([1, 3], 5, 6, 7),
    });
    expectError(
      () => loadCenters(file),
      'ERR_FORMAT',
      /^several tensors may be the centers, "a.centers, b._centers._p/,
    );
    expect([...loadCenters(file, { tensor: 'b._centers._params' }).params]).toEqual([3, 4]);
    expect([...loadCenters(file, { tensor: 'head.weight' }).params]).toEqual([5, 6, 7]);
    expectError(() => loadCenters(file, { tensor: 'c' }), 'ERR_FORMAT', /^the file has no tensor "c", but "/);
    const without = toSafetensors({ xcenters: f32([1, 1], 1), 'centers.weight': f32([1, 1], 1) });
    expectError(
      () => loadCenters(without),
      'ERR_FORMAT',
      /^no tensor of the file has a usual name of centers; its tensors are "/,
    );
    expectError(() => loadCenters(file, { tensr: 'a' } as never), 'ERR_OPTION', /no option "tensr"/);
    expectError(() => loadCenters(file, { tensor: 5 as never }), 'ERR_OPTION', 'tensor must be a string, got 5');
  });

  it.each<[string, Tensor, RegExp]>([
    ['one row', f32([2], 1, 2), /has the shape \[2\]; expected \[classes, dimensions\]/],
    ['a cube', f32([1, 1, 1], 1), /has the shape \[1, 1, 1\]/],
    ['no classes', f32([0, 3]), /has the shape \[0, 3\]/],
    ['no dimensions', f32([3, 0]), /has the shape \[3, 0\]/],
    ['NaN', f32([2, 2], 1, 2, 3, Number.NaN), /is NaN at \[1, 1\]; expected finite float32 values/],
    ['infinity', f32([1, 2], Number.NEGATIVE_INFINITY, 2), /is -Infinity at \[0, 0\]/],
    ['a class at infinity', f32([1, 1], Number.POSITIVE_INFINITY), /is Infinity at \[0, 0\]/],
    ['a number past float32', { dtype: 'F64', shape: [1, 1], data: Float64Array.of(1e39) }, /is Infinity/],
    ['an infinite half', { dtype: 'F16', shape: [1, 1], data: Uint16Array.of(0x7c00) }, /is Infinity/],
    ['flags', { dtype: 'BOOL', shape: [1, 1], data: Uint8Array.of(1) }, /BOOL are not read/],
  ])('with %s for centers is refused', (_, centers, message) => {
    expectError(() => loadCenters(toSafetensors({ centers })), 'ERR_FORMAT', message);
  });
});

describe('a file of this package', () => {
  it('gives its centers, also of a class without rows', () => {
    using centers = new ClassCenters(2, 2);
    centers.params.set([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1, 2]);
    expect(loadCenters(centers.save())).toEqual({ params: centers.toArray(), nClasses: 2, nDim: 2 });
    using loss = new CenterLoss(3, 2, { init: 'normal' });
    const { params, nClasses, nDim } = loadCenters(loss.save());
    using again = new CenterLoss(nClasses, nDim, { init: params });
    expect(again.centers.toArray()).toEqual(loss.centers.toArray());
  });

  it('of another version is refused', () => {
    using centers = new ClassCenters(1, 1);
    const file = changed(centers.save(), { version: '1' });
    expect(fromSafetensors(file).metadata.version).toBe('1');
    expectError(() => loadCenters(file), 'ERR_FORMAT', /^the file is of version "1"; this package reads version "2"/);
  });
});
