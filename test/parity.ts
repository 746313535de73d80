// Probes of oracle/parity.json on center-loss, for the claims of docs/parity.md.
import {
  auprIn,
  auprOut,
  auroc,
  CACLoss,
  CenterLoss,
  type CenterLossOptions,
  ClassCenters,
  ClassStatistics,
  ContrastiveCenterLoss,
  classify,
  classWeights,
  conformalPValues,
  DeepSVDDLoss,
  fitPrecision,
  fitThreshold,
  fprAtTpr,
  IslandLoss,
  isKnown,
  NamedCenters,
  OpenSetClassifier,
  oscr,
  type ScoreOptions,
  type StepOptions,
  softmaxCrossEntropy,
  TripletCenterLoss,
  toFloat16,
} from 'center-loss';
import { expect, vi } from 'vitest';

/** Inputs as parity.py names them; each probe reads those that it has. */
export interface Input {
  readonly x: number[][];
  readonly centers: number[][];
  readonly target: number[];
  readonly distmat: number[][];
  readonly logits: number[][];
  readonly fit: number[][];
  readonly fitTarget: number[];
  readonly weight: number[];
  readonly center: number[];
  readonly scores: number[];
  readonly calibration: number[];
  readonly known: number[];
  readonly unknown: number[];
  readonly isCorrect: number[];
  readonly batches: number[][][];
  readonly targets: number[][];
  readonly nClasses: number;
  readonly nDim: number;
  readonly rows: number;
  readonly radius: never;
  readonly threshold: number;
  readonly magnitude: number;
  readonly alpha: number;
  readonly momentum: number;
  readonly learningRate: number;
  readonly quantile: number;
  readonly lambda: number;
  readonly labelSmoothing: number;
  readonly delta: number;
  readonly margin: number;
  readonly nu: number;
  readonly tpr: number;
}

/** A probe; `key` says which of several right results is asked for, as a rule that of a reduction. */
type Run = (input: Input, key: never) => unknown;

const width = (rows: number[][]) => rows[0]?.length ?? 0;

function lossOf({ centers }: Input, options: CenterLossOptions): CenterLoss {
  return new CenterLoss(centers.length, width(centers), { init: Float32Array.from(centers.flat()), ...options });
}

function centersOf({ centers }: Input): ClassCenters {
  const made = new ClassCenters(centers.length, width(centers));
  made.params.set(centers.flat());
  return made;
}

/** The loss by its reduction. */
const evaluates =
  (more: (input: Input) => CenterLossOptions = () => ({})): Run =>
  (input, reduction) =>
    lossOf(input, { reduction, ...more(input) }).evaluate(input.x.flat(), input.target);

/** The centers after a step. */
const steps =
  (rule: (input: Input) => StepOptions): Run =>
  (input, reduction) => {
    const loss = lossOf(input, { reduction });
    loss.step(input.x.flat(), input.target, rule(input));
    return loss.centers.params;
  };

const gradients: Run = (input, reduction) => {
  const { gradX, gradCenters } = lossOf(input, { reduction }).gradients(input.x.flat(), input.target);
  return [gradX, gradCenters];
};

const gradCenters =
  (options: CenterLossOptions = {}): Run =>
  (input, reduction) =>
    lossOf(input, { reduction, ...options }).gradients(input.x.flat(), input.target).gradCenters;

/** Loss and size of the gradients, for labels below 0 and for no row at all. */
const nothingKnown: Run = (input, reduction) => {
  const loss = lossOf(input, { reduction });
  const size = (values: Float32Array | null) => values?.reduce((sum, value) => sum + Math.abs(value), 0) ?? 0;
  return [input, { x: [], target: [] }].flatMap(({ x, target }) => {
    const { loss: value, gradX, gradCenters } = loss.gradients(x.flat(), target);
    return [value, size(gradX), size(gradCenters)];
  });
};

