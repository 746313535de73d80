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

/** As much of a message as a person reads: a reply must not send a whole body back. */
const SHOWN = 60;

/** @param {unknown} value anything that came as JSON @returns {string} for a message */
export function shown(value) {
  // Not its text: how deep it is, is the client's choice.
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? value.slice(0, SHOWN) : value;
  return text === value ? JSON.stringify(text) : `${JSON.stringify(text)}…`;
}
