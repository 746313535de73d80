// Values of wrong types, in every place of every public call: a CenterLossError with a code, never a TypeError.
import * as centerLoss from 'center-loss';
import { CenterLossError } from 'center-loss';
import { expect, it } from 'vitest';
import { OBJECTS } from '../support/objects.js';

const VALUES: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['{}', {}],
  ['"x"', 'x'],
  ['5', 5],
  ['5n', 5n],
  ['a symbol', Symbol('s')],
  ['an object without a prototype', Object.create(null)],
  ['a function', () => 1],
  ['a long text', 'x'.repeat(1e4)],
  ['an array without its memory', detached()],
  ['a proxy of a typed array', new Proxy(new Float32Array(2), {})],
  ['a prototype', Object.create(Float32Array.prototype)],
];
function detached(): Float32Array {
  const array = new Float32Array(2);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** Right values of the first arguments of most calls. */
const [X, TARGET] = [[1, 2], [0]];

/** Members that are not public. */
const INTERNAL = ['constructor', 'restore', 'rowGradients', 'writeCenters'];

type Call = (...args: unknown[]) => unknown;

/** Calls that must not throw a TypeError, by name. */
const CALLS: Record<string, Call> = {};
for (const [name, value] of Object.entries(centerLoss)) {
  if (typeof value !== 'function' || value === (CenterLossError as unknown)) continue;
  if (!(name in OBJECTS)) CALLS[name] = value as Call;
  else CALLS[`new ${name}`] = (...args) => Reflect.construct(value, args);
  for (const member of Object.getOwnPropertyNames(value)) {
    const call = Reflect.get(value, member);
    if (typeof call === 'function' && !INTERNAL.includes(member)) CALLS[`${name}.${member}`] = call.bind(value);
  }
}
for (const [name, make] of Object.entries(OBJECTS)) {
  for (let type = Object.getPrototypeOf(make()); type !== Object.prototype; type = Object.getPrototypeOf(type)) {
    for (const member of Object.getOwnPropertyNames(type)) {
      if (INTERNAL.includes(member) || member.startsWith('_')) continue;
      const { set, value } = Object.getOwnPropertyDescriptor(type, member) ?? {};
      if (set) CALLS[`${name}#${member} =`] = (given) => Reflect.set(make(), member, given);
      if (typeof value === 'function') {
        CALLS[`${name}#${member}`] = (...args) => (value as Call).apply(make(), args);
      }
    }
  }
}

it('finds the calls', () => {
  expect(Object.keys(CALLS).length).toBeGreaterThan(100);
});

/** Options of all calls. */
const OPTIONS =
  `init magnitude seed fixed names labels reduction classWeight metric penalty radius sampleWeight rule alpha
  centers quantile nu center delta lambda margin covariance forgetting score precision threshold tpr perClass finiteSample
  classes nClasses nDim scheme beta method positive tensor dtype temperature learningRate momentum labelSmoothing`.split(
    /\s+/,
  );

/** Lists of arguments with a value in each place. */
const listsWith = (value: unknown): unknown[][] => [
  ...[[], [X], [X, TARGET]].flatMap((first) => [1, 2, 3].map((count) => [...first, ...Array(count).fill(value)])),
  ...OPTIONS.map((name) => ({ [name]: value })).flatMap((options) => [
    [X, TARGET, options],
    [2, 2, options],
    [X, options],
  ]),
  ...[[[value]], [X, [value]], [[[value, value]], TARGET], [{ data: value, dims: [1, 2] }, TARGET]],
  ...[
    [{ data: X, dims: value }, TARGET],
    [{ data: X, shape: [1, 2], type: value, scale: value }, TARGET],
  ],
];

it.each(Object.keys(CALLS))('%s', (call) => {
  for (const [name, value] of VALUES) {
    for (const args of listsWith(value)) {
      try {
        (CALLS[call] as Call)(...args);
      } catch (error) {
        if (!(error instanceof CenterLossError)) throw new Error(`with ${name}: ${error}`, { cause: error });
        expect(error.code).toMatch(/^ERR_/);
        expect(error.message.length, `${name}: ${error.message}`).toBeLessThan(500);
      }
    }
  }
});
