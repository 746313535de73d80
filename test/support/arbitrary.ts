// Random problems for fast-check.
import type { Metric, Penalty, Reduction } from 'center-loss';
import fc from 'fast-check';

export interface Problem {
  readonly rows: number;
  readonly nClasses: number;
  readonly nDim: number;
  readonly x: Float32Array;
  readonly centers: Float32Array;
  readonly target: number[];
}

const EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65];

/** Lengths around the edges of lanes, tiles and blocks as often as any other. */
const length = (most: number) =>
  fc.oneof(fc.integer({ min: 1, max: most }), fc.constantFrom(...EDGES.filter((edge) => edge <= most)));

const exactly = (length: number) => ({ minLength: length, maxLength: length });

const values = (count: number) =>
  fc
    .array(fc.double({ min: -8, max: 8, noNaN: true, noDefaultInfinity: true }), exactly(count))
    .map((numbers) => Float32Array.from(numbers));

/** Rows, centers and labels of a random shape; some rows are unknown. */
export const problem = ({ rows = 70, nClasses = 20, nDim = 70 } = {}): fc.Arbitrary<Problem> =>
  fc.record({ rows: length(rows), nClasses: length(nClasses), nDim: length(nDim) }).chain((shape) =>
    fc.record({
      rows: fc.constant(shape.rows),
      nClasses: fc.constant(shape.nClasses),
      nDim: fc.constant(shape.nDim),
      x: values(shape.rows * shape.nDim),
      centers: values(shape.nClasses * shape.nDim),
      target: fc.array(fc.integer({ min: -2, max: shape.nClasses - 1 }), exactly(shape.rows)),
    }),
  );

export const metric = fc.constantFrom('sqeuclidean' as const, 'euclidean' as const, 'cosine' as const);
export const reduction = fc.constantFrom('mean' as const, 'batch' as const, 'wen' as const, 'sum' as const);
export const radius = fc.constantFrom(0, 0, 0.5, 20, -1);

export interface CenterProblem extends Problem {
  readonly metric: Metric;
  readonly penalty: Penalty;
  readonly reduction: Reduction;
  readonly radius: number | Float32Array;
  readonly classWeight: Float32Array | undefined;
  readonly sampleWeight: Float32Array | undefined;
}

const weight = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0.01, max: 5, noNaN: true }));
const float32 = (most: fc.Arbitrary<number>, count: number) =>
  fc.array(most, exactly(count)).map((numbers) => Float32Array.from(numbers));

const none = fc.constant(undefined);

/** A problem of center loss, as often with the defaults of pytorch-ood as with any other options. */
export const centerProblem = (most?: Parameters<typeof problem>[0]): fc.Arbitrary<CenterProblem> =>
  fc.tuple(problem(most), reduction, radius, fc.boolean()).chain(([one, reduction, radius, isPlain]) =>
    fc
      .record({
        metric: isPlain ? fc.constant('sqeuclidean' as const) : metric,
        penalty: isPlain ? fc.constant('hinge' as const) : fc.constantFrom('hinge' as const, 'half-squared' as const),
        radius: isPlain ? fc.constant(radius) : float32(fc.constantFrom(0, 0.3, 1.5, 30, -1), one.nClasses),
        classWeight: isPlain ? none : fc.option(float32(weight, one.nClasses), { nil: undefined }),
        sampleWeight: isPlain ? none : fc.option(float32(weight, one.rows), { nil: undefined }),
      })
      .map((options) => ({ ...one, reduction, ...options })),
  );