/** The bytes of the whole memory after a loss and its gradients. */
export function memoryBytes({ rows, nClasses, nDim }: Input): number {
  const loss = new CenterLoss(nClasses, nDim, { init: 'normal' });
  const [x, target] = [new Float32Array(rows * nDim).fill(1), new Int32Array(rows).map((_, i) => i)];
  expect(loss.gradients(x, target).loss).toBeGreaterThan(0);
  return loss.centers.params.buffer.byteLength;
}

/** How many warnings 100 gradients without an update give. */
function forgotten(input: Input): number {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const loss = lossOf(input, {});
    for (let i = 0; i < 100; i++) loss.gradients(input.x.flat(), input.target);
    return warn.mock.calls.length;
  } finally {
    warn.mockRestore();
  }
}

/** A loss that separates classes, with the centers given. */
const separates =
  <Options extends object>(
    Loss: new (nClasses: number, nDim: number, options: Options) => { evaluate(x: number[], target: number[]): number },
    options: (input: Input) => Options,
  ): Run =>
  (input) => {
    const { centers, x, target } = input;
    const init = { init: Float32Array.from(centers.flat()), magnitude: 1 };
    const loss = new Loss(centers.length, width(centers), { ...init, ...options(input) });
    return loss.evaluate(x.flat(), target);
  };

const scores =
  (options: (input: Input) => ScoreOptions): Run =>
  (input) =>
    classify(centersOf(input), input.x.flat(), options(input)).scores;

/** Scores of known rows and of unknown ones. */
function sides({ scores, target }: Input): [number[], number[]] {
  const known = isKnown(target);
  return [scores.filter((_, i) => known[i]), scores.filter((_, i) => !known[i])];
}

/** Tells for each of centers, radius and threshold whether it comes back from JSON. */
function saved({ centers, radius, threshold }: Input): number[] {
  const params = Float32Array.from(centers.flat());
  const [nClasses, nDim] = [centers.length, width(centers)];
  const before = new OpenSetClassifier({ params, nClasses, nDim }, { score: 'normalized', radius, threshold });
  const after = OpenSetClassifier.fromJSON(JSON.parse(JSON.stringify(before)));
  const isSame = [
    after.centers.params.every((value, i) => value === params[i]),
    after.radius?.length === 1 && after.radius[0] === radius,
    after.threshold === threshold,
  ];
  return isSame.map(Number);
}

