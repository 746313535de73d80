// @ts-check
/** ETags that a reader says it has. */

/** @param {string | null} header If-None-Match (RFC 9110, section 13.1.2) @returns {string[]} ETags, or '*'; weak ones as strong ones */
export const etagsOf = (header) => header?.match(/"[^"]*"|^\s*\*\s*$/g)?.map((etag) => etag.trim()) ?? [];
