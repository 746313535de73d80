// Objects behind a proxy, as the state of Vue, MobX, Svelte and Solid keeps them.
import { CenterLoss, ClassCenters, ClassStatistics, DeepSVDDLoss, OpenSetClassifier } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/error.js';
import { PROXY_LOSS_NAMES, PROXY_LOSSES } from '../support/proxy-losses.js';

const shallow = <T extends object>(object: T): T => new Proxy(object, {});

/** Proxy whose parts are proxies, too, as `reactive` of Vue makes it: of plain objects, arrays, classes and maps. */
function deep<T extends object>(object: T): T {
  const wrap = (value: unknown): unknown =>
    value instanceof Map || ['[object Object]', '[object Array]'].includes(Object.prototype.toString.call(value))
      ? deep(value as object)
      : value;
  return new Proxy(object, {
    get(target, key, receiver) {
      if (!(target instanceof Map)) return wrap(Reflect.get(target, key, receiver));
      const value = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key !== 'values') return value.bind(target);
      return () => [...target.values()].map(wrap).values();
    },
  });
}

const x = [1, 2, 3, 4];
const rows = [x.slice(0, 2), x.slice(2)];
const target = [0, 1];

/** Makers of objects, with every kind of call. */
const CASES: Record<string, { make: () => { dispose(): void }; use: (object: never) => unknown[] }> = {};
const add = <T extends { dispose(): void }>(name: string, make: () => T, use: (object: T) => unknown[]) => {
  CASES[name] = { make, use };
};
const useLoss = (loss: CenterLoss) => {
  const batch = loss.batch(2);
  batch.x.set(x);
  batch.target.set(target);
  const losses = [loss.evaluate(x, target), loss.perRow(x, target)];
  return [...losses, loss.gradients(x, target), loss.step(batch).loss, batch.gradX.slice(), loss.save()];
};
add('CenterLoss', () => new CenterLoss(2, 2, { init: 'eye', names: ['a', 'b'] }), useLoss);
add(
  'CenterLoss, fitted',
  () => new CenterLoss(2, 2, { init: 'eye' }),
  (loss) => [
    ...[loss.fitRadius(x, target), loss.predict(x), loss.centers.params.slice(), loss.radii, loss.names],
    new OpenSetClassifier(loss).predict(x),
  ],
);
for (const name of PROXY_LOSS_NAMES) {
  add(name, () => new PROXY_LOSSES[name].Loss(2, 2, { init: 'eye' }), useLoss as never);
}
add(
  'ClassCenters',
  () => ClassCenters.fit(rows, target),
  (centers) => [
    ...[centers.predict(x), centers.distances(x), centers.predictProba(x), centers.toArray(), centers.save()],
  ],
);
add(
  'Batch',
  () => new CenterLoss(2, 2, { init: 'eye' }).batch(2),
  (batch) => {
    batch.x.set(x);
    const loss = new CenterLoss(2, 2, { init: 'eye' });
    return [loss.step(batch).gradX.slice(), loss.centers.toArray(), batch.target.slice()];
  },
);
add(
  'ClassStatistics',
  () => new ClassStatistics(2, 2),
  (statistics) => {
    statistics.add(x, target);
    const other = new ClassStatistics(2, 2);
    other.merge(statistics);
    return [statistics.counts, statistics.variances(), statistics.toCenters().toArray(), other.means];
  },
);
add(
  'DeepSVDDLoss',
  () => new DeepSVDDLoss(2),
  (loss) => {
    loss.radius = 0.5;
    return [loss.fitCenter(x), loss.gradients(x), loss.fitRadius(x), loss.radius, loss.save()];
  },
);
add(
  'OpenSetClassifier, added classes',
  () => new OpenSetClassifier({ nDim: 2 }),
  (named) => {
    for (const [name, row] of Object.entries({ a: [1, 2], b: [3, 4], d: [7, 8] })) named.addClass(name, row);
    named.addExamples('b', [5, 6]);
    named.renameClass('a', 'c');
    named.removeClass('d');
    return [named.names, named.count('b'), named.classify(x), named.centers.toArray(), named.save()];
  },
);
add(
  'OpenSetClassifier',
  () => new OpenSetClassifier({ params: x, nClasses: 2, nDim: 2 }, { score: 'normalized' }),
  (classifier) => [classifier.fit(x, target).classify(x), classifier.threshold, classifier.radius, classifier.save()],
);

describe.each(Object.keys(CASES))('%s', (name) => {
  const { make, use } = CASES[name] as (typeof CASES)[string];

  it.each([
    ['shallow', shallow],
    ['deep', deep],
  ])('behind a %s proxy', (_, wrap) => {
    const object = wrap(make());
    expect(use(object as never)).toEqual(use(make() as never));
    object.dispose();
    object.dispose();
    expectError(() => use(object as never), 'ERR_DISPOSED', /disposed/);
  });
});

it('arrays behind a proxy are taken', () => {
  const loss = new CenterLoss(2, 2, { init: 'eye' });
  expect(loss.evaluate(deep(x), deep(target))).toBe(loss.evaluate(x, target));
  expect(loss.evaluate(deep(rows), target)).toBe(loss.evaluate(x, target));
  expect(loss.evaluate(deep({ data: Float32Array.from(x), dims: [2, 2] }), target)).toBe(loss.evaluate(x, target));
});

it('an object disposed behind a proxy is not freed again by its finalizer', async () => {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) return;
  const kept = new CenterLoss(2, 2, { init: 'eye' });
  for (let i = 0; i < 100; i++) deep(new CenterLoss(2, 2)).dispose();
  for (let i = 0; i < 5; i++) {
    gc();
    await new Promise((done) => setTimeout(done, 1));
  }
  const others = Array.from({ length: 100 }, () => new CenterLoss(2, 2, { init: 'eye' }));
  for (const one of [kept, ...others]) expect([...one.centers.params]).toEqual([1, 0, 0, 1]);
});

it('statistics are not merged with themselves, behind a proxy either', () => {
  const statistics = new ClassStatistics(2, 2);
  expectError(() => statistics.merge(deep(statistics)), 'ERR_OPTION', 'merge takes other ClassStatistics');
});
