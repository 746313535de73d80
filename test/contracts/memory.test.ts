// Views, batches and results stay right when WebAssembly memory grows; memory does not grow without need.
import {
  CACLoss,
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  ContrastiveCenterLoss,
  conformalPValues,
  fromFloat16,
  IslandLoss,
  OpenSetClassifier,
  toFloat16,
} from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/error.js';

interface Learner {
  readonly centers: ClassCenters;
  step(x: number[], target: number[], options: object): unknown;
}

const memoryBytes = (loss: Learner) => loss.centers.params.buffer.byteLength;

/** Makes the memory grow, which detaches every view taken before. */
function grow(loss: Learner): void {
  const before = memoryBytes(loss);
  const kept: ClassCenters[] = [];
  while (memoryBytes(loss) === before) kept.push(new ClassCenters(1024, 256));
  for (const centers of kept) centers.dispose();
}

/** Takes the memory that is free, so that the next large call has to grow it. Dispose of the result. */
function fillUp(loss: Learner): ClassCenters[] {
  const make = () => new ClassCenters(64, 256);
  const [before, kept] = [memoryBytes(loss), [make()]];
  while (memoryBytes(loss) === before) kept.push(make());
  const free = Math.floor((memoryBytes(loss) - before) / (4 * 64 * 256)) - 2;
  for (let i = 0; i < free; i++) kept.push(make());
  return kept;
}

// The first test: later ones leave free memory behind, where a matrix would fit unseen.
it('loss and gradients need no B×C matrix', () => {
  const [rows, nClasses, nDim] = [256, 10_000, 2];
  const loss = new CenterLoss(nClasses, nDim, { init: 'normal' });
  const before = memoryBytes(loss);
  const target = new Int32Array(rows).map((_, i) => i);
  expect(loss.gradients(new Float32Array(rows * nDim).fill(1), target).loss).toBeGreaterThan(0);
  expect(memoryBytes(loss) - before).toBeLessThan((4 * rows * nClasses) / 2);
});

