// Random calls of everything, with arguments that act while they are read: getters that change, grow or shrink an array,
// resize its memory, dispose of objects and call this package again. A call gives an error of this package, or what the
// values give as they were read; the objects stay right, and no other object changes.
import * as centerLoss from 'center-loss';
import {
  CenterLoss,
  CenterLossError,
  ClassCenters,
  ClassStatistics,
  classify,
  DeepSVDDLoss,
  type Embeddings,
  fitPrecision,
  OpenSetClassifier,
  type Target,
} from 'center-loss';
import { expect, it } from 'vitest';
import { PROXY_LOSS_NAMES, PROXY_LOSSES } from '../support/proxy-losses.js';

/** Number of calls, which an environment variable may raise. */
const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
const CALLS = Number(process?.env?.ATTACK_CALLS ?? 1e5);
const SEED = Number(process?.env?.ATTACK_SEED ?? 1);

let state = SEED;
/** Whole number below `end`, by the generator mulberry32: one seed gives one attack. */
function below(end: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let bits = Math.imul(state ^ (state >>> 15), 1 | state);
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
  return ((bits ^ (bits >>> 14)) >>> 0) % end;
}
const chance = (percent: number) => below(100) < percent;
const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
const value = () => (chance(2) ? pick([Number.NaN, Infinity, -0, 1e-40, 3e38]) : (below(4001) - 2000) / 256);
const list = <T>(length: number, make: (_: unknown, i: number) => T): T[] => Array.from({ length }, make);

/** Argument of a call, with what was read of it: what an object that nobody attacks is given afterwards. */
interface Argument {
  readonly given: unknown;
  readonly plain: () => unknown;
}

/** Two objects of equal state: an argument that acts is given to one of them, the values that were read to the other. */
interface Pair {
  readonly kind: string;
  readonly one: Subject;
  readonly other: Subject;
  readonly nClasses: number;
  readonly nDim: number;
}
type Subject = { dispose?(): void; save(): Uint8Array; readonly centers?: ClassCenters } & Record<string, never>;

/** Error that a getter throws. */
class Thrown extends Error {}

/** Things that a getter does, and how the other object of a pair comes to the same state. */
let replays: (() => void)[] = [];
let buffers: ArrayBuffer[] = [];
let attacked: Pair | undefined;

const ACTIONS: Record<string, () => unknown> = {
  nothing: () => {},
  'dispose of the object': () => attacked?.one.dispose?.(),
  'dispose of its centers': () => attacked?.one.centers?.dispose(),
  'make an object': () => addCanary(),
  'let the memory grow': () => new ClassCenters(64 + below(4096), 16).dispose(),
  'make and drop much': () => list(20, () => new ClassCenters(1 + below(40), 9)).map((one) => one.dispose()),
  throw: () => {
    throw new Thrown('of a getter');
  },
  'resize memory': () => {
    for (const buffer of buffers) resize(buffer);
  },
  'call it': () => {
    const { one, other, nClasses, nDim } = attacked as Pair;
    const x = list(nDim * 3, value);
    const target = list(3, () => below(nClasses));
    const act = (subject: Subject) => {
      try {
        nested(subject, x, target);
      } catch (error) {
        if (!(error instanceof CenterLossError)) throw error;
      }
    };
    act(one);
    replays.push(() => act(other));
  },
  'call another with much': () => {
    const rows = 1 + below(3000);
    helper.evaluate(new Float32Array(rows * 8), new Int32Array(rows));
    centerLoss.conformalPValues(
      list(below(50) + 1, value)
        .filter(Number.isFinite)
        .concat(1),
      [1, 2],
    );
  },
};

let helper: CenterLoss;

function nested(subject: Subject, x: number[], target: number[]): void {
  for (const name of ['step', 'add', 'fitCenter', 'predict'] as const) {
    const call = (subject as Record<string, unknown>)[name] as ((...args: unknown[]) => unknown) | undefined;
    if (call) return void call.call(subject, x, target);
  }
}

