import { CenterLoss, ClassCenters } from 'center-loss';
import { fromSafetensors, loadCenters, saveCenters, type Tensor, toFloats, toSafetensors } from 'center-loss/files';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectError } from '../error.js';
import { bytesOf, stateDicts } from './oracle.js';

const f32 = (shape: number[], ...values: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});

describe('a state_dict', () => {
  it.each(stateDicts)('opens: $name', (file) => {
    const { params, nClasses, nFeatures, ...rest } = loadCenters(bytesOf(file));
    expect([nClasses, nFeatures]).toEqual(file.shape);
    expect([...params]).toEqual(file.values);
    expect(rest).toEqual({ config: {} });
  });

  it('names its centers where none or several can be them', () => {
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
    expectError(() => loadCenters(without), 'ERR_FORMAT', /^no tensor of the file is called as centers are, but "/);
    expectError(() => loadCenters(file, { tensr: 'a' } as never), 'ERR_OPTION', /no option "tensr"/);
    expectError(() => loadCenters(file, { tensor: 5 as never }), 'ERR_OPTION', 'tensor must be a string, got 5');
  });

  it.each<[string, Tensor, RegExp]>([
    ['one row', f32([2], 1, 2), /has the shape \[2\], but centers are \[classes, dimensions\]/],
    ['a cube', f32([1, 1, 1], 1), /has the shape \[1, 1, 1\]/],
    ['no classes', f32([0, 3]), /has the shape \[0, 3\]/],
    ['no dimensions', f32([3, 0]), /has the shape \[3, 0\]/],
    ['NaN', f32([2, 2], 1, 2, 3, Number.NaN), /at \[1, 1\] is NaN, not a finite float32/],
    ['infinity', f32([1, 2], Number.NEGATIVE_INFINITY, 2), /at \[0, 0\] is -Infinity/],
    ['what float32 can not hold', { dtype: 'F64', shape: [1, 1], data: Float64Array.of(1e39) }, /is Infinity/],
    ['an infinite half', { dtype: 'F16', shape: [1, 1], data: Uint16Array.of(0x7c00) }, /is Infinity/],
    ['flags', { dtype: 'BOOL', shape: [1, 1], data: Uint8Array.of(1) }, /BOOL are not read/],
  ])('with %s for centers is refused', (_, centers, message) => {
    expectError(() => loadCenters(toSafetensors({ centers })), 'ERR_FORMAT', message);
  });
});

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('what was saved', () => {
  it('is loaded to the bit', () => {
    const shape = fc.record({ nClasses: fc.integer({ min: 1, max: 6 }), nFeatures: fc.integer({ min: 1, max: 6 }) });
    const problem = shape.chain(({ nClasses, nFeatures }) => {
      const perClass = fc.array(finite, { minLength: nClasses, maxLength: nClasses });
      const limit = fc.option(fc.oneof(fc.double({ noNaN: true }), perClass), { nil: undefined });
      return fc.record({
        nClasses: fc.constant(nClasses),
        nFeatures: fc.constant(nFeatures),
        params: fc.array(finite, { minLength: nClasses * nFeatures, maxLength: nClasses * nFeatures }),
        fixed: fc.boolean(),
        radius: limit,
        thresholds: limit,
        counts: fc.option(fc.array(fc.nat(), { minLength: nClasses, maxLength: nClasses }), { nil: undefined }),
        names: fc.option(fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: nClasses, maxLength: nClasses }), {
          nil: undefined,
        }),
      });
    });
    fc.assert(
      fc.property(problem, ({ nClasses, nFeatures, params, fixed, ...options }) => {
        using centers = new ClassCenters(nClasses, nFeatures, { fixed });
        centers.params.set(params);
        const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
        const saved = loadCenters(saveCenters(centers, given));
        const floats = (value?: number | readonly number[]) =>
          Array.isArray(value) ? Float32Array.from(value) : value;
        const { radius, thresholds, counts, names } = options;
        const doubles = (value?: number | readonly number[]) =>
          Array.isArray(value) ? Float64Array.from(value) : value;
        const wanted = {
          radius: floats(radius),
          thresholds: doubles(thresholds),
          counts: counts && Float64Array.from(counts),
          names,
        };
        expect(saved).toEqual({
          kind: 'ClassCenters',
          params: Float32Array.from(params),
          nClasses,
          nFeatures,
          config: { fixed },
          ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
        });
      }),
    );
  });

  it('makes the same loss again', () => {
    const x = Float32Array.of(0.5, 1, -2, 0.25, 3, 3);
    for (const reduction of ['mean', 'batch', 'wen', 'sum'] as const) {
      using loss = new CenterLoss(3, 2, { reduction, radius: 0.1, init: 'normal', magnitude: 2.5, seed: 4 });
      const { params, nClasses, nFeatures, radius, config, kind } = loadCenters(saveCenters(loss));
      expect(kind).toBe('CenterLoss');
      expect(radius).toBe(0.1);
      using again = new CenterLoss(nClasses, nFeatures, { ...config, radius: radius as number, init: params });
      expect(again.centers.params).toEqual(loss.centers.params);
      expect(again.evaluate(x, [0, 1, 2])).toBe(loss.evaluate(x, [0, 1, 2]));
      expect(again.reduction).toBe(reduction);
    }
    using anchors = new CenterLoss(2, 2, { fixed: true, radius: Number.POSITIVE_INFINITY });
    const { config, radius } = loadCenters(saveCenters(anchors));
    expect({ config, radius }).toEqual({
      config: { fixed: true, reduction: 'mean' },
      radius: Number.POSITIVE_INFINITY,
    });
  });

  it('may have classes without a row', () => {
    using centers = new ClassCenters(4, 2);
    const row = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    centers.params.set([...row, 1, 2, ...row, ...row]);
    expect([...loadCenters(saveCenters(centers)).params]).toEqual([...row, 1, 2, ...row, ...row]);
  });

  it('is a safetensors file by the names that README tells', () => {
    using centers = new ClassCenters(2, 3);
    centers.params.set([1, 2, 3, 4, 5, 6]);
    const options = { names: ['cat', '狗'], counts: new Uint32Array([3, 4]), radius: [1, 2], thresholds: 0.5 };
    const { tensors, metadata } = fromSafetensors(saveCenters(centers, options));
    expect(
      Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    ).toEqual({
      centers: { dtype: 'F32', shape: [2, 3] },
      counts: { dtype: 'F64', shape: [2] },
      radius: { dtype: 'F32', shape: [2] },
      threshold: { dtype: 'F64', shape: [] },
    });
    expect({ ...metadata }).toEqual({
      format: 'center-loss',
      version: '1',
      kind: 'ClassCenters',
      config: '{"fixed":false}',
      names: '["cat","狗"]',
    });
    expect([...toFloats(tensors.centers as Tensor)]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('what can not be saved', () => {
  it('is refused, and nothing is done', () => {
    const centers = new ClassCenters(2, 2);
    for (const [options, code, message] of [
      [{ names: ['a'] }, 'ERR_SHAPE', 'names must be an array of 2, one a class, got 1 names'],
      [{ names: ['a', 'a'] }, 'ERR_OPTION', 'names[0] and names[1] are both "a"'],
      [{ names: ['a', 1] }, 'ERR_OPTION', 'names[1] is no string, but of type number'],
      [{ names: ['a', '\ud800'] }, 'ERR_OPTION', 'names[1] is "\\ud800", with half a surrogate pair'],
      [{ counts: [1, 2, 3] }, 'ERR_SHAPE', 'counts has 3 values, but there are 2 classes'],
      [{ counts: [1, -1] }, 'ERR_OPTION', 'counts[1] is -1, not a finite number ≥ 0'],
      [{ radius: [1] }, 'ERR_SHAPE', 'radius has 1 values, but there are 2 classes'],
      [{ radius: Number.NaN }, 'ERR_OPTION', 'radius must be a number, got NaN'],
      [{ thresholds: [1, Number.NaN] }, 'ERR_OPTION', 'thresholds[1] is NaN'],
      [{ thresholds: 'high' }, 'ERR_SHAPE', /^thresholds must be a Float32Array, /],
      [{ threshold: 1 }, 'ERR_OPTION', /^there is no option "threshold"; the options are names, /],
    ] as const) {
      expectError(() => saveCenters(centers, options as never), code, message);
    }
    expectError(() => saveCenters({} as never), 'ERR_OPTION', /^only what has centers can be saved, got Object/);
    const loss = new CenterLoss(2, 2);
    const own = "radius can't be given, since the CenterLoss has its own";
    expectError(() => saveCenters(loss, { radius: 1 }), 'ERR_OPTION', own);
    loss.dispose();
    expectError(() => saveCenters(loss), 'ERR_DISPOSED', /ClassCenters/);
    centers.params[3] = Number.NaN;
    expectError(
      () => saveCenters(centers),
      'ERR_OPTION',
      "centers[3] is NaN, in class 1: such centers can't be loaded again",
    );
    centers.dispose();
    expectError(() => saveCenters(centers), 'ERR_DISPOSED', /ClassCenters/);
  });
});

describe('a file of ours that is wrong', () => {
  const right = { format: 'center-loss', version: '1', kind: 'ClassCenters', config: '{"fixed":false}' };
  const centers = f32([2, 1], 1, 2);
  const load = (tensors: Record<string, Tensor>, metadata: Record<string, string> = {}) =>
    loadCenters(toSafetensors({ centers, ...tensors }, { ...right, ...metadata }));
  const f64 = (shape: number[], ...values: number[]): Tensor => ({
    dtype: 'F64',
    shape,
    data: Float64Array.from(values),
  });

  it('is right otherwise', () => {
    const { names, counts } = load({ counts: f64([2], 1, 0) }, { names: '["a","b"]' });
    expect({ names, counts }).toEqual({ names: ['a', 'b'], counts: Float64Array.of(1, 0) });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a later version', () => load({}, { version: '2' }), /is of version "2"; this package reads version "1"/],
    ['another kind', () => load({}, { kind: 'Network' }), /holds a "Network", not one of ClassCenters, CenterLoss, /],
    ['no centers', () => loadCenters(toSafetensors({}, right)), /has no tensor "centers"/],
    ['NaN for a radius', () => load({ radius: f64([], Number.NaN) }), /tensor "radius" at 0 is NaN/],
    ['a radius of another shape', () => load({ radius: f32([3], 1, 2, 3) }), /"radius" is F32 of shape \[3\], but F32/],
    ['a radius of halves', () => load({ radius: { dtype: 'F16', shape: [2], data: new Uint16Array(2) } }), /is F16/],
    ['a threshold of NaN', () => load({ threshold: f64([2], 1, Number.NaN) }), /tensor "threshold" at 1 is NaN/],
    ['a threshold of float32', () => load({ threshold: f32([2], 1, 1) }), /"threshold" is F32 of shape \[2\], but F64/],
    [
      'a precision of other dimensions',
      () => load({ precision: f32([2], 1, 1) }),
      /"precision" is F32 of shape \[2\], but/,
    ],
    ['half of an infinite center', () => load({ centers: f32([1, 2], Infinity, 1) }), /at \[0, 0\] is Infinity/],
    ['another half of one', () => load({ centers: f32([2, 2], 1, 1, 1, Infinity) }), /at \[1, 1\] is Infinity/],
    ['a center at -Infinity', () => load({ centers: f32([2, 1], 1, -Infinity) }), /at \[1, 0\] is -Infinity/],
    ['counts below 0', () => load({ counts: f64([2], 1, -1) }), /"counts" at 1 is -1, not a finite number/],
    ['infinite counts', () => load({ counts: f64([2], 1, Number.POSITIVE_INFINITY) }), /"counts" at 1 is Infinity/],
    ['counts of another type', () => load({ counts: f32([2], 1, 1) }), /"counts" is F32 of shape \[2\], but F64/],
    ['no JSON', () => load({}, { config: '{' }), /metadata "config" is "{", which is no JSON/],
    ['an array for options', () => load({}, { config: '[]' }), /metadata "config" is "\[\]", not an object/],
    ['options in options', () => load({}, { config: '{"a":{}}' }), /"a" is neither a string, a number, a boolean nor/],
    ['too few names', () => load({}, { names: '["a"]' }), /"names" has 1 names, but there are 2 classes/],
    ['a name twice', () => load({}, { names: '["a","a"]' }), /names\[0\] and names\[1\] are both "a"/],
    [
      'a name that is none',
      () => load({}, { names: '["a",null]' }),
      /^metadata "names": expected a string at character 5, found "null]"$/,
    ],
    [
      'names without end',
      () => load({ centers: f32([1, 1], 1) }, { names: `${'['.repeat(1e6)}${']'.repeat(1e6)}` }),
      /^metadata "names": expected a string at character 1, /,
    ],
    [
      'nested names',
      () => load({ centers: f32([1, 1], 1) }, { names: `[${'['.repeat(3e3)}${']'.repeat(3e3)}]` }),
      /^metadata "names": expected a string at character 1, /,
    ],
    [
      'a page of options',
      () => load({}, { config: `{"a":"${'b'.repeat(4096)}"}` }),
      /has 4104 characters; more than 4096/,
    ],
    ['a precision below 0', () => load({ precision: f32([1], -1) }), /"precision" at 0 is -1, not a finite number/],
  ])('by %s is refused', (_, act, message) => {
    expectError(act, 'ERR_FORMAT', message);
  });
});
