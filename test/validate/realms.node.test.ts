// Arrays and buffers of another realm, as Jest, vitest with jsdom, node:vm, frames and workers give them.
import vm from 'node:vm';
import {
  auroc,
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  classify,
  classWeights,
  conformalPValues,
  DeepSVDDLoss,
  fitPrecision,
  fitThreshold,
  fromFloat16,
  fromSafetensors,
  isKnown,
  load,
  loadCenters,
  OpenSetClassifier,
  oscr,
  readNpy,
  softmaxCrossEntropy,
  type Target,
  toFloat16,
  toSafetensors,
  writeNpy,
} from 'center-loss';
import { expect, it } from 'vitest';

const context = vm.createContext();
const evaluated = (code: string) => vm.runInContext(code, context);

/** The same array or bytes of another realm. */
function foreign<T extends ArrayLike<number> | ArrayBuffer>(value: T): T {
  if (value instanceof ArrayBuffer) return foreign(new Uint8Array(value)).buffer as unknown as T;
  const array = evaluated(`(values) => ${Array.isArray(value) ? 'Array' : value.constructor.name}.from(values)`)(value);
  expect(array instanceof value.constructor).toBe(false);
  return array;
}

type Make = <T extends ArrayLike<number> | ArrayBuffer>(value: T) => T;
const x = Float32Array.of(1, 2, 3, 4);
const npy = writeNpy(x, [2, 2]);
const half = toFloat16(x);
const file = toSafetensors({ centers: { dtype: 'F32', shape: [2, 2], data: x } });
const make = () => new CenterLoss(2, 2, { init: 'eye' });
const saved = make().save();
const statistics = new ClassStatistics(2, 2).save();

/** Every call that takes an array or bytes, by what makes its arrays. */
const CALLS: Record<string, (of: Make) => unknown> = {
  evaluate: (of) => make().evaluate(of(x), of([0, 1])),
  'evaluate, Float64Array': (of) => make().evaluate(of(Float64Array.from(x)), of(Int32Array.of(0, 1))),
  'evaluate, Int8Array': (of) => make().evaluate(of(Int8Array.from(x)), [0, 1]),
  'evaluate, rows': (of) => make().evaluate([of([1, 2]), of(x.slice(2))], [0, 1]),
  'evaluate, tensor': (of) => make().evaluate({ data: of(x), dims: of([2, 2]) }, [0, 1]),
  'evaluate, float16': (of) => make().evaluate({ data: of(half), dims: [2, 2], type: 'float16' }, [0, 1]),
  sampleWeight: (of) => make().evaluate(x, [0, 1], { sampleWeight: of(x.slice(0, 2)) }),
  step: (of) => make().step(of(x), of([0, 1])),
  'forward and backward': (of) => [
    make().forward(of(x), [0, 1]),
    make().backward(of(x), [0, 1], of(new Float32Array(4))),
  ],
  out: (of) => make().distances(x, of(new Float32Array(4)))[3],
  options: (of) => {
    const options = { init: of(x), radius: of([1, 2]), classWeight: of(x.slice(2)) };
    return new CenterLoss(2, 2, options).save();
  },
  params: (of) => {
    const { centers } = make();
    centers.params.set(of(x));
    return centers.predict(of(x));
  },
  fit: (of) => ClassCenters.fit(of(x), of([0, 1]), { nDim: 2, sampleWeight: of([1, 2]) }).save(),
  classifier: (of) => {
    const centers = { params: of(x), nClasses: 2, nDim: 2 };
    const options = { score: 'normalized', radius: of([1, 2]), threshold: of([3, 4]) } as const;
    return [
      new OpenSetClassifier(centers, options).classify(of(x)),
      new OpenSetClassifier(centers).fit(of(x), [0, 1]).save(),
    ];
  },
  detect: (of) => {
    const { centers } = make();
    return [
      classify(centers, of(x)),
      fitPrecision(centers, of(x), [0, 1]),
      fitThreshold(of(x)),
      conformalPValues(of(x), of(x)),
    ];
  },
  metrics: (of) => [auroc(of(x), of(Float64Array.of(2))), oscr(of(x), of([1, 1, 0, 1]), of(x)), isKnown(of([1, -1]))],
  softmax: (of) => [softmaxCrossEntropy(of(x), [0, 1], 2, { classWeight: of([1, 2]) }), classWeights(of([0, 1]), 2)],
  statistics: (of) => {
    const one = new ClassStatistics(2, 2);
    one.add(of(x), of(BigInt64Array.of(0n, 1n) as never));
    return one.save();
  },
  labels: (of) => {
    const loss = new CenterLoss(2, 1, { names: ['a', 'b'] });
    const lists = [Int8Array.of(1, -1, 0), Float64Array.of(1, -1, 0), BigInt64Array.of(1n, -1n, 0n), ['b', null, 'a']];
    const forms = (lists as never[]).flatMap((list) => [of(list), { data: of(list), dims: of([3, 1]) }] as Target[]);
    return forms.map((target) => [loss.evaluate([1, 2, 3], target), isKnown(target)]);
  },
  names: (of) => {
    const named = new OpenSetClassifier({ nDim: 2 });
    named.addClass('a', of(x), { sampleWeight: of([1, 2]) });
    named.addExamples('a', of(x));
    return named.save();
  },
  svdd: (of) => new DeepSVDDLoss(2, { center: of(x.slice(2)) }).gradients(of(x)),
  float16: (of) => [fromFloat16(of(half)), toFloat16(of(x))],
  files: (of) => [
    ...[readNpy(of(npy)), readNpy(of(npy.slice().buffer)), writeNpy(of(x), of([2, 2]))],
    ...[fromSafetensors(of(file)).tensors.centers?.data, loadCenters(of(file))],
    toSafetensors({ a: { dtype: 'F32', shape: of([4]), data: of(x) } }),
  ],
  objects: (of) => [
    ...[load(of(saved)).save(), CenterLoss.load(of(saved.slice().buffer)).save()],
    ClassStatistics.load(of(statistics)).save(),
  ],
};

it.each(Object.keys(CALLS))('%s', (name) => {
  const call = CALLS[name] as (of: Make) => unknown;
  expect(plain(call(foreign))).toEqual(plain(call((value) => value)));
});

/** Values apart from the realms of their arrays. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one) => (ArrayBuffer.isView(one) ? Array.from(one as Uint8Array) : one)));

it('options of another realm are taken', () => {
  const options = evaluated(`({ init: 'eye', names: ['a', 'b'] })`);
  expect(new CenterLoss(2, 2, options).names).toEqual(['a', 'b']);
});
