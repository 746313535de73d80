// OpenSetClassifier: what it fits, what it decides, how it is saved.
import {
  CenterLoss,
  ClassCenters,
  classify,
  fitPrecision,
  fitThreshold,
  type Metric,
  OpenSetClassifier,
  type Score,
  type ScoreOptions,
} from 'center-loss/open-set';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectError } from '../error.js';

const nClasses = 3;
const nFeatures = 4;
const params = Float32Array.of(1, 0, 0, 0.5, 0, 2, 0, -0.5, -1, 0, 3, 0);

/** Rows around the centers, ever wider, and some without a class. */
const target = Array.from({ length: 90 }, (_, i) => (i % 7 === 6 ? -1 : i % nClasses));
const x = Float32Array.from({ length: target.length * nFeatures }, (_, at) => {
  const row = Math.floor(at / nFeatures);
  const center = params[((target[row] ?? 0) < 0 ? 1 : (target[row] ?? 0)) * nFeatures + (at % nFeatures)] ?? 0;
  return center + Math.sin(at * at + 1) * (0.05 + row / 90);
});
const known = target.flatMap((label, i) => (label >= 0 ? [i] : []));
const of = <A extends ArrayLike<number>>(values: A, rows: number[]) => rows.map((row) => values[row] ?? 0);

const make = (options?: ScoreOptions) => new OpenSetClassifier({ params, nClasses, nFeatures }, options);
const centers = new ClassCenters(nClasses, nFeatures);
centers.params.set(params);

const SETTINGS: [Score, Metric | undefined][] = [
  ['distance', undefined],
  ['distance', 'cosine'],
  ['normalized', 'euclidean'],
  ['normalized', 'cosine'],
  ['cac', undefined],
  ['softmin', 'sqeuclidean'],
  ['entropy', 'euclidean'],
  ['mahalanobis', undefined],
  ['knn-centers', 'euclidean'],
];
const optionsOf = (score: Score, metric: Metric | undefined): ScoreOptions => (metric ? { score, metric } : { score });

