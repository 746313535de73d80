// @ts-check
/** A request that can't be answered, and the HTTP status that says so. */
export class RequestError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
  constructor(status, code, message, headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Characters of a value in a message: a reply must not send a whole body back. */
const SHOWN = 60;

/** @param {unknown} value anything that came as JSON @returns {string} for a message */
export function shown(value) {
  // The text of an array may nest as deep as a client likes.
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? value.slice(0, SHOWN) : value;
  return text === value ? JSON.stringify(text) : `${JSON.stringify(text)}…`;
}
