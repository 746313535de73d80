import fc from 'fast-check';

export interface Problem {
  readonly rows: number;
  readonly nClasses: number;
  readonly nDim: number;
  readonly x: Float32Array;
  readonly centers: Float32Array;
  readonly target: number[];
}

/** Lengths around the edges of lanes, tiles and blocks as often as any other. */
const length = (most: number, edges: number[]) =>
  fc.oneof(fc.integer({ min: 1, max: most }), fc.constantFrom(...edges.filter((edge) => edge <= most)));

const EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65];

const values = (count: number) =>
  fc
    .array(fc.double({ min: -8, max: 8, noNaN: true, noDefaultInfinity: true }), { minLength: count, maxLength: count })
    .map((numbers) => Float32Array.from(numbers));

/** Rows, centers and labels of a random shape; some rows unknown, and `bound` from which labels may start to err. */
export const problem = ({ rows = 70, nClasses = 20, nDim = 70 } = {}): fc.Arbitrary<Problem> =>
  fc
    .record({ rows: length(rows, EDGES), nClasses: length(nClasses, EDGES), nDim: length(nDim, EDGES) })
    .chain((shape) =>
      fc.record({
        rows: fc.constant(shape.rows),
        nClasses: fc.constant(shape.nClasses),
        nDim: fc.constant(shape.nDim),
        x: values(shape.rows * shape.nDim),
        centers: values(shape.nClasses * shape.nDim),
        target: fc.array(fc.integer({ min: -2, max: shape.nClasses - 1 }), {
          minLength: shape.rows,
          maxLength: shape.rows,
        }),
      }),
    );

export const reduction = fc.constantFrom('mean' as const, 'batch' as const, 'wen' as const, 'sum' as const);
export const radius = fc.constantFrom(0, 0, 0.5, 20, -1);