describe('fit', () => {
  it.each(SETTINGS)('%s, %s: the threshold holds the share of the known rows', (score, metric) => {
    for (const tpr of [0.5, 0.9, 0.95, 1]) {
      const classifier = make(optionsOf(score, metric)).fit(x, target, { tpr });
      const scores = of(classifier.scores(x), known);
      expect(classifier.threshold).toBe(fitThreshold(scores, { tpr }));
      const kept = of(classifier.predict(x), known).filter((label) => label >= 0).length / known.length;
      expect(kept).toBeGreaterThanOrEqual(tpr);
      expect(kept).toBeLessThan(tpr + 2 / known.length);
      classifier.dispose();
    }
  });

  it.each(SETTINGS)(
    '%s, %s: a threshold for each class holds the share of the rows that are nearest to it',
    (score, metric) => {
      const classifier = make(optionsOf(score, metric)).fit(x, target, { perClass: true });
      const { nearest, labels, scores } = classifier.classify(x);
      expect([...(classifier.threshold as Float64Array)]).toEqual([
        ...fitThreshold(of(scores, known), { classes: of(nearest, known), nClasses }),
      ]);
      for (let label = 0; label < nClasses; label++) {
        const rows = known.filter((row) => nearest[row] === label);
        const kept = rows.filter((row) => labels[row] === label);
        expect(kept.length).toBeGreaterThanOrEqual(0.95 * rows.length);
      }
    },
  );

  it('a finite sample asks for more, and for enough', () => {
    const scores = of(make().scores(x), known);
    expect(make().fit(x, target, { finiteSample: true }).threshold).toBe(fitThreshold(scores, { finiteSample: true }));
    const few = make().fit(x.subarray(0, 2 * nFeatures), [0, 1], { finiteSample: true });
    expect(few.threshold).toBe(Number.POSITIVE_INFINITY);
    expect(few.predict([1e9, 0, 0, 0])[0]).toBeGreaterThanOrEqual(0);
  });

  it('radii are those of CenterLoss.fitRadius, the precision is that of fitPrecision', () => {
    for (const metric of ['sqeuclidean', 'euclidean', 'cosine'] as const) {
      const loss = new CenterLoss(nClasses, nFeatures, { init: params, metric });
      const { radius } = make({ score: 'normalized', metric }).fit(x, target, { tpr: 0.8 });
      expect(radius).toEqual(loss.fitRadius(x, target, { quantile: 0.8 }));
      loss.dispose();
    }
    expect(make({ score: 'mahalanobis' }).fit(x, target).precision).toEqual(fitPrecision(centers, x, target));
  });

  it('a class without rows has the radius of all', () => {
    const some = target.map((label) => (label === 2 ? -1 : label));
    const { radius } = make({ score: 'normalized' }).fit(x, some, { tpr: 0.8 });
    const distances = centers.distances(x);
    const own = some.flatMap((label, i) => (label >= 0 ? [distances[i * nClasses + label] ?? 0] : []));
    expect(radius?.[2]).toBeCloseTo(fitThreshold(own, { tpr: 0.8 }), 5);
    expect(radius?.[0]).not.toBe(radius?.[2]);
  });

  it('keeps what the constructor was given, and fits anew what it was not', () => {
    const given = make({ score: 'normalized', radius: 2 }).fit(x, target);
    expect(given.radius).toEqual(Float32Array.of(2));
    const fitted = make({ score: 'normalized' }).fit(x, target);
    const before = fitted.radius;
    fitted.fit(x, target, { tpr: 0.5 });
    expect(fitted.radius).not.toEqual(before);
    const loaded = OpenSetClassifier.fromJSON(JSON.parse(JSON.stringify(fitted)));
    expect(loaded.fit(x, target).radius).toEqual(before);
    const loadedGiven = OpenSetClassifier.fromJSON(JSON.parse(JSON.stringify(given)));
    expect(loadedGiven.fit(x, target, { tpr: 0.5 }).radius).toEqual(Float32Array.of(2));
  });

  it('an error leaves all as it was', () => {
    for (const score of ['normalized', 'mahalanobis', 'distance'] as const) {
      const classifier = make({ score }).fit(x, target);
      const before = JSON.stringify(classifier);
      expectError(() => classifier.fit(x, target.slice(1)), 'ERR_SHAPE', /x has 90 rows/);
      expectError(
        () =>
          classifier.fit(
            x,
            target.map(() => -1),
          ),
        'ERR_SHAPE',
        'none of the 90 rows is known',
      );
      expectError(() => classifier.fit(x, [...target.slice(1), 7], { perClass: true }), 'ERR_LABEL', /is 7/);
      expectError(() => classifier.fit(x, target, { tpr: 2 }), 'ERR_OPTION', /tpr must be/);
      expectError(() => classifier.fit(x, target, { perClass: 1 as never }), 'ERR_OPTION', /perClass must be/);
      expectError(() => classifier.fit(x, target, { classes: [] } as never), 'ERR_OPTION', /no option "classes"/);
      expectError(() => classifier.fit('x' as never, target), 'ERR_SHAPE', /x must be/);
      const nowhere = new Float32Array(nFeatures).fill(Number.NaN);
      expectError(() => classifier.fit(nowhere, [0]), 'ERR_SHAPE', 'none of the 1 rows is known and finite');
      expect(JSON.stringify(classifier)).toBe(before);
    }
  });

  it('unknown rows have no say, whatever they hold', () => {
    for (const [score, metric] of SETTINGS) {
      const before = make(optionsOf(score, metric)).fit(x, target, { perClass: true });
      const spoiled = x.slice();
      target.forEach((label, i) => {
        if (label < 0) spoiled.fill(Number.NaN, i * nFeatures, (i + 1) * nFeatures);
      });
      const after = make(optionsOf(score, metric)).fit(spoiled, target, { perClass: true });
      expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    }
  });

  it.each(SETTINGS)('%s, %s: known rows at no finite distance have no say', (score, metric) => {
    const bad = new Float32Array(20 * nFeatures).fill(Number.NaN);
    for (const perClass of [false, true]) {
      const before = make(optionsOf(score, metric)).fit(x, target, { perClass });
      const labels = [...target, ...Array.from({ length: 20 }, (_, i) => i % nClasses)];
      const after = make(optionsOf(score, metric)).fit([...x, ...bad], labels, { perClass });
      expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    }
  });

  it('takes rows in the memory that fitting makes grow', () => {
    const loss = new CenterLoss(nClasses, nFeatures, { init: params });
    const batch = loss.batch(target.length);
    batch.x.set(x);
    batch.target.set(target);
    const large = new ClassCenters(2_000_000, 1);
    const classifier = new OpenSetClassifier(loss.centers, { score: 'normalized' }).fit(batch.x, batch.target);
    expect(JSON.stringify(classifier)).toBe(JSON.stringify(make({ score: 'normalized' }).fit(x, target)));
    for (const one of [loss, large, classifier, batch]) one.dispose();
  });
});