describe('growth', () => {
  it('comes in large steps: each costs the runtime a pause', () => {
    const kept = [new ClassCenters(64, 256)];
    const bytes = () => kept[0]?.params.buffer.byteLength ?? 0;
    let [growths, last] = [0, bytes()];
    for (const end = last + 2 ** 24; last < end; ) {
      kept.push(new ClassCenters(64, 256));
      if (bytes() > last) growths += 1;
      last = bytes();
    }
    for (const centers of kept) centers.dispose();
    expect(growths).toBeLessThan(24);
  });

  it('leaves params, batches and results right', () => {
    const loss = new CenterLoss(3, 4, { init: 'normal', seed: 5 });
    const stale = loss.centers.params;
    const values = stale.slice();
    const batch = loss.batch(2);
    batch.x.set([1, 2, 3, 4, 5, 6, 7, 8]);
    batch.target.set([2, 0]);
    const inPlace = loss.gradients(batch);
    const copied = loss.gradients([1, 2, 3, 4, 5, 6, 7, 8], [2, 0]);
    const [keptX, keptCenters] = [copied.gradX.slice(), copied.gradCenters?.slice()];
    grow(loss);
    expect(stale.length).toBe(0);
    expect(loss.centers.params).toEqual(values);
    expect([...batch.x]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...batch.target]).toEqual([2, 0]);
    expect(inPlace.gradX).toEqual(keptX);
    expect(inPlace.gradCenters).toEqual(keptCenters);
    expect(copied.gradX).toEqual(keptX);
    expect(copied.gradCenters).toEqual(keptCenters);
  });

  const options = { init: 'normal', seed: 5, classWeight: [1, 2, 3] } as const;
  it.each<[string, () => Learner, object]>([
    [
      'CenterLoss',
      () => new CenterLoss(3, 4, { ...options, metric: 'euclidean', penalty: 'half-squared', radius: [0.5, 1, 1.5] }),
      { rule: 'sgd', momentum: 0.9, learningRate: 0.1 },
    ],
    ['IslandLoss', () => new IslandLoss(3, 4, options), { momentum: 0.9, learningRate: 0.1 }],
  ])('leaves radii, weights, counts and velocities of a %s right', (_, make, sgd) => {
    const [loss, twin] = [make(), make()];
    const [x, target] = [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [2, 0],
    ];
    for (const one of [loss, twin]) one.step(x, target, sgd);
    grow(loss);
    if (loss instanceof CenterLoss) {
      expect([...loss.radii, ...loss.updateCounts]).toEqual([0.5, 1, 1.5, 1, 0, 1]);
    }
    expect(loss.step(x, target, sgd)).toEqual(twin.step(x, target, sgd));
    expect(loss.centers.params).toEqual(twin.centers.params);
  });

  it('during a call does not harm a view that the call reads', () => {
    const loss = new CenterLoss(4096, 64, { init: 'normal' });
    const { params } = loss.centers;
    const expected = new Int32Array(4096).map((_, j) => j);
    // The centers as rows of their own: the call needs scratch memory and may have to grow for it.
    expect(loss.centers.predict(params)).toEqual(expected);
    const big = new CenterLoss(2, 4096 * 64, { init: 'normal' });
    const kept = fillUp(big);
    const before = memoryBytes(big);
    const view = big.centers.params;
    const target = new Int32Array(2).map((_, j) => j);
    // Every row is its own center: only the floors remain.
    expect(big.gradients(view, target).loss).toBeLessThan(1e-11);
    expect(memoryBytes(big)).toBeGreaterThan(before);
    for (const centers of kept) centers.dispose();
    const directions = new CenterLoss(2, 4096 * 64, { init: 'normal', metric: 'cosine' });
    const own: Float32Array = directions.centers.params;
    expect(directions.gradients(own, [0, 1], { sampleWeight: [1, 2] }).loss).toBeLessThan(1e-30);
    const wide = new ContrastiveCenterLoss(2, 4096 * 64);
    const all: Float32Array = wide.centers.params;
    expect(wide.step(all, [0, 1], { momentum: 0.5, sampleWeight: [1, 1] }).loss).toBe(0);
    expect(fromFloat16(toFloat16(directions.centers.params)).length).toBe(2 * 4096 * 64);
  });

  it.each(['sqeuclidean', 'euclidean'] as const)('out may be a view that the call itself detaches, %s', (metric) => {
    const loss = new CenterLoss(3, 70_000, { init: 'normal', seed: 1, metric });
    const batch = loss.batch(1);
    const x = new Float32Array(70_000 * 64).fill(0.1);
    const target = new ClassCenters(64, 3);
    const kept = fillUp(loss);
    const out = target.params;
    const result = loss.centers.distances(x, out);
    expect(result).toEqual(loss.centers.distances(x));
    expect(target.params).toEqual(result);
    for (const one of [batch, ...kept]) one.dispose();
  });

  it('an older view is refused, not read as empty', () => {
    const loss = new CenterLoss(3, 4);
    const batch = loss.batch(2);
    const [params, x, target] = [loss.centers.params, batch.x, batch.target];
    grow(loss);
    const message = 'is a view on memory that has grown';
    expectError(() => loss.centers.predict(params), 'ERR_SHAPE', `x ${message}`);
    expectError(() => loss.centers.distances(params), 'ERR_SHAPE', `x ${message}`);
    expectError(() => loss.evaluate(x, [0, 1]), 'ERR_SHAPE', `x ${message}`);
    expectError(() => loss.step([1, 2, 3, 4], target), 'ERR_SHAPE', `target ${message}`);
  });

  it('the centers of one loss can be the option init of another', () => {
    const first = new CenterLoss(5000, 64, { init: 'normal' });
    const more: CenterLoss[] = [];
    const before = memoryBytes(first);
    while (memoryBytes(first) === before) more.push(new CenterLoss(5000, 64, { init: first.centers.params }));
    const expected = first.centers.params;
    // A matcher would take seconds for all the losses that fill the memory of earlier tests.
    const differs = ({ centers: { params } }: CenterLoss) => expected.some((value, i) => params[i] !== value);
    expect(more.findIndex(differs)).toBe(-1);
    for (const loss of more) loss.dispose();
  });
});

