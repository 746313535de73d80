// Centers and losses, saved and loaded.
import {
  CACLoss,
  CenterLoss,
  type CenterLossOptions,
  ClassCenters,
  ContrastiveCenterLoss,
  DeepSVDDLoss,
  fromSafetensors,
  IslandLoss,
  load,
  type ProxyLossOptions,
  type Tensor,
  TripletCenterLoss,
  toSafetensors,
} from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/error.js';
import { type Change, changed, f32, f64, tensorsOf } from './changed.js';

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const list = <T>(value: fc.Arbitrary<T>, length: number) => fc.array(value, { minLength: length, maxLength: length });
const namesOf = (length: number) =>
  fc.option(fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: length, maxLength: length }), {
    nil: undefined,
  });
const metric = fc.constantFrom('sqeuclidean' as const, 'euclidean' as const, 'cosine' as const);
const shape = fc.record({ nClasses: fc.integer({ min: 1, max: 6 }), nDim: fc.integer({ min: 1, max: 6 }) });

/** Leaves out options that are undefined. */
const defined = <T extends object>(options: T) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]: Exclude<T[Name], undefined>;
  };

const [x, target] = [Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * i) * 3), [0, 1, 2, 0, -1, 2, 0, 0]];

describe('ClassCenters', () => {
  it('are loaded to the bit', () => {
    const problem = shape.chain(({ nClasses, nDim }) =>
      fc.record({
        nClasses: fc.constant(nClasses),
        nDim: fc.constant(nDim),
        params: list(finite, nClasses * nDim),
        fixed: fc.boolean(),
        metric,
        names: namesOf(nClasses),
      }),
    );
    fc.assert(
      fc.property(problem, ({ nClasses, nDim, params, ...options }) => {
        using centers = new ClassCenters(nClasses, nDim, defined(options));
        centers.params.set(params);
        for (const again of [
          ClassCenters.load(centers.save()),
          ClassCenters.fromJSON(JSON.parse(JSON.stringify(centers))),
          load(centers.save().buffer) as ClassCenters,
        ]) {
          expect({ ...again }).toEqual({ nClasses, nDim, ...options });
          expect(new Uint8Array(again.toArray().buffer)).toEqual(new Uint8Array(centers.toArray().buffer));
          again.dispose();
        }
      }),
    );
  });

  it('may have classes without a row', () => {
    using centers = new ClassCenters(4, 2);
    const row = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    centers.params.set([...row, 1, 2, ...row, ...row]);
    using again = ClassCenters.load(centers.save());
    expect([...again.params]).toEqual([...row, 1, 2, ...row, ...row]);
  });

  it('are a safetensors file by the names in the documentation', () => {
    using centers = new ClassCenters(2, 3, { names: ['cat', '狗'], metric: 'cosine' });
    centers.params.set([1, 2, 3, 4, 5, 6]);
    const file = centers.save();
    expect(tensorsOf(file)).toEqual({ centers: 'F32 [2,3]' });
    expect({ ...fromSafetensors(file).metadata }).toEqual({
      format: 'center-loss',
      version: '2',
      kind: 'ClassCenters',
      config: '{"fixed":false,"metric":"cosine"}',
      names: '["cat","狗"]',
    });
  });

  it('that are not finite are refused, and so are disposed ones', () => {
    const centers = new ClassCenters(2, 2);
    for (const [index, value] of [
      [3, Number.NaN],
      [2, Number.POSITIVE_INFINITY],
      [0, Number.NEGATIVE_INFINITY],
    ] as const) {
      centers.params.fill(1);
      centers.params[index] = value;
      const message = `centers[${index}] is ${value}, in class ${index >> 1}; expected finite centers`;
      expectError(() => centers.save(), 'ERR_OPTION', message);
      expectError(() => JSON.stringify(centers), 'ERR_OPTION', message);
    }
    centers.dispose();
    expectError(() => centers.save(), 'ERR_DISPOSED', /ClassCenters/);
  });
});

