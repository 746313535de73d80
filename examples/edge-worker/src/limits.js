// @ts-check
/** What one request may ask for. */
export const LIMITS = { bytes: 64 * 1024, rows: 256 };