it('objects made and disposed in any order start at 0 and keep their values', () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60_000 }));
  fc.assert(
    fc.property(fc.array(fc.record({ size, drop: fc.nat(2) }), { maxLength: 40 }), (steps) => {
      const held: { centers: ClassCenters; mark: number }[] = [];
      const holds = ({ centers, mark }: (typeof held)[number]) => centers.params.every((value) => value === mark);
      for (const [i, { size, drop }] of steps.entries()) {
        const made = { centers: new ClassCenters(1, size), mark: 0 };
        expect(holds(made)).toBe(true);
        made.mark = i + 1;
        made.centers.params.fill(made.mark);
        held.push(made);
        // Objects from the middle leave gaps between used memory.
        for (const one of held.splice(held.length >> 1, drop)) {
          expect(holds(one)).toBe(true);
          one.centers.dispose();
        }
      }
      expect(held.every(holds)).toBe(true);
      for (const { centers } of held) centers.dispose();
    }),
    { numRuns: 50 },
  );
});

describe('in place', () => {
  it('a dense gradient is 0 where no row pulls, whatever was written there before', () => {
    const loss = new CenterLoss(3, 2, { init: 'normal' });
    const batch = loss.batch(1);
    const expected = loss.gradients(batch).gradCenters?.slice();
    loss.gradients(batch).gradCenters?.fill(7);
    expect(loss.gradients(batch).gradCenters).toEqual(expected);
  });

  it('results can be spread and listed', () => {
    const loss = new CenterLoss(3, 2, { init: 'normal' });
    const batch = loss.batch(1);
    expect(Object.keys({ ...loss.gradients(batch) })).toEqual(['loss', 'gradX', 'gradCenters']);
    expect(Object.keys({ ...loss.step(batch) })).toEqual(['loss', 'gradX']);
  });

  it('an empty batch', () => {
    const loss = new CenterLoss(3, 2, { init: 'normal' });
    const batch = loss.batch(0);
    expect(loss.evaluate(batch)).toBe(0);
    expect(loss.step(batch).loss).toBe(0);
    expect({ ...loss.gradients(batch) }).toEqual({
      loss: 0,
      gradX: new Float32Array(0),
      gradCenters: new Float32Array(6),
    });
    batch.dispose();
  });
});

describe('the memory of a huge call', () => {
  const [rows, dim] = [5 * 2 ** 10, 2 ** 10];
  const x = new Float32Array(rows * dim);

  it('is there for the next object', () => {
    using loss = new CenterLoss(2, dim);
    loss.evaluate(x, new Int32Array(rows));
    const before = memoryBytes(loss);
    new ClassCenters(4 * 2 ** 10, dim).dispose();
    expect(memoryBytes(loss)).toBe(before);
  });

  it('is given back when the program yields', async () => {
    using loss = new CenterLoss(2, dim);
    conformalPValues([1], [2]);
    loss.evaluate(x, new Int32Array(rows));
    const before = memoryBytes(loss);
    await Promise.resolve();
    conformalPValues(new Float32Array(2 ** 20), new Float32Array(2 ** 20));
    expect(memoryBytes(loss)).toBe(before);
  });
});

