// The results of the reference implementations (see oracle/README.md), non-finite numbers turned back from strings.
import golden from './golden.json' with { type: 'json' };
import originals from './originals.json' with { type: 'json' };

export interface Results {
  distmat?: number[][];
  loss: number;
  grad_distmat: number[][] | null;
  grad_embeddings: number[][] | null;
  grad_centers: number[][] | null;
  predict: number[][];
  argmin: number[];
}

export interface EmbedCase {
  name: string;
  kind: 'embed';
  B: number;
  C: number;
  D: number;
  radius: number;
  fixed: boolean;
  x: number[][];
  centers: number[][];
  y: number[];
  f32: Results;
  f64: Results;
  distmat_direct_f64: number[][];
}

export interface DistmatCase {
  name: string;
  kind: 'distmat';
  B: number;
  C: number;
  radius: number;
  distmat: number[][];
  y: number[];
  f32: Results;
  f64: Results;
}

export interface OriginalCase {
  name: string;
  caffe: { loss: number; grad_x: number[][]; center_diff: number[][]; centers_after_alpha_0_5: number[][] };
  gcl: { rho: number; loss: number; grad_x: number[][] };
  kz: { loss: number; grad_x: number[][]; grad_centers: number[][] };
}

const NON_FINITE = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** A deep copy with its non-finite numbers. */
const revive = (json: { cases: unknown[] }): unknown[] =>
  JSON.parse(JSON.stringify(json.cases), (_, value) =>
    typeof value === 'string' ? (NON_FINITE.get(value) ?? value) : value,
  );

const cases = revive(golden) as (EmbedCase | DistmatCase)[];

export const embedCases = cases.filter((one): one is EmbedCase => one.kind === 'embed');
export const distmatCases = cases.filter((one): one is DistmatCase => one.kind === 'distmat');
export const originalCases = revive(originals) as OriginalCase[];
