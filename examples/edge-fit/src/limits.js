// @ts-check
/** Limits of a request and of a fit. */
export const LIMITS = {
  /** Bytes of a body. An isolate has 128 MB for all requests that it serves at once. */
  bytes: 8 * 1024 * 1024,
  /** Rows of a batch. */
  rows: 65_536,
  /** Producers of a fit. Each is remembered for ever, in about 200 bytes. */
  producers: 10_000,
  /** Bytes of the statistics of a fit. An object reads and writes them with every batch. */
  totalsBytes: 16_000_000,
};