describe('classify', () => {
  it.each(SETTINGS)('%s, %s: is that of the function', (score, metric) => {
    const classifier = make(optionsOf(score, metric)).fit(x, target);
    const { radius, precision, threshold } = classifier;
    const options = {
      ...optionsOf(score, metric),
      ...(radius ? { radius } : {}),
      ...(precision ? { precision } : {}),
      ...(threshold === undefined ? {} : { threshold }),
    };
    const found = classifier.classify(x);
    expect(found).toEqual(classify(centers, x, options));
    expect(classifier.predict(x)).toEqual(found.labels);
    expect(classifier.scores(x)).toEqual(found.scores);
  });

  it('takes half precision', () => {
    const classifier = make().fit(x, target);
    const half = Uint16Array.of(0x3c00, 0, 0, 0x3800);
    expect(classifier.classify(half)).toEqual(classifier.classify([1, 0, 0, 0.5]));
    expect(classify(centers, half).scores).toEqual(Float32Array.of(0));
  });

  it('has centers of its own', () => {
    const source = new ClassCenters(nClasses, nFeatures);
    source.params.set(params);
    const classifier = new OpenSetClassifier(source);
    source.params.fill(7);
    source.dispose();
    expect(classifier.predict(params)).toEqual(Int32Array.of(0, 1, 2));
    expect(classifier.centers.params).toEqual(params);
    expect([classifier.nClasses, classifier.nFeatures, classifier.score, classifier.metric]).toEqual([
      ...[nClasses, nFeatures, 'distance', 'sqeuclidean'],
    ]);
    expect(classifier.threshold).toBeUndefined();
    classifier.dispose();
    expectError(() => classifier.classify(params), 'ERR_DISPOSED', /disposed/);
    expectError(() => classifier.toJSON(), 'ERR_DISPOSED', /disposed/);
  });

  it('says what is missing before it was fitted', () => {
    expectError(() => make({ score: 'normalized' }).classify(x), 'ERR_OPTION', "score 'normalized' needs a radius");
    expectError(() => make({ score: 'mahalanobis' }).scores(x), 'ERR_OPTION', "score 'mahalanobis' needs a precision");
    expect(make({ score: 'mahalanobis' }).metric).toBeUndefined();
  });

  it('refuses centers and options that do not fit', () => {
    expectError(() => new OpenSetClassifier(undefined as never), 'ERR_OPTION', /centers must be ClassCenters/);
    const of = (nClasses: number) => new OpenSetClassifier({ params, nClasses, nFeatures });
    expectError(() => of(2), 'ERR_SHAPE', 'params has 12 values, but 2 centers of 4 dimensions have 8');
    expectError(() => of(0), 'ERR_OPTION', /nClasses must be a positive integer/);
    expectError(() => make({ tpr: 1 } as never), 'ERR_OPTION', /no option "tpr"/);
    expectError(() => make({ threshold: Number.NaN }), 'ERR_OPTION', /threshold must be a number other than NaN/);
    expectError(
      () => make({ score: 'distance', radius: 1 }),
      'ERR_OPTION',
      /radius is an option of score 'normalized'/,
    );
  });
});

