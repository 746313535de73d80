// Bad input: a typed error with the values in it, and an object that is as it was.
import { CenterLoss, type CenterLossOptions, ClassCenters, isKnown, OpenSetClassifier } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';
import { membersOf, OBJECTS } from '../support/objects.js';

const make = (options?: CenterLossOptions) => new CenterLoss(10, 64, { init: 'normal', ...options });
const x = new Float32Array(2 * 64).fill(0.5);
// Types are checked by the compiler in TypeScript only; these are the calls that JavaScript lets through.
const untyped = (value: unknown) => value as never;

describe('constructor', () => {
  it.each([0, -1, 2.5, Number.NaN, '3', undefined, null])('nClasses = %s', (value) => {
    expectError(() => new CenterLoss(untyped(value), 4), 'ERR_OPTION', /nClasses must be a positive integer, got/);
    expectError(() => new ClassCenters(untyped(value), 4), 'ERR_OPTION', /nClasses must be a positive integer, got/);
    expectError(() => new CenterLoss(4, untyped(value)), 'ERR_OPTION', /nDim must be a positive integer, got/);
  });

  it.each([
    [{ raduis: 1 }, 'there is no option "raduis"; the options are init, magnitude,'],
    [{ reduction: 'none' }, 'reduction must be "mean" or "batch" or "wen" or "sum", got "none"'],
    [{ radius: Number.NaN }, 'radius must be a number from -1e30 on, got NaN'],
    [{ radius: '1' }, 'radius must be a number from -1e30 on, got "1"'],
    [{ radius: Number.NEGATIVE_INFINITY }, /radius must be a number from -1e30 on, got -Infinity/],
    [{ magnitude: Number.POSITIVE_INFINITY }, 'magnitude must be a number up to ±1e30, got Infinity'],
    [{ magnitude: 1e39 }, 'magnitude must be a number up to ±1e30, got 1e+39'],
    [
      { init: new Float32Array(640).fill(1e20), magnitude: 1e20 },
      'init[0] is 100000002004087730000 times magnitude = 100000000000000000000, not a finite float32',
    ],
    [{ fixed: 1 }, 'fixed must be true or false, got 1'],
    [{ labels: 'loose' }, 'labels must be "strict" or "lenient", got "loose"'],
    [{ seed: -1 }, 'seed must be a whole number ≥ 0, got -1'],
    [{ seed: 0.5 }, 'seed must be a whole number ≥ 0, got 0.5'],
    [{ init: 'xavier' }, /init must be "pytorch-ood" or "eye" or .* got "xavier"/],
    [{ init: 'eye' }, "init 'eye' needs nClasses = nDim, got 10 and 64"],
    [{ init: new Float32Array(640).fill(Number.NaN, 7, 8) }, 'init[7] is NaN, not a finite float32'],
    [null, 'options must be an object, got null'],
  ])('options %j', (options, message) => {
    expectError(() => new CenterLoss(10, 64, untyped(options)), 'ERR_OPTION', message);
  });

  it('initial centers of another size', () => {
    expectError(
      () => new CenterLoss(2, 3, { init: new Float32Array(5) }),
      'ERR_SHAPE',
      'init has 5 values, but 2 centers of 3 dimensions have 6',
    );
    expectError(
      () => new CenterLoss(3, 2, { init: 'anchors' }),
      'ERR_OPTION',
      "'anchors' needs nClasses ≤ nDim, got 3 and 2",
    );
  });

  it('more than WebAssembly can hold', () => {
    expectError(
      () => new CenterLoss(2 ** 20, 2 ** 12),
      'ERR_OUT_OF_MEMORY',
      'cannot allocate 17,179,869,184 bytes of WebAssembly memory for 1048576 centers of 4096 dimensions',
    );
    expectError(() => new CenterLoss(2 ** 20, 2 ** 10), 'ERR_OUT_OF_MEMORY', /allocate 4,294,967,296 bytes/);
    // The same size modulo 2³² must not pass for a small one.
    expectError(() => new ClassCenters(2 ** 30 + 1, 4), 'ERR_OUT_OF_MEMORY', /allocate 17,179,869,200 bytes/);
    expect(make().evaluate(x, [0, 1])).toBeGreaterThan(0);
  });
});