export const OURS: Readonly<Record<string, Run>> = {
  loss: evaluates(),
  'distance-matrix': ({ distmat, target, nClasses }, reduction) =>
    new CenterLoss(nClasses, nClasses, { reduction }).forward(distmat.flat(), target),
  gradients,
  'tight-cluster': evaluates(),
  'no-matrix': memoryBytes,
  'radius-squared': evaluates(({ radius }) => ({ radius })),
  'radius-distance': evaluates(({ radius }) => ({ radius, metric: 'euclidean', penalty: 'half-squared' })),
  'radius-per-class': evaluates(({ radius }) => ({ radius })),
  'fit-radius': (input) => lossOf(input, {}).fitRadius(input.x.flat(), input.target, { quantile: input.quantile }),
  'metric-euclidean': evaluates(() => ({ metric: 'euclidean' })),
  'metric-cosine': evaluates(() => ({ metric: 'cosine' })),
  'class-weight': evaluates(({ weight }) => ({ classWeight: weight })),
  'sample-weight': (input, reduction) =>
    lossOf(input, { reduction }).evaluate(input.x.flat(), input.target, { sampleWeight: input.weight }),
  'class-weights-balanced': ({ target, nClasses }, scheme) => classWeights(target, nClasses, { scheme }),
  'half-precision': (input, reduction) =>
    lossOf(input, { reduction }).evaluate(toFloat16(input.x.flat()), input.target),
  fixed: gradCenters({ fixed: true }),
  anchors: ({ nClasses, nDim, magnitude }) =>
    new CenterLoss(nClasses, nDim, { init: 'anchors', magnitude, fixed: true }).centers.params,
  'label-unknown': evaluates(),
  'label-too-large': evaluates(),
  'nothing-known': nothingKnown,
  'nan-in-unknown-row': gradCenters(),
  'infinite-elsewhere': evaluates(),
  'update-wen': steps(({ alpha }) => ({ rule: 'wen', alpha })),
  'update-mean': steps(({ alpha }) => ({ rule: 'mean', alpha })),
  'update-ema': steps(({ momentum }) => ({ rule: 'ema', momentum })),
  'update-sgd': steps(({ learningRate }) => ({ rule: 'sgd', learningRate })),
  'update-counts': (input) => {
    const loss = lossOf(input, {});
    loss.step(input.x.flat(), input.target);
    return loss.updateCounts;
  },
  'update-forgotten': forgotten,
  'softmax-center': (input, reduction) => {
    const { x, logits, target, lambda } = input;
    return lossOf(input, { reduction }).softmaxCenter(x.flat(), logits.flat(), target, { lambda }).loss;
  },
  'label-smoothing': ({ logits, target, nClasses, labelSmoothing }) =>
    softmaxCrossEntropy(logits.flat(), target, nClasses, { labelSmoothing }).loss,
  cac: separates(CACLoss, ({ lambda }) => ({ lambda })),
  'contrastive-center': separates(ContrastiveCenterLoss, ({ delta }) => ({ delta })),
  'triplet-center': separates(TripletCenterLoss, ({ margin }) => ({ margin })),
  island: separates(IslandLoss, ({ lambda }) => ({ lambda })),
  'deep-svdd': ({ x, center, radius, nu }) =>
    new DeepSVDDLoss(center.length, { center: Float32Array.from(center), radius, nu }).evaluate(x.flat()),
  'svdd-center': ({ x }) => new DeepSVDDLoss(width(x)).fitCenter(x.flat()),
  nearest: (input) => centersOf(input).predict(input.x.flat()),
  probabilities: (input) => centersOf(input).predictProba(input.x.flat()),
  'score-distance': scores(() => ({})),
  'score-normalized': scores(({ radius }) => ({ score: 'normalized', radius })),
  'score-cac': scores(() => ({ score: 'cac' })),
  'score-softmin': scores(() => ({ score: 'softmin' })),
  'score-entropy': scores(() => ({ score: 'entropy' })),
  'score-mahalanobis': (input) => {
    const [centers, { x, fit, fitTarget }] = [centersOf(input), input];
    const precision = fitPrecision(centers, fit.flat(), fitTarget);
    return classify(centers, x.flat(), { score: 'mahalanobis', precision }).scores;
  },
  'score-knn-centers': scores(() => ({ score: 'knn-centers' })),
  threshold: ({ scores, tpr }) => fitThreshold(scores, { tpr }),
  conformal: ({ calibration, scores }) => conformalPValues(calibration, scores),
  saved,
  auroc: (input) => auroc(...sides(input)),
  'auroc-large': (input) => auroc(...sides(input)),
  'aupr-in': (input) => auprIn(...sides(input)),
  'aupr-out': (input) => auprOut(...sides(input)),
  fpr95: (input, positive) => fprAtTpr(...sides(input), { positive }),
  oscr: ({ known, isCorrect, unknown }) => oscr(known, isCorrect, unknown),
  'running-mean': ({ batches, targets }) => {
    const statistics = new ClassStatistics(1, width(batches[0] ?? []), { covariance: 'none' });
    batches.forEach((rows, i) => void statistics.add(rows.flat(), targets[i] ?? []));
    return statistics.toCenters().params;
  },
  'add-class': () => {
    const classes = new NamedCenters(1);
    classes.addClass('a', [1]);
    classes.addClass('b', [2]);
    classes.removeClass('a');
    expect(classes.predict([1])).toEqual(['b']);
    return null;
  },
};