describe('no leak', () => {
  it('a million steps leave the memory as it was', () => {
    const loss = new CenterLoss(3, 2, { init: 'normal' });
    const [x, target] = [new Float32Array([1, 2, 3, 4]), new Int32Array([0, 2])];
    loss.step(x, target);
    const before = memoryBytes(loss);
    for (let i = 0; i < 1_000_000; i++) loss.step(x, target, { alpha: 0.001 });
    expect(memoryBytes(loss)).toBe(before);
  });

  const cycles: Record<string, () => void> = {
    CenterLoss: () => {
      const classWeight = new Float32Array(100).fill(1);
      using one = new CenterLoss(100, 256, { init: 'normal', metric: 'euclidean', classWeight });
      using batch = one.batch(64);
      one.gradients(batch);
      one.gradients(batch, { centers: 'touched' });
      one.gradients(batch.x.slice(), batch.target.slice());
      one.step(batch, { rule: 'sgd', momentum: 0.5 });
      one.fitRadius(batch);
    },
    CACLoss: () => {
      using loss = new CACLoss(50, 100, { fixed: false, classWeight: new Float32Array(50).fill(1) });
      loss.step(new Float32Array(100), [7], { momentum: 0.5 });
    },
    ClassStatistics: () => {
      const [x, target] = [new Float32Array(5000).fill(1), new Int32Array(50)];
      using statistics = new ClassStatistics(20, 100, { covariance: 'tied' });
      statistics.add(x, target);
      using copy = new ClassStatistics(20, 100, { covariance: 'tied' });
      copy.merge(statistics);
      copy.tiedCovariance();
      for (const one of [statistics.toCenters(), statistics.batch(10)]) one.dispose();
      ClassCenters.fit(x, target, { nClasses: 3, nDim: 100 }).dispose();
    },
    OpenSetClassifier: () => {
      using classes = new OpenSetClassifier({ nDim: 1000 });
      for (let i = 0; i < 5; i++) {
        classes.addClass(`${i}`, new Float32Array(1000).fill(i));
        classes.addExamples(`${i}`, new Float32Array(1000));
        classes.predict(new Float32Array(1000));
        expectError(() => classes.addClass('bad', [1]), 'ERR_SHAPE', /examples/);
        if (i % 3 === 0) classes.removeClass(`${i}`);
      }
      for (const one of [classes.centers, new OpenSetClassifier(classes)]) one.dispose();
    },
  };

  it.each(Object.entries(cycles))('%s, made and disposed, gives its memory back', (_, cycle) => {
    const loss = new CenterLoss(2, 2);
    for (let i = 0; i < 3; i++) cycle();
    const before = memoryBytes(loss);
    for (let i = 0; i < 500; i++) cycle();
    expect(memoryBytes(loss)).toBe(before);
  });

  it('constructors that fail take nothing', () => {
    const loss = new CenterLoss(2, 2);
    const before = memoryBytes(loss);
    for (let i = 0; i < 300; i++) {
      expectError(() => new ClassCenters(2 ** 15, 2 ** 15), 'ERR_OUT_OF_MEMORY', /bytes/);
      expectError(() => new CenterLoss(1000, 100, { radius: [1] }), 'ERR_SHAPE', /radius/);
      expectError(() => new CenterLoss(1000, 100, { seed: -1, metric: 'cosine' }), 'ERR_OPTION', /seed/);
    }
    expect(memoryBytes(loss)).toBe(before);
  });

  // WebAssembly would have these 2 GB; memory-limit.node.test.ts goes to its 4 GB.
  it.runIf(typeof WebAssembly === 'undefined')('a constructor that needs too much memory leaves all as it was', () => {
    const loss = new CenterLoss(2, 2, { init: Float32Array.of(1, 2, 3, 4) });
    const { params } = loss.centers;
    expectError(() => new ClassCenters(2 ** 29 - 4, 1), 'ERR_OUT_OF_MEMORY', /allocate 2,147,483,632 bytes/);
    expect(loss.centers.params).toBe(params);
    expect([...params]).toEqual([1, 2, 3, 4]);
    expect(new ClassCenters(2, 2).distances([3, 4])).toEqual(Float32Array.of(25, 25));
  });

  it.runIf(globalThis.gc)('unreachable objects are freed', async () => {
    const loss = new CenterLoss(2, 2);
    // On a busy machine, objects wait longer for their finalizers, and the memory grows once more. Without any, 200 MB are
    // added each time.
    let [before, attempts] = [-1, 0];
    while (memoryBytes(loss) !== before && attempts++ < 5) {
      before = memoryBytes(loss);
      for (let i = 0; i < 50; i++) {
        new ClassCenters(1024, 1024);
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    expect(memoryBytes(loss)).toBe(before);
  });

  it.runIf(globalThis.gc)('a view keeps its memory although its owner is not held', async () => {
    const view = new ClassCenters(8, 8).params;
    view.fill(7);
    const touched = (() => {
      const batch = new CenterLoss(4, 4, { init: 'normal' }).batch(4);
      batch.target.set([3, 2, 1, 0]);
      const loss = new CenterLoss(4, 4, { init: 'normal' });
      return loss.gradients(batch, { centers: 'touched' }).gradCenters;
    })();
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const other = new ClassCenters(8, 8).params;
      if (other.buffer === view.buffer) expect(other.byteOffset).not.toBe(view.byteOffset);
      new CenterLoss(4, 4).batch(4).target.fill(9);
    }
    expect([...(touched?.classes ?? [])]).toEqual([3, 2, 1, 0]);
    expect(view.every((value) => value === 7)).toBe(true);
  });
});
