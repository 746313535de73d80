// Results of the reference implementations, with the inputs of each case. README.md says where they come from.
import type { Metric, Penalty, Reduction } from 'center-loss';
import type { ProxyLossName } from '../support/proxy-losses.js';
import centerLossJson from './center-loss.json' with { type: 'json' };
import decisionJson from './decision.json' with { type: 'json' };
import filesJson from './files.json' with { type: 'json' };
import lossesJson from './losses.json' with { type: 'json' };

/** Float32 values, or the seed that stands for them. */
type Source = number[] | { readonly seed: number; readonly scale?: number; readonly offset?: number };

/**
 * Values of an input. A seed stands for s ← (75 s + 74) mod 65537 from s = 7919 seed on, each s for
 * offset + scale (s − 32768) / 16384, in whole numbers and float32 values that are exact here and in Python.
 */
export function values(source: Source, count: number): Float32Array {
  if (Array.isArray(source)) return Float32Array.from(source);
  const { seed, scale = 1, offset = 0 } = source;
  let state = (7919 * seed) % 65537;
  return Float32Array.from({ length: count }, () => {
    state = (75 * state + 74) % 65537;
    return offset + (scale * (state - 32768)) / 16384;
  });
}

interface Batch {
  readonly C: number;
  readonly D: number;
  readonly x: Source;
  readonly centers: Source;
  readonly y: number[];
}

export const inputsOf = ({ C, D, x, centers, y }: Batch) => ({
  x: values(x, y.length * D),
  centers: values(centers, C * D),
  target: y,
});

interface Gradients {
  readonly loss: number;
  readonly gradX: number[];
}

interface PerRow {
  readonly perRow: number[];
}

export interface Embeddings extends Batch, Gradients {
  readonly name: string;
  readonly radius: number;
  readonly fixed: boolean;
  /** Σ(x − c)² in float64, without the expansion. */
  readonly distances: number[];
  /** Slope of the loss by the distance of each row to its own center; by all other distances it is 0. */
  readonly slopes: number[];
  readonly gradCenters: number[] | null;
  readonly probabilities: number[];
  readonly nearest: number[];
  readonly wen2016?: Gradients & { readonly moved: number[] };
  readonly wen2019?: Gradients;
  readonly kaiyangZhou?: Gradients & { readonly gradCenters: number[] };
}

interface Matrix {
  readonly name: string;
  readonly radius: number;
  readonly distmat: number[];
  readonly y: number[];
  readonly float32: { readonly loss: number; readonly slopes: number[] };
  readonly float64: { readonly loss: number };
}

interface Weights {
  readonly classWeight: number[];
  readonly sampleWeight: number[];
}

interface CenterLossCase extends Batch, Gradients, PerRow, Weights {
  readonly metric: Metric;
  readonly penalty: Penalty;
  readonly reduction: Reduction;
  readonly radii: number[];
  readonly gradCenters: number[];
  readonly afterSgd: number[];
}

interface ProxyLossCase extends Batch, Gradients, PerRow, Weights {
  readonly name: ProxyLossName;
  readonly parameter: number;
  readonly metric?: Metric;
  readonly gradCenters: number[];
}

type Measures = Record<'averagePrecision' | 'trapezoid' | 'fpr95', number> &
  Record<'fpr' | 'tpr' | 'thresholds', number[]>;

interface ScoresCase {
  readonly name: string;
  readonly known: number[];
  readonly unknown: number[];
  readonly isCorrect: boolean[];
  readonly sklearn: { readonly auroc: number; readonly known: Measures; readonly unknown: Measures };
  readonly pytorchOod: Record<'AUROC' | 'AUTC' | 'AUPR-IN' | 'AUPR-OUT' | 'FPR95TPR' | 'oscr', number>;
  readonly openOOD: { readonly fpr95: number };
}

type WeightedMeasures = Record<'averagePrecision' | 'trapezoid' | 'fpr95', number> &
  Record<'fpr' | 'tpr' | 'precision' | 'recall', number[]>;

interface WeightedCase {
  readonly name: string;
  readonly known: number[];
  readonly unknown: number[];
  readonly weight: { readonly known: number[]; readonly unknown: number[] };
  readonly sklearn: { readonly auroc: number; readonly known: WeightedMeasures; readonly unknown: WeightedMeasures };
}

type ScoreResults = Record<
  'nearest' | 'distance' | 'normalized' | 'softmin' | 'entropy' | 'cac' | 'knn-centers',
  number[]
>;

const NON_FINITE: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** A deep copy with the numbers that JSON lacks. */
const revive = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json), (_, value) => (typeof value === 'string' ? (NON_FINITE[value] ?? value) : value));

export const { embeddings, matrices } = revive(centerLossJson) as { embeddings: Embeddings[]; matrices: Matrix[] };

export const losses = revive(lossesJson) as {
  centerLoss: CenterLossCase[];
  proxyLosses: ProxyLossCase[];
  deepSVDD: (Gradients &
    PerRow & {
      D: number;
      nu: number;
      rows: number;
      x: Source;
      center: Source;
      radius: number;
      gradRadius: number;
    })[];
  crossEntropy: (Gradients &
    PerRow & { C: number; x: Source; y: number[]; labelSmoothing: number; classWeight: number[] })[];
  sgd: (Batch & { learningRate: number; momentum: number; losses: number[]; after: number[] })[];
};

export const decision = revive(decisionJson) as {
  scores: ScoresCase[];
  weighted: WeightedCase[];
  distances: ({ x: number[]; centers: number[]; y: number[]; radius: number[]; precision: number[] } & {
    mahalanobis: number[];
  } & Record<Metric, ScoreResults>)[];
};

/** Numbers of a file: wide integers and non-finite values are strings. */
type Plain = number | boolean | string;

interface File {
  readonly name: string;
  readonly base64: string;
}

interface WrongFile {
  readonly name: string;
  /** Pieces of Latin-1 text, each one as it is or repeated. */
  readonly text: (string | [string, number])[];
  /** True if the library refuses the file. */
  readonly refused: boolean;
}

export const { tensors, stateDicts, arrays, wrongTensors, wrongArrays } = filesJson as unknown as {
  tensors: (File & {
    metadata: Record<string, string>;
    tensors: Record<string, { dtype: string; shape: number[]; values: Plain[] }>;
  })[];
  stateDicts: (File & { dtype: string; shape: [number, number]; values: number[]; radius?: number })[];
  arrays: (File & { descr: string; shape: number[]; values: Plain[]; ours: boolean })[];
  wrongTensors: WrongFile[];
  wrongArrays: WrongFile[];
};

/** Bytes of a file; some runtimes lack `Uint8Array.fromBase64`. */
export function bytesOf(file: File | WrongFile): Uint8Array<ArrayBuffer> {
  const pieces = 'text' in file ? file.text : [atob(file.base64)];
  const text = pieces.map((piece) => (typeof piece === 'string' ? piece : piece[0].repeat(piece[1]))).join('');
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The values of a file in an array of the kind of `like`. */
export function expected(values: readonly Plain[], like: ArrayLike<unknown>): unknown[] {
  const wide = like instanceof BigInt64Array || like instanceof BigUint64Array;
  return values.map((value) => (wide ? BigInt(value) : Number(value)));
}
