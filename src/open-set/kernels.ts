/**
 * What the open-set module exports: the functions of `crate/src/boundary/open_set/`, file by file, in their order. They
 * work in the memory of the core's engine; as there, addresses, lengths and labels are 32-bit integers.
 */
export interface OpenSetKernels {
  // decision.rs
  classify_workspace_bytes(metric: number, rows: number, nClasses: number, nDim: number): number;
  classify(
    x: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    score: number,
    metric: number,
    parameters: number,
    nParameters: number,
    thresholds: number,
    nThresholds: number,
    scores: number,
    nearest: number,
    labels: number,
    work: number,
  ): void;
  fit_precision(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    precision: number,
    work: number,
  ): number;
  threshold(sorted: number, n: number, tpr: number, finiteSample: number): number;
  p_values(sorted: number, n: number, scores: number, rows: number): void;

  // metrics.rs
  accuracy(predicted: number, labels: number, rows: number): number;
  area(positive: number, nPositive: number, negative: number, nNegative: number, highest: number, of: number): number;
  average_precision(positive: number, nPositive: number, negative: number, nNegative: number, highest: number): number;
  trapezoid_precision(
    positive: number,
    nPositive: number,
    negative: number,
    nNegative: number,
    highest: number,
  ): number;
  fpr_at_tpr(
    positive: number,
    nPositive: number,
    negative: number,
    nNegative: number,
    highest: number,
    tpr: number,
  ): number;
  roc_curve(
    positive: number,
    nPositive: number,
    negative: number,
    nNegative: number,
    highest: number,
    fpr: number,
    tpr: number,
    thresholds: number,
  ): number;
}
