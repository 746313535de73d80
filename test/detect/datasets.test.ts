// Scores of real rows with unscaled features, scikit-learn's digits and wine: the order of float64, whatever the scale.
import { auroc, ClassCenters, classify, OpenSetClassifier, type Score, type ScoreOptions } from 'center-loss';
import { describe, expect, it } from 'vitest';
import datasets from '../oracle/datasets.json' with { type: 'json' };
import { expectClose } from '../support/close.js';

const { digits, wine } = datasets;
const sets = [
  { name: 'digits', ...digits, rows: digits.rows.map((row) => Array.from(row, (pixel) => Number.parseInt(pixel, 17))) },
  { name: 'wine', ...wine },
];
const SCORES = Object.keys(digits.auroc) as Score[];
const LOGARITHMS: Score[] = ['softmin', 'entropy', 'cac'];

function logSumExp(x: number[]): number {
  const most = Math.max(...x);
  return most + Math.log(x.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

/** ln(1 − p₁), or the logarithm of the entropy, of distances in ascending order. */
function logScore(d: number[], isEntropy: boolean): number {
  const total = logSumExp(d.map((distance) => -distance));
  const rest = logSumExp(d.slice(1).map((distance) => -distance)) - total;
  if (!isEntropy) return rest;
  // −ln p₁ = −ln(1 − rest), which is the rest itself where that is below 1e-17.
  const own = rest < -40 ? rest : Math.log(-Math.log1p(-Math.exp(rest)));
  return logSumExp(d.map((distance, j) => -distance - total + (j === 0 ? own : Math.log(distance + total))));
}

describe.each(sets)('$name', ({ rows, labels, centers: params, radius, precision, auroc: expected, underflowed }) => {
  const [nClasses, nDim] = [params.length, precision.length];
  const x = Float32Array.from(rows.flat());
  const centers = new ClassCenters(nClasses, nDim);
  centers.params.set(params.flat());
  const known = labels.map((label) => label < nClasses);
  const optionsOf = (score: Score): ScoreOptions => ({
    score,
    ...(score === 'normalized' && { radius }),
    ...(score === 'mahalanobis' && { precision }),
  });
  const area = (scores: ArrayLike<number>) => {
    const of = (isKnown: boolean) => Array.from(scores).filter((_, i) => known[i] === isKnown);
    return auroc(of(true), of(false));
  };

  /** Distances of each row to the centers in float64, in ascending order. */
  const distances = (score: Score): number[][] =>
    rows.map((_, row) => {
      const weights = score === 'mahalanobis' ? precision : precision.map(() => 1);
      const squares = params.map((center) =>
        center.reduce((sum, c, k) => sum + ((x[row * nDim + k] ?? 0) - c) ** 2 * (weights[k] ?? 0), 0),
      );
      return (score === 'cac' ? squares.map(Math.sqrt) : squares).sort((a, b) => a - b);
    });

  /** The score of each row in float64. */
  const exact = (score: Score, temperature = 1): number[] =>
    distances(score).map((d) => {
      const [first = 0, second = 0] = d;
      const scaled = d.map((distance) => distance / temperature);
      if (score === 'softmin' || score === 'entropy') return logScore(scaled, score === 'entropy');
      if (score === 'cac') return Math.log(first) + logScore(scaled, false);
      return score === 'knn-centers' ? first / second : first;
    });

  /** Rows have equal scores only where float64 tells less between them than float32 can hold. */
  function expectNoMoreTies(scores: Float32Array, wanted: number[]): void {
    const order = Array.from(wanted.keys()).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
    for (const [i, row] of order.slice(1).entries()) {
      const [a, b] = [wanted[order[i] ?? 0] ?? 0, wanted[row] ?? 0];
      if (scores[row] === scores[order[i] ?? 0]) expect(Math.abs(a - b)).toBeLessThan(1e-6 * Math.abs(a));
    }
    expect(wanted.length - new Set(scores).size).toBeLessThan(3);
  }

  it.each(SCORES)('%s: separates known and unknown rows as in float64, without more ties', (score) => {
    const { scores, nearest } = classify(centers, x, optionsOf(score));
    const wanted = exact(score).map((value, i) =>
      score === 'normalized' ? value / (radius[nearest[i] ?? 0] ?? 1) : value,
    );
    const scale = distances(score).map(([_first, second = 0]) => 20 + second);
    expectClose(scores, wanted, LOGARITHMS.includes(score) ? { relative: 1e-6, scale } : {});
    expect(Math.abs(area(wanted) - expected[score])).toBeLessThan(1e-9);
    expect(Math.abs(area(scores) - expected[score])).toBeLessThan(1e-3);
    expectNoMoreTies(scores, wanted);
  });

  it.each(LOGARITHMS)('%s: keeps its order at any temperature, and has a threshold other than 0', (score) => {
    for (const temperature of [0.01, 1, 300]) {
      const { scores } = classify(centers, x, { score, temperature });
      const wanted = exact(score, temperature);
      expect(Math.abs(area(scores) - area(wanted))).toBeLessThan(1e-3);
      expectNoMoreTies(scores, wanted);
    }
    for (const options of [{ score }, { score, temperature: 1 }]) {
      const half = Math.floor(rows.length / 2);
      const held = x.subarray(0, half * nDim);
      const target = labels.slice(0, half).map((label) => (label < nClasses ? label : -1));
      const classifier = new OpenSetClassifier(centers, options).fit(held, target);
      expect(Math.abs(classifier.threshold as number)).toBeGreaterThan(0.01);
      const kept = classifier.predict(held).filter((label, i) => label >= 0 && (target[i] ?? -1) >= 0).length;
      const share = kept / target.filter((label) => label >= 0).length;
      expect(share).toBeGreaterThanOrEqual(0.95);
      expect(share).toBeLessThan(1);
    }
  });

  it('probabilities would not', () => {
    for (const score of ['softmin', 'entropy'] as const) {
      const values = Array.from(classify(centers, x, { score }).scores, (value) => (value < -87 ? 0 : Math.exp(value)));
      expect(Math.abs(area(values) - underflowed[score])).toBeLessThan(1e-2);
      expect(area(values)).toBeLessThan(expected[score] - 0.2);
    }
  });
});

/** AUROC in percent of a full covariance, a diagonal one, a relative one and the plain distance, as docs/open-set.md has them. */
const FIGURES = { digits: [86.6, 80.6, 87.9, 87.6], wine: [96.9, 97.4, 90.9, 40.9] };

it.each(sets)('$name: a full covariance finds unknown rows as the guide says', ({ name, rows, labels, centers }) => {
  const isKnown = (label: number) => label < centers.length;
  const half = (odd: number) => ({
    x: rows.filter((_, i) => i % 2 === odd),
    target: labels.filter((_, i) => i % 2 === odd).map((label) => (isKnown(label) ? label : -1)),
  });
  const [train, test] = [half(0), half(1)];
  const tied = { score: 'mahalanobis', covariance: 'tied', shrinkage: 'ledoit-wolf' } as const;
  const forms = [tied, { score: 'mahalanobis' }, { ...tied, relative: true }, { score: 'distance' }] as const;
  const found = forms.map((options) => {
    const fitted = ClassCenters.fit(train.x, train.target, { nClasses: centers.length });
    const scores = new OpenSetClassifier(fitted, options).fit(train.x, train.target).scores(test.x);
    const of = (known: boolean) => scores.filter((_, i) => (test.target[i] ?? -1) >= 0 === known);
    return Math.round(1000 * auroc(of(true), of(false))) / 10;
  });
  expect(found).toEqual(FIGURES[name as keyof typeof FIGURES]);
});
