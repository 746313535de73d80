/**
 * What the engine exports, WebAssembly or its translation to JavaScript: the functions of
 * `crate/src/boundary/core_module.rs`, in its order, and its memory. Addresses, lengths and labels are 32-bit integers; a result above 2³¹ comes back negative.
 */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  workspace_bytes(rows: number, nClasses: number, nDim: number): number;
  init_slots(slots: number, nClasses: number): void;
  forward(distmat: number, labels: number, rows: number, nClasses: number, radius: number, reduction: number): number;
  backward(
    distmat: number,
    labels: number,
    rows: number,
    nClasses: number,
    radius: number,
    reduction: number,
    grad: number,
  ): void;
  gradient(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    radius: number,
    reduction: number,
    gradX: number,
  ): number;
  gradients(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    radius: number,
    reduction: number,
    gradX: number,
    gradCenters: number,
    touched: number,
    dense: number,
    slots: number,
    work: number,
  ): number;
  wen_step(
    x: number,
    labels: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    radius: number,
    reduction: number,
    gradX: number,
    alpha: number,
    slots: number,
    work: number,
  ): number;
  distances_workspace_bytes(rows: number, nClasses: number, nDim: number): number;
  distances(
    x: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    distmat: number,
    work: number,
  ): void;
  predict(
    x: number,
    rows: number,
    centers: number,
    nClasses: number,
    nDim: number,
    classes: number,
    work: number,
  ): void;
  softmin(distmat: number, rows: number, nClasses: number): void;
  init_normal(centers: number, nClasses: number, nDim: number, seed: number): void;
  init_orthogonal(centers: number, nClasses: number, nDim: number, seed: number): void;
  init_unit_vectors(centers: number, nClasses: number, nDim: number): void;
  scale(centers: number, nClasses: number, nDim: number, magnitude: number): void;
}