function resize(buffer: ArrayBuffer): void {
  const { resizable, maxByteLength } = buffer as { resizable?: boolean; maxByteLength?: number };
  if (resizable) (buffer as unknown as { resize(bytes: number): void }).resize(below((maxByteLength as number) + 1));
  else if (buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer] });
}

/** Makes a getter act once or twice while an argument is read. */
function actor(reads: number): () => undefined {
  const action = ACTIONS[pick(Object.keys(ACTIONS))] as () => unknown;
  let left = below(reads) + 1;
  return () => {
    left -= 1;
    if (left === 0 || (left === -reads && chance(30))) action();
    return undefined;
  };
}

/** Makes a list that acts while it is read: an array with getters, or a proxy of an array. */
function actingList<T>(make: () => T, length: number): Argument {
  const seen: T[] = [];
  const act = actor(Math.max(1, length));
  const base = list(length, make);
  const host = [...base];
  const read = (index: number) => {
    act();
    const result = make();
    seen[index] = result;
    return result;
  };
  if (chance(50)) {
    const lie = chance(20) ? pick<unknown>([2 ** 32, -1, Number.NaN, 1.5, 'x', 2 ** 53, length + 1, null]) : length;
    const given = new Proxy(host, {
      get: (array, name) => {
        if (name === 'length') return lie;
        return typeof name === 'string' && /^\d+$/.test(name) ? read(Number(name)) : Reflect.get(array, name);
      },
    });
    return { given, plain: () => seen.slice(0, Number(lie)) };
  }
  if (length === 0) return { given: host, plain: () => [] };
  const index = below(length);
  let reads = 0;
  Object.defineProperty(host, index, {
    configurable: true,
    get: () => {
      const result = read(index);
      reads += 1;
      // A first read of the first value may come before that of the length.
      if (index === 0 && reads === 1) return result;
      if (chance(20)) host.length = Math.min(host.length, index + 1 + below(3));
      if (chance(20)) host.push(...list(below(300), make));
      return result;
    },
  });
  const after = () => list(length - index - 1, (_, i) => host[index + 1 + i]);
  return { given: host, plain: () => [...base.slice(0, index), seen[index], ...after()] };
}

/** Typed array that says something else of itself. */
function lying(values: Float32Array<ArrayBuffer>): Float32Array {
  class Liar extends Float32Array {
    override get length(): never {
      return pick([0, 1, 1e9, -1, Number.NaN]) as never;
    }
    override get buffer(): never {
      return helper.centers.params.buffer as never;
    }
    override get byteOffset(): never {
      return 1024 as never;
    }
    override subarray(): never {
      return new Float32Array(1e5) as never;
    }
    override slice(): never {
      return this.subarray();
    }
    override [Symbol.iterator](): never {
      return [1][Symbol.iterator]() as never;
    }
  }
  const [name] = pick([['length'], ['constructor']]);
  const plain = values.slice();
  if (chance(30))
    return Object.defineProperty(plain, name as string, { get: () => pick<unknown>([0, 1e9, Int8Array]) });
  if (chance(20)) return Object.setPrototypeOf(new Int8Array(values), Float32Array.prototype);
  return new Liar(values);
}

/** Values of an array whose memory was resized or taken away meanwhile: rows are copied after all code of the caller. */
const asLeft = (array: Float32Array) => (array.length === 0 ? new Float32Array(0) : array.slice());