describe('CenterLoss', () => {
  const options: CenterLossOptions[] = [
    {},
    { radius: 0.1, reduction: 'wen', magnitude: 2.5, init: 'normal' },
    { radius: Number.POSITIVE_INFINITY, fixed: true, init: 'anchors', magnitude: -3 },
    { radius: [0.1, -2, Number.POSITIVE_INFINITY], penalty: 'half-squared', metric: 'euclidean', reduction: 'batch' },
    { metric: 'cosine', classWeight: [0.5, 0, 1e-3], reduction: 'sum', names: ['a', 'b', '"'] },
    { labels: 'lenient', classWeight: new Float32Array(3) },
  ];

  it.each(options)('gives the same bits after it: %o', (given) => {
    using loss = new CenterLoss(3, 3, { seed: 5, ...given });
    loss.step(x, target);
    loss.step(x, target, { rule: 'mean' });
    for (const again of [CenterLoss.load(loss.save()), CenterLoss.fromJSON(JSON.parse(JSON.stringify(loss)))]) {
      expect({ ...again, centers: { ...again.centers } }).toEqual({ ...loss, centers: { ...loss.centers } });
      expect(again.centers.toArray()).toEqual(loss.centers.toArray());
      expect([again.radius, again.radii, again.classWeight]).toEqual([loss.radius, loss.radii, loss.classWeight]);
      expect(again.updateCounts).toEqual(loss.updateCounts);
      expect(again.save()).toEqual(loss.save());
      expect(again.gradients(x, target)).toEqual(loss.gradients(x, target));
      expect(again.predict(x)).toEqual(loss.predict(x));
      again.dispose();
    }
  });

  it('trains on as the loss that was saved', () => {
    using loss = new CenterLoss(3, 3, { init: 'normal', metric: 'euclidean' });
    loss.step(x, target);
    using again = CenterLoss.load(loss.save());
    for (const rule of ['wen', 'mean', 'ema', 'sgd'] as const) {
      expect(again.step(x, target, { rule })).toEqual(loss.step(x, target, { rule }));
      expect(again.centers.toArray()).toEqual(loss.centers.toArray());
    }
    expect(again.updateCounts).toEqual(loss.updateCounts);
    // A new optimizer has no velocity yet.
    using fresh = CenterLoss.load(loss.save());
    for (const one of [loss, fresh]) one.step(x, target, { rule: 'sgd', momentum: 0.9 });
    expect(fresh.centers.toArray()).toEqual(loss.centers.toArray());
  });

  it('keeps the policy of labels', () => {
    using strict = CenterLoss.load(new CenterLoss(2, 2).save());
    expectError(() => strict.evaluate([1, 2], [2]), 'ERR_LABEL', /target\[0\] is 2/);
    using lenient = CenterLoss.load(new CenterLoss(2, 2, { labels: 'lenient' }).save());
    expect(lenient.evaluate([1, 2], [2])).toBeGreaterThanOrEqual(0);
  });

  it('keeps radii that were fitted, of one class, too', () => {
    using loss = new CenterLoss(1, 3, { init: 'normal' });
    loss.fitRadius(x, new Int32Array(8), { quantile: 0.5 });
    using again = CenterLoss.load(loss.save());
    expect([again.radius, again.radii]).toEqual([Number.NaN, loss.radii]);
    expect(tensorsOf(loss.save())).toEqual({ centers: 'F32 [1,3]', radius: 'F32 [1]', updateCounts: 'U32 [1]' });
  });

  it('that was disposed is refused', () => {
    const loss = new CenterLoss(2, 2);
    loss.dispose();
    expectError(() => loss.save(), 'ERR_DISPOSED', /CenterLoss/);
  });
});

describe('losses of rows against all centers', () => {
  const classes = { CACLoss, ContrastiveCenterLoss, TripletCenterLoss, IslandLoss };
  const parameters = {
    CACLoss: 'lambda',
    ContrastiveCenterLoss: 'delta',
    TripletCenterLoss: 'margin',
    IslandLoss: 'lambda',
  };

  it.each(
    (Object.keys(classes) as (keyof typeof classes)[]).flatMap((name) => [
      { name, options: {} },
      {
        name,
        options: {
          ...{ init: 'normal', magnitude: 0.75, fixed: name === 'IslandLoss', reduction: 'sum', labels: 'lenient' },
          ...{ classWeight: [1, 0.25, 3], names: ['x', 'y', 'ż'], [parameters[name]]: 1 / 3 },
        } as const,
      },
    ]),
  )('give the same bits after it: $name $options', ({ name, options }) => {
    const Loss = classes[name];
    using loss = new Loss(3, 3, { seed: 4, ...(options as ProxyLossOptions) });
    loss.step(x, target);
    for (const again of [Loss.load(loss.save()), Loss.fromJSON(JSON.parse(JSON.stringify(loss))), load(loss.save())]) {
      if (!(again instanceof Loss)) throw new Error(`not a ${name}`);
      expect({ ...again, centers: { ...again.centers } }).toEqual({ ...loss, centers: { ...loss.centers } });
      expect(again.save()).toEqual(loss.save());
      expect(again.gradients(x, target)).toEqual(loss.gradients(x, target));
      using twin = Loss.load(loss.save());
      expect(again.step(x, target)).toEqual(twin.step(x, target));
      expect(again.centers.toArray()).toEqual(twin.centers.toArray());
      again.dispose();
    }
    const { kind, config } = fromSafetensors(loss.save()).metadata;
    expect([kind, JSON.parse(config ?? '')[parameters[name]]]).toEqual([name, loss[parameters[name] as never]]);
    loss.dispose();
    expectError(() => loss.save(), 'ERR_DISPOSED', new RegExp(name));
  });
});

