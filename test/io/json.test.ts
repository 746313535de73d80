// Objects in JSON: the bytes of `save()` in base64, whatever the runtime has for that.
import * as exported from 'center-loss';
import { CenterLoss, ClassCenters, ClassStatistics, OpenSetClassifier } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/error.js';

const centers = new ClassCenters(300, 50, { metric: 'cosine' });
centers.params.forEach((_, i, params) => {
  params[i] = Math.sin(i * i);
});

/** Base64 without `Buffer`, which Node has; bytes of any number and value. */
const expected = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

describe('base64', () => {
  const check = () => {
    const { format, version, base64 } = centers.toJSON();
    expect([format, version, base64 === expected(centers.save())]).toEqual(['center-loss', 2, true]);
    using again = ClassCenters.fromJSON({ format, version, base64 });
    expect(again.save()).toEqual(centers.save());
  };

  it('is made as this runtime has it', check);

  it('is made by btoa and atob where there is no Buffer', () => {
    const { Buffer } = globalThis as { Buffer?: unknown };
    const replace = (value: unknown) =>
      Object.defineProperty(globalThis, 'Buffer', { value, configurable: true, writable: true });
    replace(undefined);
    try {
      check();
    } finally {
      replace(Buffer);
    }
  });

  it('is made by Uint8Array where that has the methods', () => {
    const called: string[] = [];
    const patch = (target: object, name: string, value: unknown) =>
      Object.defineProperty(target, name, { value, configurable: true, writable: true });
    const had = [Reflect.get(Uint8Array.prototype, 'toBase64'), Reflect.get(Uint8Array, 'fromBase64')];
    try {
      patch(Uint8Array.prototype, 'toBase64', function (this: Uint8Array) {
        called.push('to');
        return expected(this);
      });
      patch(Uint8Array, 'fromBase64', (text: string) => {
        called.push('from');
        return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      });
      check();
    } finally {
      patch(Uint8Array.prototype, 'toBase64', had[0]);
      patch(Uint8Array, 'fromBase64', had[1]);
    }
    expect(called).toEqual(['to', 'from']);
  });
});

describe('fromJSON', () => {
  const good = centers.toJSON();

  it.each<[unknown, RegExp]>([
    [undefined, /^expected the object that toJSON gave, got undefined$/],
    [null, /got null$/],
    ['{}', /got "\{\}"$/],
    [{}, /^format must be "center-loss", got undefined$/],
    [{ ...good, format: 'center-loss/open-set-classifier' }, /got "center-loss\/open-set-classifier"$/],
    [{ ...good, version: 1 }, /^version must be 2, got 1: save the object again$/],
    [{ ...good, version: '2' }, /^version must be 2, got "2"/],
    [{ ...good, centers: '' }, /^"centers" is not part of version 2$/],
    [{ ...good, base64: 5 }, /^base64 must be a string, got 5$/],
    [{ ...good, base64: good.base64.slice(1) }, /^base64 must be groups of 4 characters/],
    [{ ...good, base64: `${good.base64.slice(0, -4)}*AAA` }, /^base64 must be groups of 4 characters/],
    [{ ...good, base64: `${good.base64.slice(0, 8)}\n   ${good.base64.slice(8)}` }, /^base64 must be groups/],
    [{ ...good, base64: 'A===' }, /^base64 must be groups/],
    [{ ...good, base64: '' }, /^a file of 0 bytes is not a safetensors file$/],
    [{ ...good, base64: good.base64.slice(0, -4) }, /the tensors end at byte|, but the file has/],
  ])('refuses %j', (value, message) => {
    expectError(() => ClassCenters.fromJSON(value), 'ERR_FORMAT', message);
  });

  it('can be called without its class', () => {
    const read = [good].map(ClassCenters.fromJSON);
    expect(read.map((one) => one.save())).toEqual([centers.save()]);
  });
});

describe('JSON.stringify and structuredClone lose nothing in silence', () => {
  const classes = Object.values(exported)
    .map((one) => (one as { prototype?: object }).prototype)
    .filter((prototype) => prototype !== undefined && 'dispose' in prototype);

  it('every class that holds memory has toJSON', () => {
    expect(classes.length).toBeGreaterThan(8);
    expect(classes.filter((prototype) => prototype && !('toJSON' in prototype))).toEqual([]);
  });

  it('a batch, and results in it, are written with their values', () => {
    using loss = new CenterLoss(2, 2, { init: 'eye' });
    using batch = loss.batch(1);
    batch.x.set([3, 4]);
    batch.target.set([1]);
    expect(JSON.parse(JSON.stringify(batch))).toEqual({ rows: 1, nClasses: 2, nDim: 2, x: [3, 4], target: [1] });
    const { gradX, gradCenters } = JSON.parse(JSON.stringify(loss.gradients(batch)));
    expect([Object.values(gradX), Object.values(gradCenters)]).toEqual([[...batch.gradX], [0, 0, -3, -3]]);
  });

  it('an object that holds memory cannot be cloned, its bytes can', () => {
    using loss = new CenterLoss(2, 2);
    using statistics = new ClassStatistics(2, 2);
    using named = new OpenSetClassifier({ nDim: 2 });
    for (const object of [loss, loss.centers, loss.batch(1), statistics, named]) {
      expect(() => structuredClone(object)).toThrow();
    }
    using again = ClassCenters.load(structuredClone(centers.save()));
    expect(again.toArray()).toEqual(centers.toArray());
  });
});
