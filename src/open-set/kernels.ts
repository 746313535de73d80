/**
 * What the open-set module exports: the functions of `crate/src/boundary/open_set/`, file by file, in their order. They
 * work in the memory of the core's engine; as there, addresses, lengths and labels are 32-bit integers.
 */
export interface OpenSetKernels {
  // metrics.rs
  accuracy(predicted: number, labels: number, rows: number): number;
}