/** Rows, as any of the forms that are taken. */
function rowsArgument(rows: number, width: number): Argument {
  const values = Float32Array.from({ length: rows * width }, value);
  const fixed = (given: unknown, plain: unknown = values): Argument => ({ given, plain: () => plain });
  const forms: (() => Argument)[] = [
    () => fixed(values),
    () => fixed([...values]),
    () => fixed(Float64Array.from(values), Float64Array.from(values)),
    () => fixed(list(rows, (_, i) => [...values.subarray(i * width, (i + 1) * width)])),
    () => actingList(value, rows * width),
    () => actingList(value, rows * width),
    () => {
      const liar = lying(values);
      const isInt8 = Object.prototype.toString.call(liar) === '[object Int8Array]';
      return fixed(liar, isInt8 ? Float32Array.from(new Int8Array(values)) : values);
    },
    () => {
      const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [
        values.byteLength,
        { maxByteLength: 2 * values.byteLength + 64 },
      ]);
      buffers.push(buffer);
      const given = new Float32Array(buffer);
      given.set(values);
      return { given, plain: () => asLeft(given) };
    },
    () => {
      const own = values.slice();
      buffers.push(own.buffer);
      return { given: own, plain: () => asLeft(own) };
    },
    () => {
      const { params } = helper.centers;
      const view = params.subarray(0, Math.min(rows * width, params.length));
      return fixed(view, view.slice());
    },
    () => {
      const inner = actingList(value, rows * width);
      const act = actor(2);
      const given = {
        get data() {
          act();
          return inner.given;
        },
        get dims() {
          act();
          return [rows, width];
        },
      };
      return { given, plain: inner.plain };
    },
    () => {
      const parts = list(rows, () => actingList(value, width));
      return { given: parts.map(({ given }) => given), plain: () => parts.flatMap(({ plain }) => plain()) };
    },
  ];
  return pick(forms)();
}

function labelsArgument(rows: number, nClasses: number): Argument {
  const label = () => below(nClasses + 1) - 1;
  const labels = list(rows, label);
  const fixed = (given: unknown): Argument => ({ given, plain: () => labels });
  return pick<() => Argument>([
    () => fixed(labels),
    () => fixed(Int32Array.from(labels)),
    () => fixed(Int8Array.from(labels)),
    () => fixed(BigInt64Array.from(labels, BigInt)),
    () => actingList(label, rows),
    () => actingList(label, rows),
    () => actingList(() => pick<unknown>([0, 1n, -1, 'class', null, undefined, 0.5, 1e12, {}]), rows),
    () => {
      const own = Int32Array.from(labels);
      buffers.push(own.buffer);
      return fixed(own);
    },
  ])();
}

function weightsArgument(rows: number): Argument {
  const weight = () => below(5) / 2;
  return pick<() => Argument>([
    () => ({ given: undefined, plain: () => undefined }),
    () => actingList(weight, rows),
    () => {
      const own = Float32Array.from({ length: rows }, weight);
      const values = own.slice();
      buffers.push(own.buffer);
      return { given: own, plain: () => values };
    },
  ])();
}

const JUNK: readonly unknown[] = [
  ...[undefined, null, 5, 5n, 'x', '', true, Symbol('s'), {}, [], [[]], [null], () => 1, Object.create(null)],
  ...[new DataView(new ArrayBuffer(8)), new BigInt64Array(2), new Uint16Array(2), { data: 1, dims: [] }, 2 ** 53, -1],
  ...[new Date(Number.NaN), new Map(), /x/, { length: 3 }, new Array(4e9 >>> 0).fill === undefined],
];

/** Arguments of a call, for each of both objects. */
type Call = (pair: Pair) => [name: string, ...given: Argument[]];

const withWeights = (rows: number, more: object = {}): Argument => {
  const { given, plain } = weightsArgument(rows);
  const act = actor(2);
  const options = given === undefined ? { ...more } : { ...more, sampleWeight: given };
  if (given !== undefined && chance(30)) {
    Object.defineProperty(options, 'sampleWeight', { enumerable: true, get: () => act() ?? given });
  }
  return { given: options, plain: () => ({ ...more, ...(given === undefined ? {} : { sampleWeight: plain() }) }) };
};

const B = () => pick([0, 1, 2, 3, 5, 9]);
const lossCall =
  (name: string, options: () => object = () => ({})): Call =>
  ({ nClasses, nDim }) => {
    const rows = B();
    return [name, rowsArgument(rows, nDim), labelsArgument(rows, nClasses), withWeights(rows, options())];
  };
const rowsCall =
  (name: string): Call =>
  ({ nDim }) => [name, rowsArgument(B(), nDim)];
const always = (given: unknown): Argument => ({ given, plain: () => given });
const distancesCall =
  (name: string): Call =>
  ({ nClasses }) => {
    const rows = B();
    return [name, rowsArgument(rows, nClasses), labelsArgument(rows, nClasses)];
  };

