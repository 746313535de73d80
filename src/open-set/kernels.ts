/**
 * What the open-set module exports: the functions of `crate/src/boundary/open_set/`, file by file, in their order. They
 * work in the memory of the core's engine; as there, addresses, lengths and labels are 32-bit integers.
 */
export interface OpenSetKernels {
  // center_loss.rs
  weighted_labels(labels: number, sampleWeight: number, rows: number, to: number): void;
  single_gradient(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    metric: number,
    penalty: number,
    reduction: number,
    radii: number,
    classWeight: number,
    sampleWeight: number,
    gradX: number,
  ): number;
  single_gradients(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    metric: number,
    penalty: number,
    reduction: number,
    radii: number,
    classWeight: number,
    sampleWeight: number,
    gradX: number,
    gradCenters: number,
    touched: number,
    dense: number,
    slots: number,
    work: number,
  ): number;
  single_step(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    metric: number,
    penalty: number,
    reduction: number,
    radii: number,
    classWeight: number,
    sampleWeight: number,
    gradX: number,
    rule: number,
    rate: number,
    counts: number,
    slots: number,
    work: number,
  ): number;
  count_rows(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    metric: number,
    counts: number,
  ): void;
  sgd(centers: number, gradient: number, velocity: number, len: number, rate: number, momentum: number): void;
  own_distances(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    metric: number,
    ofRow: number,
    ends: number,
    byClass: number,
  ): void;
  radius_quantiles(
    byClass: number,
    rows: number,
    ends: number,
    nClasses: number,
    quantile: number,
    radii: number,
  ): void;
  class_weights(
    labels: number,
    rows: number,
    scheme: number,
    beta: number,
    counts: number,
    nClasses: number,
    weights: number,
  ): void;
  metric_workspace_bytes(metric: number, rows: number, nClasses: number, nDim: number): number;
  metric_distances(
    metric: number,
    x: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    distmat: number,
    work: number,
  ): void;
  to_float16(values: number, len: number, bits: number): void;
  from_float16(bits: number, len: number, values: number): void;
  fingerprint(values: number, len: number): number;
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
  // separation.rs; address 0: there is none, or none is wanted
  separation_workspace_bytes(rows: number, nClasses: number, nDim: number): number;
  separation(
    kind: number,
    parameter: number,
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    reduction: number,
    classWeight: number,
    sampleWeight: number,
    gradX: number,
    gradCenters: number,
    work: number,
  ): number;
  cross_entropy(
    logits: number,
    labels: number,
    rows: number,
    nClasses: number,
    classWeight: number,
    sampleWeight: number,
    smoothing: number,
    grad: number,
  ): number;
  softmax_center(softmax: number, center: number, lambda: number, gradX: number, length: number): number;
  deep_svdd(
    x: number,
    labels: number,
    rows: number,
    center: number,
    nDim: number,
    sampleWeight: number,
    radius: number,
    nu: number,
    gradX: number,
    gradRadius: number,
  ): number;
  deep_svdd_workspace_bytes(nDim: number): number;
  deep_svdd_center(
    x: number,
    labels: number,
    rows: number,
    nDim: number,
    sampleWeight: number,
    center: number,
    work: number,
  ): number;
  deep_svdd_distances(
    x: number,
    labels: number,
    rows: number,
    center: number,
    nDim: number,
    sampleWeight: number,
    distances: number,
  ): number;
  deep_svdd_radius(sorted: number, count: number, nu: number): number;

  // statistics.rs
  statistics_bytes(nClasses: number, nFeatures: number, covariance: number): number;
  statistics_totals(nClasses: number, nFeatures: number, covariance: number): number;
  statistics_restore(address: number, nClasses: number, nFeatures: number, covariance: number): void;
  statistics_add(
    address: number,
    nClasses: number,
    nFeatures: number,
    covariance: number,
    x: number,
    labels: number,
    rows: number,
    weights: number,
    forgetting: number,
  ): void;
  statistics_settle(address: number, nClasses: number, nFeatures: number, covariance: number): void;
  statistics_merge(address: number, nClasses: number, nFeatures: number, covariance: number, other: number): void;
  statistics_centers(address: number, nClasses: number, nFeatures: number, covariance: number, centers: number): void;
  statistics_variances(address: number, nClasses: number, nFeatures: number, covariance: number, out: number): void;
  statistics_covariance(address: number, nClasses: number, nFeatures: number, covariance: number, out: number): void;
}
