// What scikit-learn, SciPy and pytorch-ood say (see ../oracle/README.md), infinite numbers turned back from strings.
import decision from './open-set/decision.json' with { type: 'json' };

export interface SideResults {
  average_precision: number;
  trapezoid: number;
  fpr95: number;
  roc: { fpr: number[]; tpr: number[]; thresholds: number[] };
}

export interface ScoresCase {
  name: string;
  known: number[];
  unknown: number[];
  is_correct: boolean[];
  sklearn: { auroc: number; in: SideResults; out: SideResults };
  pytorch_ood: {
    AUROC: number;
    'AUPR-IN': number;
    'AUPR-OUT': number;
    FPR95TPR: number;
    oscr: number;
  };
}

type MetricResults = Record<
  'nearest' | 'distance' | 'normalized' | 'softmin' | 'entropy' | 'cac' | 'knn-centers',
  number[]
>;

export interface DistancesCase {
  x: number[][];
  centers: number[][];
  target: number[];
  radius: number[];
  precision: number[];
  mahalanobis: number[];
  sqeuclidean: MetricResults;
  euclidean: MetricResults;
  cosine: MetricResults;
}

const INFINITE = new Map([
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const revived = JSON.parse(JSON.stringify(decision), (_, value) => INFINITE.get(value) ?? value);

export const scoresCases = revived.scores as ScoresCase[];
export const distancesCase = revived.distances as DistancesCase;