describe('shapes', () => {
  it('distance matrices and centers', () => {
    const loss = make();
    const distmat = new Float32Array(20);
    expectErrors('ERR_SHAPE', [
      [
        () => loss.forward(new Float32Array(19), [0, 1]),
        'distmat has 19 values, which is not a multiple of nClasses = 10',
      ],
      [() => loss.forward(distmat, [0]), 'distmat has 2 rows of 10 values, but target has 1 labels'],
      [() => loss.backward(distmat, [0, 1], new Float32Array(5)), 'out has 5 values, but the result has 20'],
      [() => loss.backward(distmat, [0, 1], distmat), 'out and distmat share memory'],
      [() => loss.centers.distances(x, new Float32Array(21)), 'out has 21 values, but the result has 20'],
      [() => loss.centers.distances(x, untyped([1])), /out must be a Float32Array, got/],
      [() => loss.centers.distances(x, x.subarray(0, 20)), 'out and x share memory'],
      [() => loss.centers.distances(x, loss.centers.params.subarray(0, 20)), 'out and params share memory'],
      [() => loss.centers.predict(new Float32Array(63)), 'x has 63 values, which is not a multiple of nDim = 64'],
      [() => loss.centers.predictProba(untyped('x')), /got String/],
    ]);
  });
});

describe('labels', () => {
  it.each([
    [[0, 10], 'target[1] is 10, but there are 10 classes (0 … 9; below 0 = unknown)'],
    [[1.5, 0], 'target[0] is 1.5, but a label must be an integer'],
    [[0, Number.NaN], 'target[1] is NaN, but a label must be an integer'],
    [[-0.5, 0], 'target[0] is -0.5, but a label must be an integer'],
    [[0, Number.POSITIVE_INFINITY], 'target[1] is Infinity, but a label must be an integer'],
    [[0, '1'], 'target[1] is "1", not an integer'],
    [[true, 0], 'target[0] is true, not an integer'],
    [new BigInt64Array([0n, 2n ** 40n]), 'target[1] is 1099511627776, but there are 10 classes'],
    [new Uint8Array([255, 0]), 'target[0] is 255, but there are 10 classes'],
    ['01', 'target must be an array or a typed array of integers, or an array of names, got String'],
    [undefined, /^target must be an array .* got Undefined$/],
    [new DataView(new ArrayBuffer(2)), /got DataView/],
  ])('%s', (target, message) => {
    const loss = make();
    const before = loss.centers.params.slice();
    expectError(() => loss.step(x, untyped(target)), 'ERR_LABEL', message as string);
    expectError(() => loss.evaluate(x, untyped(target)), 'ERR_LABEL', message as string);
    expect(loss.centers.params).toEqual(before);
  });

  it('isKnown', () => {
    expectError(() => isKnown(untyped(7)), 'ERR_LABEL', /got Number/);
    expectError(() => isKnown(untyped([0, 'a'])), 'ERR_LABEL', 'target[1] is "a", not an integer');
  });
});

describe('options of calls', () => {
  it('a batch of another number of classes, past which the kernels would write', () => {
    const message = 'the batch was made for 2 classes in 64 dimensions, not for 10 in 64';
    expectError(() => make().step(new CenterLoss(2, 64, { init: 'normal' }).batch(4)), 'ERR_SHAPE', message);
    expect(make().step(make().batch(4)).loss).toBeGreaterThan(0);
    expectError(() => make().batch(2 ** 26), 'ERR_OUT_OF_MEMORY', /for a batch of 67108864 rows of 64 values/);
  });

  it('a result that no array can hold', () => {
    const many = new ClassCenters(2 ** 20, 1);
    expectErrors('ERR_OUT_OF_MEMORY', [
      [() => many.distances(new Float32Array(2 ** 20)), /cannot allocate 4,398,046,511,104 bytes for the result/],
      [() => many.predictProba(new Float32Array(2 ** 20)), /for the result/],
    ]);
  });
});

/** Members that answer after `dispose`. */
const REMEMBERED = ['constructor', 'dispose', 'rowGradients', 'radius', 'classWeight'];

