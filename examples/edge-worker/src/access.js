// @ts-check
/** Access: a token, and a limit of calls. */
import { HttpError } from './http.js';

/**
 * Counts the calls of an address, and asks for the token.
 * @param {Request} request @param {Env} env @throws HttpError 401 or 429
 */
export async function checkAccess({ headers }, { RATE_LIMIT, PUBLIC, TOKEN }) {
  // The platform sets this header; a client can't. Calls are counted first, so that tokens can't be guessed fast.
  const address = headers.get('cf-connecting-ip') ?? '';
  if (RATE_LIMIT && !(await RATE_LIMIT.limit({ key: address })).success) {
    throw new HttpError(429, 'ERR_RATE', 'too many requests; try again in a minute', { 'retry-after': '60' });
  }
  if (PUBLIC) return;
  if (!TOKEN) throw new Error('neither the secret TOKEN nor the variable PUBLIC is set');
  const [, given = ''] = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  // Digests have one length, so the comparison tells nothing about the token, not even its length.
  if (crypto.subtle.timingSafeEqual(await digest(given), await digest(TOKEN))) return;
  const message = 'the request needs the header "authorization: Bearer TOKEN" with the right token';
  throw new HttpError(401, 'ERR_TOKEN', message, { 'www-authenticate': 'Bearer' });
}

/** @param {string} text */
const digest = (text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
