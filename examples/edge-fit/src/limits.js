// @ts-check
/** Limits that keep workers and objects within the memory of an isolate, 128 MB. */
export const LIMITS = {
  bytes: 8 * 1024 * 1024, // of a body
  rows: 65_536, // of a batch
  producers: 10_000, // of a fit: the object keeps a record of each, 200 bytes at most
  totalsBytes: 16_000_000, // of the statistics of a fit: the object reads and writes them with every batch
};
