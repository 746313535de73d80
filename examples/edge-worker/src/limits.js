// @ts-check
/** Limits of one request. */
export const LIMITS = { bytes: 64 * 1024, rows: 256 };