const RULES = [{}, { rule: 'mean' }, { rule: 'ema', momentum: 0.5 }, { rule: 'sgd', momentum: 0.9 }];
const TRAINED: readonly Call[] = [
  lossCall('evaluate'),
  lossCall('perRow'),
  lossCall('gradients'),
  lossCall('gradients', () => ({ centers: pick(['dense', 'touched']) })),
  lossCall('step', () => pick(RULES)),
];

const KINDS: Record<string, { make(nClasses: number, nDim: number): object; calls: readonly Call[] }> = {
  ClassCenters: {
    make: (nClasses, nDim) => {
      const centers = new ClassCenters(nClasses, nDim, { metric: pick(['sqeuclidean', 'cosine']) });
      return Object.assign(centers, { centers });
    },
    calls: [
      rowsCall('predict'),
      rowsCall('distances'),
      rowsCall('predictProba'),
      ({ nClasses, nDim }) => {
        const rows = B();
        const out = new Float32Array(rows * nClasses + (chance(10) ? 1 : 0));
        if (chance(20)) buffers.push(out.buffer);
        return ['distances', rowsArgument(rows, nDim), { given: out, plain: () => new Float32Array(out.length) }];
      },
    ],
  },
  CenterLoss: {
    make: (nClasses, nDim) => new CenterLoss(nClasses, nDim, { init: 'normal', reduction: 'batch' }),
    calls: [
      ...TRAINED,
      distancesCall('forward'),
      distancesCall('backward'),
      ({ nClasses, nDim }) => {
        const rows = B();
        const labels = labelsArgument(rows, nClasses);
        return ['softmaxCenter', rowsArgument(rows, nDim), rowsArgument(rows, nClasses), labels, withWeights(rows)];
      },
      ({ nClasses, nDim }) => ['fitRadius', rowsArgument(3, nDim), labelsArgument(3, nClasses)],
    ],
  },
  ClassStatistics: {
    make: (nClasses, nDim) => new ClassStatistics(nClasses, nDim, { covariance: 'tied', forgetting: 0.9 }),
    calls: [lossCall('add'), lossCall('add'), lossCall('add')],
  },
  DeepSVDDLoss: {
    make: (_, nDim) => new DeepSVDDLoss(nDim, { center: new Float32Array(nDim).fill(1), radius: 2 }),
    calls: [
      lossCall('evaluate'),
      lossCall('perRow'),
      lossCall('gradients'),
      lossCall('fitCenter'),
      lossCall('fitRadius'),
    ],
  },
  OpenSetClassifier: {
    make: (nClasses, nDim) => {
      const params = Float32Array.from({ length: nClasses * nDim }, (_, i) => (i % 7) - 3);
      return new OpenSetClassifier({ params, nClasses, nDim }, { score: 'normalized' });
    },
    calls: [
      ({ nClasses, nDim }) => {
        const rows = B();
        return ['fit', rowsArgument(rows, nDim), labelsArgument(rows, nClasses), always({ pValues: chance(50) })];
      },
      rowsCall('pValues'),
      rowsCall('classify'),
      rowsCall('predict'),
      ({ nDim }) => ['addClass', always(`class ${below(6)}`), rowsArgument(B(), nDim), withWeights(1)],
      ({ nDim }) => ['addExamples', always(`class ${below(6)}`), rowsArgument(2, nDim), withWeights(2)],
      () => ['removeClass', always(chance(50) ? `class ${below(6)}` : `${below(9)}`)],
    ],
  },
  ...Object.fromEntries(
    PROXY_LOSS_NAMES.map((name) => {
      const make = (nClasses: number, nDim: number) =>
        new PROXY_LOSSES[name].Loss(nClasses, nDim, { init: 'normal', fixed: false });
      return [
        name,
        { make, calls: [lossCall('evaluate'), lossCall('perRow'), lossCall('gradients'), lossCall('step')] },
      ];
    }),
  ),
};