describe('JSON', () => {
  const roundTrip = (classifier: OpenSetClassifier) =>
    OpenSetClassifier.fromJSON(JSON.parse(JSON.stringify(classifier)));

  it.each(SETTINGS)('%s, %s: decides the same before and after', (score, metric) => {
    for (const perClass of [false, true]) {
      const classifier = make(optionsOf(score, metric)).fit(x, target, { perClass });
      const loaded = roundTrip(classifier);
      expect(loaded.classify(x)).toEqual(classifier.classify(x));
      expect(JSON.stringify(loaded)).toBe(JSON.stringify(classifier));
      expect([loaded.threshold, loaded.radius, loaded.precision]).toEqual([
        classifier.threshold,
        classifier.radius,
        classifier.precision,
      ]);
    }
  });

  it.each(['normalized', 'mahalanobis'] as const)('before it is fitted, it is fitted after: %s', (score) => {
    const x = [0, 0, 0.5, 0.25, 3, 3, 4, 3.5];
    const target = [0, 0, 1, 1];
    using classifier = new OpenSetClassifier({ params: [0, 0, 3, 3], nClasses: 2, nFeatures: 2 }, { score });
    using loaded = OpenSetClassifier.fromJSON(JSON.parse(JSON.stringify(classifier)));
    expect(loaded.fit(x, target).toJSON()).toEqual(classifier.fit(x, target).toJSON());
  });

  it('keeps every bit of every float', () => {
    const bits = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 6, maxLength: 6 });
    // NaN is no threshold; everything else is.
    const threshold = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(Infinity, -Infinity, -0, 5e-324));
    fc.assert(
      fc.property(bits, threshold, fc.tuple(threshold, threshold), (centerBits, one, each) => {
        const values = Uint32Array.from(centerBits);
        const data = { params: new Float32Array(values.buffer), nClasses: 2, nFeatures: 3 };
        const single = new OpenSetClassifier(data, { threshold: one });
        const loaded = roundTrip(single);
        expect(Object.is(loaded.threshold, one)).toBe(true);
        const { params: kept } = loaded.centers;
        expect(new Uint32Array(kept.buffer, kept.byteOffset, 6)).toEqual(
          new Uint32Array(single.centers.params.buffer, single.centers.params.byteOffset, 6),
        );
        const perClass = new OpenSetClassifier(data, { threshold: each });
        expect([...(roundTrip(perClass).threshold as Float64Array)]).toEqual(each);
        for (const made of [single, loaded, perClass]) made.dispose();
      }),
      { numRuns: 50 },
    );
  });

  it('stays readable: this is what version 1 looks like', () => {
    const classifier = new OpenSetClassifier(
      { params: [1, -2], nClasses: 2, nFeatures: 1 },
      { score: 'normalized', metric: 'euclidean', radius: [0.5, 1], threshold: Infinity },
    );
    const version1 = {
      format: 'center-loss/open-set-classifier',
      version: 1,
      nClasses: 2,
      nFeatures: 1,
      score: 'normalized',
      metric: 'euclidean',
      centers: '0000803f000000c0',
      radius: '0000003f0000803f',
      precision: null,
      threshold: '000000000000f07f',
      perClass: false,
      fitted: [],
    };
    expect(JSON.parse(JSON.stringify(classifier))).toEqual(version1);
    expect(OpenSetClassifier.fromJSON(version1).predict([0.9, -3])).toEqual(Int32Array.of(0, 1));
  });

  it('refuses what it did not write', () => {
    const good = JSON.parse(JSON.stringify(make({ score: 'normalized' }).fit(x, target, { perClass: true })));
    const refused = (changes: object, message: string | RegExp) =>
      expectError(() => OpenSetClassifier.fromJSON({ ...good, ...changes }), 'ERR_FORMAT', message);
    expectError(() => OpenSetClassifier.fromJSON(null), 'ERR_FORMAT', /got null/);
    expectError(
      () => OpenSetClassifier.fromJSON('{}'),
      'ERR_FORMAT',
      /an object that toJSON made is needed, got a string/,
    );
    expectError(
      () => OpenSetClassifier.fromJSON({}),
      'ERR_FORMAT',
      /format must be "center-loss\/open-set-classifier"/,
    );
    refused({ version: 2 }, 'version 2 is not one that this package knows: 1');
    refused({ color: 1 }, 'there is no "color" in version 1');
    refused({ nClasses: 0 }, 'nClasses must be a positive integer, got 0');
    refused({ nFeatures: '4' }, 'nFeatures must be a positive integer, got "4"');
    refused({ nFeatures: 5 }, 'centers has 12 values, not 3 × 5');
    refused({ centers: null }, 'centers has no values');
    refused({ centers: 'zz' }, 'centers must be small hexadecimal digits');
    refused({ centers: good.centers.toUpperCase().replaceAll(/\d/g, 'A') }, 'centers must be small hexadecimal digits');
    refused({ centers: good.centers.slice(2) }, 'centers has 47 bytes, which are no whole floats of 4');
    refused({ threshold: '00000000' }, 'threshold has 4 bytes, which are no whole floats of 8');
    refused({ threshold: 7 }, 'threshold must be small hexadecimal digits');
    refused({ threshold: '000000000000f87f' }, /threshold has 1 values, not 3/);
    refused({ threshold: '000000000000f87f', perClass: false }, /threshold must be a number other than NaN/);
    refused({ perClass: false }, 'threshold has 3 values, but perClass is false');
    refused({ perClass: 1 }, 'perClass must be true or false, got 1');
    refused({ radius: '000080bf000080bf000080bf' }, /radius\[0\] must be a finite number ≥ 0, got -1/);
    refused({ radius: '0000803f0000803f' }, 'radius has 2 values, not 3');
    refused({ score: 'distance' }, /radius is an option of score 'normalized'/);
    refused({ score: 'best' }, /score must be "distance" or/);
    refused({ metric: 'l1' }, /metric must be "sqeuclidean"/);
    refused({ fitted: ['precision'] }, /fitted must name what is there/);
    refused({ fitted: ['score'] }, /fitted must name what is there/);
    refused({ fitted: 'radius' }, /fitted must name what is there/);
    for (const name of Object.keys(good)) {
      const { [name]: _, ...rest } = good;
      expectError(() => OpenSetClassifier.fromJSON(rest), 'ERR_FORMAT', /this is no open-set classifier/);
    }
  });
});
