/**
 * What the open-set module exports: the functions of `crate/src/boundary/open_set/`, file by file, in their order. They
 * work in the memory of the core's engine; as there, addresses, lengths and labels are 32-bit integers.
 */
export interface OpenSetKernels {
  // metrics.rs
  accuracy(predicted: number, labels: number, rows: number): number;
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
  sgd(
    centers: number,
    gradient: number,
    velocity: number,
    length: number,
    learningRate: number,
    momentum: number,
  ): void;
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
}