/** Functions, whose first argument may be the centers of a pair. */
const FUNCTIONS: readonly ((pair: Pair) => [(subject: Subject, ...given: never[]) => unknown, ...Argument[]])[] = [
  ({ nDim }) => [(subject, x: Embeddings) => classify(subject.centers as ClassCenters, x), rowsArgument(B(), nDim)],
  ({ nClasses, nDim }) => [
    (subject, x: Embeddings, target: Target) => fitPrecision(subject.centers as ClassCenters, x, target),
    ...[rowsArgument(3, nDim), labelsArgument(3, nClasses)],
  ],
  () => [(_, known: number[], unknown: number[]) => centerLoss.auroc(known, unknown), scores(), scores()],
  () => [
    (_, known: number[], isCorrect: number[], unknown: number[], weights: number[]) =>
      centerLoss.oscrCurve(known, isCorrect, unknown, { sampleWeight: { known: weights } }),
    ...[scores(4), labelsArgument(4, 2), scores(), scores(4)],
  ],
  () => [(_, known: number[], unknown: number[]) => centerLoss.conformalPValues(known, unknown), scores(), scores()],
  () => [
    (_, known: number[], classes: number[]) => centerLoss.fitThreshold(known, { classes, nClasses: 3 }),
    ...[scores(4), labelsArgument(4, 3)],
  ],
  () => [
    (_, known: number[], unknown: number[], classes: number[]) =>
      centerLoss.conformalPValues(known, unknown, { classes, nClasses: 3, smoothingSeed: 1 }),
    ...[scores(4), scores(6), labelsArgument(4, 3)],
  ],
  () => [
    (_, one: number[], target: number[]) => centerLoss.openSetMetrics(one, target),
    scores(5),
    labelsArgument(5, 2),
  ],
  () => [
    (_, one: number[], two: number[]) => centerLoss.accuracy(one, two),
    labelsArgument(4, 3),
    labelsArgument(4, 3),
  ],
  () => [(_, target: number[]) => centerLoss.isKnown(target), labelsArgument(4, 3)],
  () => [(_, target: number[]) => centerLoss.classWeights(target, 3), labelsArgument(4, 3)],
  () => [(_, values: number[]) => centerLoss.toFloat16(values), scores()],
  () => [
    (_, logits: number[], target: number[]) => centerLoss.softmaxCrossEntropy(logits, target, 3),
    ...[rowsArgument(4, 3), labelsArgument(4, 3)],
  ],
  () => [(_, init: number[]) => new CenterLoss(2, 2, { init }).centers.toArray(), rowsArgument(2, 2)],
];
const scores = (length = 1 + below(6)) => actingList(() => below(9) / 2, length);

const canaries: { readonly centers: ClassCenters; readonly mark: number }[] = [];

/** Adds an object that nobody uses, in place of another one: its values must stay. */
function addCanary(): void {
  if (canaries.length >= 12) canaries.splice(below(canaries.length), 1)[0]?.centers.dispose();
  const mark = below(1e6);
  const centers = new ClassCenters(1 + below(20), 1 + below(10));
  centers.params.fill(mark);
  canaries.push({ centers, mark });
}

function expectCanaries(what: string): void {
  for (const { centers, mark } of canaries) {
    if (centers.params.some((value) => value !== mark)) throw new Error(`${what}: another object has changed`);
  }
}

/** Result of a call, or its error. */
function outcome(call: () => unknown): { readonly result?: unknown; readonly error?: unknown } {
  try {
    return { result: call() };
  } catch (error) {
    return { error };
  }
}

/** Everything that an object keeps, or why it cannot be saved. */
const contents = (subject: Subject): unknown => {
  const { result, error } = outcome(() => subject.save());
  return result ?? (error as CenterLossError).code;
};

const log = { calls: 0, errors: 0, disposed: 0, thrown: 0 };

