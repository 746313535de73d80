// Forms in which rows and lists of numbers come.
import {
  auroc,
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  DeepSVDDLoss,
  type Embeddings,
  fromSafetensors,
  OpenSetClassifier,
  readNpy,
  softmaxCrossEntropy,
  toFloat16,
  toSafetensors,
  writeNpy,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';
import { npyFile } from '../support/npy.js';
import { PROXY_LOSS_NAMES, PROXY_LOSSES } from '../support/proxy-losses.js';

const flat = Float32Array.of(1, 2, 3, 4, 5, 6);
const shape = [3, 2];
const target = [0, 1, 0];
const untyped = (value: unknown) => value as never;

/** Tensor as ONNX Runtime makes it: everything is read through accessors. */
class OrtTensor {
  get data() {
    return flat;
  }
  get dims() {
    return shape;
  }
  get type() {
    return 'float32' as const;
  }
}

const bfloat16 = new Uint16Array(flat.buffer.slice(0)).filter((_, i) => i % 2 === 1);
const { Float16Array } = globalThis as unknown as { Float16Array?: new (values: Iterable<number>) => never };

const FORMS: [string, Embeddings][] = [
  ...[Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Int32Array, Uint32Array].map(
    (Kind): [string, Embeddings] => [Kind.name, Kind.from(flat)],
  ),
  // Some runtimes lack the class, but each runs as many tests.
  ['Float16Array', Float16Array ? new Float16Array(flat) : flat],
  ['numbers', [...flat]],
  ['rows', [[1, 2], Float32Array.of(3, 4), Int8Array.of(5, 6)]],
  ['a tensor of ONNX Runtime', new OrtTensor()],
  // Each index of such a tensor gives a part of it.
  ['a tensor of transformers.js', new Proxy(new OrtTensor(), { get: (tensor, key) => Reflect.get(tensor, key) })],
  ['numbers with a shape', { data: [...flat], shape }],
  ...[Float32Array, Float64Array, Int8Array, Uint8Array, Int32Array, Uint16Array].map((Kind): [string, Embeddings] => [
    `a .npy file of a ${Kind.name}`,
    readNpy(writeNpy(Kind.from(flat), shape)),
  ]),
  ['a .npy file of F16', readNpy(writeNpy(toFloat16(flat), shape, { dtype: 'F16' }))],
  ['a .npy file in column order', readNpy(npyFile('|u1', '(3, 2)', [1, 3, 5, 2, 4, 6], true))],
  ['a tensor of float16', { data: toFloat16(flat), dims: shape, type: 'float16' }],
  ['a safetensors file of BF16', inFile('BF16', bfloat16)],
  [
    'int8, quantized',
    { data: Int8Array.from(flat, (value) => 4 * value - 7), dims: shape, scale: 0.25, zeroPoint: -7 },
  ],
  [
    'uint8, quantized',
    { data: Uint8Array.from(flat, (value) => 2 * value + 128), dims: shape, scale: 0.5, zeroPoint: 128 },
  ],
];

function inFile(dtype: 'BF16', data: Uint16Array<ArrayBuffer>): Embeddings {
  return fromSafetensors(toSafetensors({ x: { dtype, shape, data } })).tensors.x as Embeddings;
}

describe.each(FORMS)('rows as %s', (_, x) => {
  it('give what a Float32Array gives', () => {
    const results = (x: Embeddings) => {
      using loss = new CenterLoss(2, 2, { init: 'eye' });
      using statistics = new ClassStatistics(2, 2);
      statistics.add(x, target);
      using centers = ClassCenters.fit(x, target, { nDim: 2 });
      using svdd = new DeepSVDDLoss(2);
      using named = new OpenSetClassifier({ nDim: 2 });
      named.addClass('a', x);
      named.addExamples('a', x);
      using classifier = new OpenSetClassifier({ params: x, nClasses: 3, nDim: 2 });
      return [
        ...[
          loss.evaluate(x, target),
          loss.gradients(x, target),
          loss.step(x, target),
          loss.softmaxCenter(x, x, target),
        ],
        ...[loss.forward(x, target), loss.backward(x, target), loss.distances(x), loss.predict(x)],
        ...[loss.fitRadius(x, target), loss.centers.predictProba(x), statistics.save(), centers.toArray()],
        ...[svdd.fitCenter(x), svdd.evaluate(x), named.save(), classifier.centers.toArray()],
        ...[classifier.fit(x, target).classify(x), softmaxCrossEntropy(x, target, 2)],
        new CenterLoss(3, 2, { init: x, magnitude: 2 }).centers.toArray(),
        ...PROXY_LOSS_NAMES.map((name) => new PROXY_LOSSES[name].Loss(3, 2, { init: x }).step(x, target)),
      ];
    };
    expect(results(x)).toEqual(results(flat));
  });
});

it('a tensor of rank 1 is one row, and a shape gives fit the dimensions', () => {
  const loss = new CenterLoss(2, 2, { init: 'eye' });
  const one = { data: Float32Array.of(1, 2), dims: [2] };
  expect(loss.evaluate(one, [1])).toBe(loss.evaluate([1, 2], [1]));
  expect(new DeepSVDDLoss(2, { center: one }).centers.toArray()).toEqual(one.data);
  expect(ClassCenters.fit(one, [0]).nDim).toBe(2);
  expect(ClassCenters.fit([[1, 2, 3]], [0]).nDim).toBe(3);
  expect(ClassCenters.fit({ data: flat, shape }, target).nDim).toBe(2);
});

it('values are rounded to float32 once', () => {
  const centers = new CenterLoss(1, 2, { init: [[1 / 3, 1e-50]] }).centers.toArray();
  expect([...centers]).toEqual([Math.fround(1 / 3), 0]);
  const quantized = { data: Int8Array.of(-128, 127), dims: [1, 2], scale: 1 / 3, zeroPoint: 3 };
  expect([...new CenterLoss(1, 2, { init: quantized }).centers.params]).toEqual([-131 / 3, 124 / 3].map(Math.fround));
});

describe('what is refused, with what to do', () => {
  const loss = new CenterLoss(2, 2, { init: 'eye' });
  const before = loss.save();
  const use = (x: unknown) => () => loss.step(untyped(x), target);
  const bits = Uint16Array.of(1, 2, 3, 4, 5, 6);

  it('forms', () => {
    expectErrors('ERR_SHAPE', [
      [
        use(bits),
        'x is a Uint16Array: pass fromFloat16(x) if it holds the bits of float16 values, Float32Array.from(x)',
      ],
      [use({ data: bits, dims: shape }), 'x.data is a Uint16Array: pass fromFloat16(x.data)'],
      [use([bits]), 'x[0] is a Uint16Array'],
      [use(undefined), /got Undefined/],
      [use(new ArrayBuffer(64)), /got ArrayBuffer/],
      [use(new Array(2)), 'x[0] is undefined, not a number'],
      [use(BigInt64Array.of(1n, 2n)), /numbers, or of rows, or a tensor \{ data, dims \}, got BigInt64Array$/],
      [use({ data: BigInt64Array.of(1n, 2n), dims: [1, 2], type: 'int64' }), /^x.data must be .* got BigInt64Array$/],
      [use({ data: ['a', 'b'], dims: [1, 2], type: 'string' }), 'x is of type "string" in a Array; expected float32,'],
      [use({ data: new Uint8Array(2), dims: [1, 2], dtype: 'BOOL' }), 'x is of type "BOOL" in a Uint8Array; expected'],
      [use({ data: new Float32Array(4), shape: [1, 2], dtype: 'C64' }), 'x is of type "C64"'],
      [use({ data: new Uint8Array(4), shape: [1, 2], dtype: 'float16' }), 'x is of type "float16" in a Uint8Array'],
      [use({ data: bits, shape, dtype: 'float32' }), 'x is of type "float32" in a Uint16Array'],
      [use({ data: null, dims: [1, 2] }), /^x.data must be a Float32Array, .*, got Null$/],
      [use({ data: [1, '2'], dims: [1, 2] }), 'x.data[1] is "2", not a number'],
      [use([[1, 2], null]), /^x\[1\] must be a Float32Array, .*, got Null$/],
      [use([[1, undefined]]), 'x[0][1] is undefined, not a number'],
      [use([[[1, 2]]]), 'x[0][0] is an array, not a number'],
      [use(new Proxy(flat, {})), /got a proxy: pass the array itself$/],
    ]);
    const onGpu = {
      dims: [1, 2],
      get data() {
        throw new Error('The data is not on CPU.');
      },
    };
    expectError(use(onGpu), 'ERR_SHAPE', 'x.data cannot be read (Error: The data is not on CPU.): await x.getData()');
    const tfTensor = { data: () => Promise.resolve(flat), dataSync: () => flat, shape, dtype: 'float32' };
    expectError(use(tfTensor), 'ERR_SHAPE', 'TensorFlow.js: pass { data: x.dataSync(), shape: x.shape }');
    expectErrors('ERR_OPTION', [
      [use({ data: flat, dims: shape, scale: '2' }), 'x.scale must be a finite number, got "2"'],
      [use({ data: flat, dims: shape, zeroPoint: Number.NaN }), 'x.zeroPoint must be a finite number, got NaN'],
    ]);
    expect(loss.save()).toEqual(before);
  });

  it('shapes', () => {
    const of = (dims: unknown, data: unknown = flat) => use({ data, dims });
    expectErrors('ERR_SHAPE', [
      [
        of([1, 3, 2]),
        'x has the shape [1, 3, 2]; expected [B, nDim = 2], or [nDim = 2] for one row: make one row of each',
      ],
      [of([]), 'x has the shape []; expected [B, nDim = 2]'],
      [of([2, 3]), 'x has the shape [2, 3]; expected [B, nDim = 2]'],
      [of([6]), 'x has the shape [6]; expected [B, nDim = 2]'],
      [of([4, 2]), 'x has 6 values in data, but the shape [4, 2] has 8'],
      [of(undefined), 'x has the shape undefined; expected [B, nDim = 2]'],
      [of([3, -2]), 'x has the shape [3, -2]'],
      [of([3, 2n]), 'x has the shape [3, 2n]'],
      [of('32'), 'x has the shape "32"'],
      [use([...flat, 7]), 'x has 7 values, which is not a multiple of nDim = 2'],
      [use([[1, 2, 3]]), 'x[0] has 3 values; expected nDim = 2'],
      [use([[]]), 'x[0] has 0 values; expected nDim = 2'],
      [() => loss.forward([[1, 2, 3]], [0]), 'distmat[0] has 3 values; expected nClasses = 2'],
      [() => ClassCenters.fit(flat, target), 'x is a list of 6 numbers: give the option nDim'],
      [() => ClassCenters.fit({ data: flat, dims: [1, 3, 2] }, [0]), 'x has the shape [1, 3, 2]; expected [B, nDim]'],
      [() => new OpenSetClassifier({ params: [[1, 2]], nClasses: 2, nDim: 2 }), 'params has 2 values, but 2 centers'],
    ]);
    expect(loss.save()).toEqual(before);
  });
});

it('lists of numbers come in any typed array, too', () => {
  expect(auroc(Uint8Array.of(1, 2), Int32Array.of(3))).toBe(1);
  const x = [1, 2, 3, 4];
  const loss = new CenterLoss(2, 2, { init: 'eye', radius: Int8Array.of(1, 2), classWeight: Uint8Array.of(1, 3) });
  const same = new CenterLoss(2, 2, { init: 'eye', radius: [1, 2], classWeight: [1, 3] });
  const sampleWeight = Int16Array.of(1, 2);
  expect(loss.evaluate(x, [0, 1], { sampleWeight })).toBe(same.evaluate(x, [0, 1], { sampleWeight: [1, 2] }));
  expectErrors('ERR_SHAPE', [
    [() => auroc(untyped(Uint16Array.of(1)), [2]), 'known is a Uint16Array: pass fromFloat16(known)'],
    [
      () => loss.evaluate(x, [0, 1], { sampleWeight: untyped([[1], [2]]) }),
      'sampleWeight[0] is an array, not a number',
    ],
  ]);
});