describe('DeepSVDDLoss', () => {
  it.each([
    ['before its center is known', (_: DeepSVDDLoss) => {}, {}],
    ['with a center', (loss: DeepSVDDLoss) => loss.fitCenter(x), { nu: 0.3 }],
    [
      'with a radius',
      (loss: DeepSVDDLoss) => {
        loss.fitCenter(x);
        loss.fitRadius(x);
      },
      { names: ['the class'], labels: 'lenient' },
    ],
  ] as const)('gives the same bits after it %s', (_, prepare, options) => {
    using loss = new DeepSVDDLoss(3, options);
    prepare(loss);
    for (const again of [DeepSVDDLoss.load(loss.save()), DeepSVDDLoss.fromJSON(JSON.parse(JSON.stringify(loss)))]) {
      expect({ ...again, centers: { ...again.centers } }).toEqual({ ...loss, centers: { ...loss.centers } });
      expect([again.radius, again.save()]).toEqual([loss.radius, loss.save()]);
      if (options === undefined || !('nu' in options || 'names' in options)) {
        expectError(() => again.evaluate(x), 'ERR_NOT_INITIALIZED', /before the center is known/);
      } else expect(again.gradients(x)).toEqual(loss.gradients(x));
      again.dispose();
    }
  });

  it('keeps a radius past the bound of the option', () => {
    using loss = new DeepSVDDLoss(1, { center: Float32Array.of(1e18) });
    loss.fitRadius([0]);
    expect(loss.radius).toBeGreaterThan(1e15);
    using again = DeepSVDDLoss.load(loss.save());
    expect(again.radius).toBe(loss.radius);
  });

  it('of a broken file is refused', () => {
    using loss = new DeepSVDDLoss(2, { center: Float32Array.of(1, 2) });
    for (const [change, message] of [
      [(tensors) => (tensors.centers = f32([2, 1], 1, 2)), /"centers" is F32 of shape \[2, 1\]; expected F32 of shape/],
      [(tensors) => (tensors.radius = f64([], -1)), /radius must be a finite number ≥ 0, got -1/],
      [(tensors) => (tensors.radius = f64([], Number.NaN)), /radius must be a finite number ≥ 0, got NaN/],
      [(tensors) => (tensors.radius = f32([1], 1)), /"radius" is F32 of shape \[1\]; expected F64 of shape \[\]/],
      [
        (_, metadata) => (metadata.config = '{"nu":2,"labels":"strict","fitted":true}'),
        /nu must be a number from 1e-9/,
      ],
      [(_, metadata) => (metadata.config = '{"nu":0.1,"labels":"strict","fitted":1}'), /fitted must be true or false/],
      [(_, metadata) => (metadata.config = '{"nu":0.1,"labels":"strict"}'), /"config" lacks "fitted"/],
      [(_, metadata) => (metadata.names = '["a","b"]'), /"names" has 2 names, but there are 1 classes/],
    ] as [Change, RegExp][]) {
      expectError(() => DeepSVDDLoss.load(changed(loss.save(), change)), 'ERR_FORMAT', message);
    }
  });
});