function attack(pair: Pair): boolean {
  [attacked, replays, buffers] = [pair, [], []];
  const isFunction = chance(15);
  const [target, ...args] = isFunction ? pick(FUNCTIONS)(pair) : pick(KINDS[pair.kind]?.calls ?? [])(pair);
  const isJunk = chance(3);
  if (isJunk && args.length > 0) args[below(args.length)] = always(pick(JUNK));
  const call = (subject: Subject, values: unknown[]) =>
    typeof target === 'string'
      ? (subject[target] as unknown as (...given: unknown[]) => unknown)(...values)
      : (target as (...given: unknown[]) => unknown)(subject, ...values);
  const what = `call ${log.calls} of seed ${SEED}: ${pair.kind}, ${target}`;
  const given = outcome(() =>
    call(
      pair.one,
      args.map(({ given }) => given),
    ),
  );
  log.calls += 1;
  const code = given.error instanceof CenterLossError ? given.error.code : undefined;
  if (given.error !== undefined && code === undefined && !(given.error instanceof Thrown)) {
    throw new Error(`${what}: ${given.error}`, { cause: given.error });
  }
  for (const replay of replays) replay();
  if (given.error === undefined) {
    const plain = outcome(() =>
      call(
        pair.other,
        args.map(({ plain }) => plain()),
      ),
    );
    if (plain.error) throw new Error(`${what}: the values as read give ${plain.error}`, { cause: plain.error });
    if (!isSame(spread(given.result), spread(plain.result))) {
      expect(spread(given.result), what).toEqual(spread(plain.result));
      throw new Error(`${what}: another result`);
    }
  } else if (code === undefined) log.thrown += 1;
  else if (code === 'ERR_DISPOSED') log.disposed += 1;
  else log.errors += 1;
  if (log.calls % 8 === 0 || given.error !== undefined) expectCanaries(what);
  // An error may leave half of a change, so that the whole object is compared then.
  if (given.error === undefined && chance(75)) return true;
  const [one, other] = [contents(pair.one), contents(pair.other)];
  if (one === 'ERR_DISPOSED') return false;
  if (!isSame(one, other)) throw new Error(`${what}: the object is not as it was, or as it should be`);
  return true;
}

/** Results as data: an object itself stands for nothing. */
const spread = (result: unknown): object =>
  typeof result !== 'object' || result === null || 'save' in result
    ? { result: typeof result === 'object' ? 'the object' : result }
    : Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value !== 'function' && !isObject(value)));

/** Tells whether results are equal to the last bit. An assertion takes milliseconds for this. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) {
    return Object.is(one, other);
  }
  if (ArrayBuffer.isView(one)) {
    const [values, others] = [one, other] as [Float32Array, Float32Array];
    return values.length === others.length && values.every((value, i) => Object.is(value, others[i]));
  }
  const keys = Object.keys(one);
  const at = (value: object, key: string) => Reflect.get(value, key);
  return keys.length === Object.keys(other).length && keys.every((key) => isSame(at(one, key), at(other, key)));
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && 'dispose' in value;

function makePair(): Pair {
  const [kind, nClasses, nDim] = [pick(Object.keys(KINDS)), 2 + below(4), pick([1, 2, 3, 4, 5, 8])];
  const { make } = KINDS[kind] as (typeof KINDS)[string];
  const start = state;
  const one = make(nClasses, nDim) as Subject;
  state = start;
  return { kind, one, other: make(nClasses, nDim) as Subject, nClasses, nDim };
}

it(
  `${CALLS} random calls`,
  () => {
    const { warn } = console;
    const { stackTraceLimit } = Error;
    console.warn = () => {};
    // Half of all calls fail: their stacks would take as long as the calls.
    Error.stackTraceLimit = 0;
    try {
      attackAll();
    } finally {
      console.warn = warn;
      Error.stackTraceLimit = stackTraceLimit;
    }
    expect(log.errors).toBeGreaterThan(CALLS / 100);
    expect(log.disposed).toBeGreaterThan(CALLS / 1000);
  },
  CALLS * 6 + 60_000,
);

function attackAll(): void {
  helper = new CenterLoss(8, 8, { init: 'normal', seed: 3 });
  for (let i = 0; i < 12; i++) addCanary();
  const pairs = list(12, makePair);
  while (log.calls < CALLS) {
    const place = below(pairs.length);
    if (attack(pairs[place] as Pair) && chance(98)) continue;
    for (const subject of [pairs[place]?.one, pairs[place]?.other]) subject?.dispose?.();
    pairs[place] = makePair();
  }
  expectCanaries('at the end');
}
