// Decisions of a classifier, which keeps codes of its centers, against `classify`, which has none, to the last bit.
import { ClassCenters, classify, OpenSetClassifier, type ScoreOptions } from 'center-loss';
import fc from 'fast-check';
import { expect, it } from 'vitest';

/** Rows after which a classifier has made codes. */
const ROWS = 40;
const D = 24;

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A generator of numbers from 0 to 1. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const values = (length: number, random: () => number, scale = 1) =>
  Float32Array.from({ length }, () => normal(random) * scale);

/** Compares decisions with those of centers without codes, row by row and for all rows at once. */
function expectSame(classifier: OpenSetClassifier, x: Float32Array, options: ScoreOptions): void {
  const { centers } = classifier;
  const { nDim, nClasses } = centers;
  const rows = Array.from({ length: x.length / nDim }, (_, i) => x.slice(i * nDim, (i + 1) * nDim));
  const all = classifier.classify(x);
  for (const [i, row] of rows.entries()) {
    const { labels, scores, nearest } = classify(centers, row, { ...options, ...radiusOf(options, nClasses) });
    const { label, score } = classifier.decide(row);
    expect([label, score]).toEqual([labels[0], scores[0]]);
    expect([all.labels[i], all.scores[i], all.nearest[i]]).toEqual([labels[0], scores[0], nearest[0]]);
  }
}

const radiusOf = ({ score, radius }: ScoreOptions, nClasses: number) =>
  score === 'normalized' && typeof radius === 'object' ? { radius: new Float32Array(nClasses).fill(2) } : {};

const SETTINGS: readonly ScoreOptions[] = [
  { threshold: 30 },
  { metric: 'euclidean', threshold: 5 },
  { score: 'normalized', radius: 3 },
];

const change = fc.record({
  what: fc.constantFrom('add', 'more', 'remove', 'far', 'tie'),
  class: fc.nat(),
  seed: fc.integer(),
});

it.each(SETTINGS)('decides as without codes after any changes of classes: %o', (options) => {
  fc.assert(
    fc.property(fc.integer(), fc.array(change, { maxLength: 30 }), (seed, changes) => {
      const random = seeded(seed);
      const C = 60 + Math.floor(random() * 20);
      const classifier = new OpenSetClassifier({ params: values(C * D, random), nClasses: C, nDim: D }, options);
      const x = values(6 * D, random);
      x[D] = Number.NaN;
      x.fill(1e8, 2 * D, 3 * D);
      for (let i = 0; i < ROWS; i++) classifier.decide(x.subarray(0, D));
      expectSame(classifier, x, options);
      const added: string[] = [];
      for (const { what, class: label, seed } of changes) {
        const center = classifier.centers.params.slice(
          (label % classifier.nClasses) * D,
          ((label % classifier.nClasses) + 1) * D,
        );
        const scale = what === 'far' ? 1e6 : 1;
        if (what === 'remove' && classifier.nClasses > 60) {
          const name = classifier.names?.[label % classifier.nClasses] ?? `${label % classifier.nClasses}`;
          classifier.removeClass(name);
          if (added.includes(name)) added.splice(added.indexOf(name), 1);
        } else if (what === 'more' && added.length > 0) {
          classifier.addExamples(added[label % added.length] as string, values(D, seeded(seed)));
        } else {
          added.push(`new ${added.length} ${seed}`);
          classifier.addClass(added.at(-1) as string, what === 'tie' ? center : values(D, seeded(seed), scale));
        }
        // A row at a center, which may be that of two classes.
        x.set(center, 0);
        expectSame(classifier, x, options);
      }
      classifier.dispose();
    }),
    { numRuns: 10 },
  );
});

it('gives back the memory of codes', () => {
  const [C, random] = [20_000, seeded(1)];
  const params = values(C * 128, random);
  const memory = () => new ClassCenters(1, 1).params.buffer.byteLength;
  const grown: number[] = [];
  for (let i = 0; i < 4; i++) {
    const classifier = new OpenSetClassifier({ params, nClasses: C, nDim: 128 });
    const before = memory();
    for (let row = 0; row < ROWS; row++) expect(classifier.predict(params.subarray(128, 256))[0]).toBe(1);
    grown.push(memory() - before);
    classifier.dispose();
  }
  expect(grown.slice(1)).toEqual([0, 0, 0]);
});

it('follows a class that is added while every class is far from it', () => {
  const random = seeded(3);
  const centers = new ClassCenters(64, 16);
  centers.params.set(values(64 * 16, random));
  const classifier = new OpenSetClassifier(centers);
  const row = new Float32Array(16).fill(1000);
  for (let i = 0; i < ROWS; i++) expect(classifier.decide(row).label).toBe(classify(centers, row).labels[0]);
  classifier.addClass('far', row);
  expect(classifier.decide(row)).toMatchObject({ name: 'far', label: 64, score: 0 });
  classifier.removeClass('far');
  expect(classifier.decide(row).label).toBe(classify(centers, row).labels[0]);
});