describe('another kind', () => {
  it('is named with the one that was asked for', () => {
    using centers = new ClassCenters(1, 1);
    using loss = new CenterLoss(1, 1);
    const wrong = /^the file holds a "ClassCenters", not a "CenterLoss": load\(bytes\) reads every kind$/;
    expectError(() => CenterLoss.load(centers.save()), 'ERR_FORMAT', wrong);
    expectError(() => CenterLoss.fromJSON(centers.toJSON()), 'ERR_FORMAT', wrong);
    expectError(() => CACLoss.load(loss.save()), 'ERR_FORMAT', /holds a "CenterLoss", not a "CACLoss"/);
    const other = changed(loss.save(), (_, metadata) => {
      metadata.kind = 'Network';
    });
    expectError(
      () => load(other),
      'ERR_FORMAT',
      /^the file holds a "Network"; expected one of ClassCenters, NamedCenters, /,
    );
    const none = changed(loss.save(), (_, metadata) => {
      metadata.kind = 'constructor';
    });
    expectError(() => load(none), 'ERR_FORMAT', /^the file holds a "constructor"; expected/);
  });
});

describe('a wrong file', () => {
  const right = { format: 'center-loss', version: '2', kind: 'CenterLoss' };
  const config = {
    fixed: false,
    reduction: 'mean',
    metric: 'sqeuclidean',
    penalty: 'hinge',
    magnitude: 1,
    labels: 'strict',
  };
  const parts: Record<string, Tensor> = {
    centers: f32([2, 1], 1, 2),
    radius: f64([], 0),
    updateCounts: { dtype: 'U32', shape: [2], data: Uint32Array.of(1, 0) },
  };
  const loaded = (tensors: Record<string, Tensor | undefined>, metadata: Record<string, string> = {}) =>
    CenterLoss.load(
      toSafetensors(defined({ ...parts, ...tensors }) as Record<string, Tensor>, {
        ...right,
        config: JSON.stringify(config),
        ...metadata,
      }),
    );
  const withConfig = (more: object) => loaded({}, { config: JSON.stringify({ ...config, ...more }) });

  it('is right otherwise, and may carry more', () => {
    using loss = loaded({ more: f64([1], 1) }, { names: '["a","b"]', by: 'us' });
    expect([loss.names, loss.updateCounts]).toEqual([['a', 'b'], Uint32Array.of(1, 0)]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['another library', () => loaded({}, { format: 'pt' }), /^the file was not written by save\(\) of this package/],
    ['an older version', () => loaded({}, { version: '1' }), /is of version "1"; this package reads version "2"/],
    ['a later version', () => loaded({}, { version: '3' }), /is of version "3"; this package reads version "2"/],
    ['no centers', () => loaded({ centers: undefined }), /has no tensor "centers", but "radius, updateCounts"/],
    [
      'centers of doubles',
      () => loaded({ centers: f64([2, 1], 1, 2) }),
      /"centers" is F64 of shape \[2, 1\]; expected F32/,
    ],
    ['a list of centers', () => loaded({ centers: f32([2], 1, 2) }), /"centers" has the shape \[2\]; expected \[cla/],
    ['no classes', () => loaded({ centers: f32([0, 2]) }), /"centers" has the shape \[0, 2\]/],
    ['no dimensions', () => loaded({ centers: f32([2, 0]) }), /"centers" has the shape \[2, 0\]/],
    ['NaN for a center', () => loaded({ centers: f32([2, 1], 1, Number.NaN) }), /"centers" is NaN at \[1, 0\]/],
    ['half of an infinite center', () => loaded({ centers: f32([1, 2], Infinity, 1) }), /is Infinity at \[0, 0\]/],
    ['another half of one', () => loaded({ centers: f32([2, 2], 1, 1, 1, Infinity) }), /is Infinity at \[1, 1\]/],
    ['a center at -Infinity', () => loaded({ centers: f32([2, 1], 1, -Infinity) }), /is -Infinity at \[1, 0\]/],
    ['no radius', () => loaded({ radius: undefined }), /has no tensor "radius"/],
    ['NaN for a radius', () => loaded({ radius: f64([], Number.NaN) }), /"radius" is NaN at \[0\]/],
    ['NaN among radii', () => loaded({ radius: f32([2], 1, Number.NaN) }), /"radius" is NaN at \[1\]/],
    [
      'a radius out of its range',
      () => loaded({ radius: f64([], -2e30) }),
      /no valid CenterLoss: radius must be a number/,
    ],
    [
      'radii of another number',
      () => loaded({ radius: f32([3], 1, 2, 3) }),
      /"radius" is F32 of shape \[3\]; expected F32/,
    ],
    ['radii of doubles', () => loaded({ radius: f64([2], 1, 2) }), /"radius" is F64 of shape \[2\]; expected F32 of/],
    ['a radius of halves', () => loaded({ radius: { dtype: 'F16', shape: [2], data: new Uint16Array(2) } }), /is F16/],
    [
      'a single float32',
      () => loaded({ radius: f32([], 1) }),
      /"radius" is F32 of shape \[\]; expected F64 of shape \[\]/,
    ],
    ['weights below 0', () => loaded({ classWeight: f32([2], 1, -1) }), /classWeight\[1\] must be a finite number ≥ 0/],
    ['infinite weights', () => loaded({ classWeight: f32([2], Infinity, 1) }), /classWeight\[0\] must be a finite/],
    ['weights of another number', () => loaded({ classWeight: f32([1], 1) }), /"classWeight" is F32 of shape \[1\]/],
    ['no counts', () => loaded({ updateCounts: undefined }), /has no tensor "updateCounts"/],
    ['counts of another type', () => loaded({ updateCounts: f32([2], 1, 1) }), /"updateCounts" is F32 of shape \[2\]/],
    ['no config', () => loaded({}, { config: '' }), /metadata "config" is "", which is not JSON/],
    ['no JSON', () => loaded({}, { config: '{' }), /metadata "config" is "{", which is not JSON/],
    ['an array for options', () => loaded({}, { config: '[]' }), /metadata "config" is "\[\]", not an object/],
    ['null for options', () => loaded({}, { config: 'null' }), /metadata "config" is "null", not an object/],
    ['an option missing', () => loaded({}, { config: '{"fixed":true}' }), /"config" lacks "reduction"/],
    ['an unknown option', () => withConfig({ speed: 1 }), /"config" has "speed", which no CenterLoss has/],
    ['an option that is a tensor', () => withConfig({ radius: 1 }), /"config" has "radius", which no CenterLoss has/],
    [
      'a prototype',
      () => loaded({}, { config: `{"__proto__":{},${JSON.stringify(config).slice(1)}` }),
      /has "__proto__"/,
    ],
    ['an option of another type', () => withConfig({ fixed: {} }), /fixed must be true or false/],
    ['null for an option', () => withConfig({ reduction: null }), /reduction must be "mean" or "batch"/],
    ['an option out of its range', () => withConfig({ magnitude: 1e31 }), /magnitude must be a number up to/],
    ['an unknown metric', () => withConfig({ metric: 'l1' }), /metric must be "sqeuclidean" or/],
    [
      'a page of options',
      () => loaded({}, { config: `{"a":"${'b'.repeat(4096)}"}` }),
      /has 4104 characters; more than 4096 are not read/,
    ],
    ['too few names', () => loaded({}, { names: '["a"]' }), /"names" has 1 names, but there are 2 classes/],
    ['a name twice', () => loaded({}, { names: '["a","a"]' }), /names\[0\] and names\[1\] are both "a"/],
    ['half a surrogate pair', () => loaded({}, { names: '["a","\\ud800"]' }), /has half of a surrogate pair/],
    [
      'a name that is not text',
      () => loaded({}, { names: '["a",null]' }),
      /^metadata "names": expected a string at character 5, found "null]"$/,
    ],
    [
      'names without end',
      () => loaded({ centers: f32([1, 1], 1) }, { names: `${'['.repeat(1e6)}${']'.repeat(1e6)}` }),
      /^metadata "names": expected a string at character 1, /,
    ],
    [
      'nested names',
      () => loaded({ centers: f32([1, 1], 1) }, { names: `[${'['.repeat(3e3)}${']'.repeat(3e3)}]` }),
      /^metadata "names": expected a string at character 1, /,
    ],
  ])('by %s is refused', (_, act, message) => {
    expectError(act, 'ERR_FORMAT', message);
  });

  it('that is not bytes is refused', () => {
    for (const read of [CenterLoss.load, ClassCenters.load, load]) {
      expectError(
        () => read('{}' as never),
        'ERR_SHAPE',
        'the file must be a Uint8Array or an ArrayBuffer, got String',
      );
      expectError(() => read(new Uint8Array(3)), 'ERR_FORMAT', 'a file of 3 bytes is not a safetensors file');
    }
  });
});
