// @ts-check
/** What one request may ask for, and what one fit may grow to. */
export const LIMITS = {
  /** Of a body. An isolate has 128 MB, for all requests that it serves at once. */
  bytes: 8 * 1024 * 1024,
  /** Of a batch. */
  rows: 65_536,
  /** Of a fit: each is remembered for ever, in some 200 bytes. */
  producers: 10_000,
  /** Of all statistics: an object reads and writes them with every batch. */
  totalsBytes: 16_000_000,
};