describe('dispose', () => {
  const { OpenSetClassifier: _, ...disposable } = OBJECTS;
  it.each(Object.entries(disposable))('ends every use of %s, and may be called again', (_, make) => {
    const object = make();
    object.dispose();
    object.dispose();
    const ended = membersOf(object).filter((name) => !name.startsWith('_') && !REMEMBERED.includes(name));
    expect(ended.length).toBeGreaterThan(3);
    for (const name of ended) {
      const use = () => {
        const member = Reflect.get(object, name);
        if (typeof member === 'function') member.call(object, [1, 2], [0]);
      };
      expectError(use, 'ERR_DISPOSED', /^this \w+ was disposed/);
    }
  });

  it('of a classifier ends its decisions', () => {
    const classifier = new OpenSetClassifier({ params: [1, 2], nClasses: 1, nDim: 2 });
    classifier.dispose();
    for (const use of ['classify', 'predict', 'scores', 'pValues', 'predictionSets', 'save'] as const) {
      expectError(() => classifier[use]([1, 2]), 'ERR_DISPOSED', 'this ClassCenters was disposed');
    }
    expectError(() => classifier.fit([1, 2], [0]), 'ERR_DISPOSED', /disposed/);
  });

  it('leaves copied results alone, and ends those in a batch', () => {
    const loss = make();
    const batch = loss.batch(2);
    const { gradX } = loss.gradients(x, [0, 1]);
    const inPlace = loss.gradients(batch);
    const kept = gradX.slice();
    loss.dispose();
    expect(gradX).toEqual(kept);
    expect([loss.nClasses, loss.nDim]).toEqual([10, 64]);
    expectError(() => loss.evaluate(batch), 'ERR_DISPOSED', 'this CenterLoss was disposed');
    batch.dispose();
    for (const use of [() => inPlace.gradX, () => inPlace.gradCenters, () => make().step(batch)]) {
      expectError(use, 'ERR_DISPOSED', 'this Batch was disposed');
    }
  });

  it('by the symbol', () => {
    // Compilers of `using` fall back to this symbol where a runtime has none.
    const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
    const loss = make();
    const batch = loss.batch(1);
    batch[dispose]();
    loss[dispose]();
    expectError(() => loss.centers.params, 'ERR_DISPOSED', 'ClassCenters');
    const centers = new ClassCenters(1, 1);
    centers[dispose]();
    expectError(() => centers.predict([1]), 'ERR_DISPOSED', 'ClassCenters');
  });
});

describe('a message', () => {
  const throws = () => {
    throw new Error('no');
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const long = 'x'.repeat(1e6);
  // Moves the cursor, reverses text, hides in text, and is half a character.
  const active = '\x1b[2J\n\u009b\u202e\u200b\ud800';
  const values: Record<string, unknown> = {
    'no prototype': Object.create(null),
    'toString throws': { toString: throws, valueOf: throws, [Symbol.toPrimitive]: throws },
    'the name of the type throws': Object.defineProperty({}, Symbol.toStringTag, { get: throws }),
    'a proxy that refuses': new Proxy({}, { get: throws, has: throws, ownKeys: throws }),
    'a revoked proxy': revoked.proxy,
    'a function': Object.assign(() => long, { toString: throws }),
    'a symbol': Symbol(long),
    'a large integer': 10n ** 5000n,
    'a long text': long,
    'a long name of a type': { [Symbol.toStringTag]: long },
    'a long name': { [long]: 1 },
    'active text': active,
    'an active name of a type': { [Symbol.toStringTag]: active },
    'an active name': { [active]: 1 },
    'nested arrays': Array.from({ length: 1e5 }).reduce((inner) => [inner], []),
  };
  const named = new CenterLoss(2, 1, { names: ['a', active.slice(0, -1)] });
  const calls: Record<string, (value: never) => unknown> = {
    nClasses: (value) => new CenterLoss(value, 2),
    options: (value) => new CenterLoss(2, 2, value),
    'an option': (value) => new CenterLoss(2, 2, { metric: value }),
    names: (value) => new ClassCenters(2, 2, { names: value }),
    'a name': (value) => new ClassCenters(2, 2, { names: [value, value] }),
    fromJSON: (value) => ClassCenters.fromJSON(value),
    format: (value) => ClassCenters.fromJSON({ format: value }),
    base64: (value) => ClassCenters.fromJSON({ ...named.centers.toJSON(), base64: value }),
    load: (value) => ClassCenters.load(value),
    'a label': (value) => named.evaluate([1], [value]),
  };

  it.each(Object.keys(calls))('of %s can be made of any value, is short, and nothing in it is active', (call) => {
    for (const [name, value] of Object.entries(values)) {
      let error: unknown;
      try {
        calls[call]?.(value as never);
      } catch (thrown) {
        error = thrown;
      }
      // An object without usable fields is one without options.
      if (error === undefined && call === 'options') continue;
      const { name: type, message } = error as Error;
      const isActive = Array.from(message).some(
        (sign) => /[\n\u007f-\u009f\u200b\u202e]|[\ud800-\udfff]/u.test(sign) || sign < ' ',
      );
      expect([name, type, message.length < 1010, isActive]).toEqual([name, 'CenterLossError', true, false]);
    }
  });
});
