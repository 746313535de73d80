// @ts-check
/** Changes malformed requests at random. */
import { request } from './malformed.js';
import { random } from './random.js';

/** @import { Kind } from './malformed.js' */

/** Texts that have a meaning in HTTP or JSON. */
const TOKENS = '\r\n|\r\n\r\n|\0|:| |0|99999999999999999999|-1|1e999|NaN|"|[|]|{|}|,|é|\xff|%00|/..|?'.split('|');

/** Changes bytes in some places. @param {Buffer} bytes @param {() => number} draw */
function mutate(bytes, draw) {
  let text = bytes.toString('latin1');
  for (let changes = 1 + Math.floor(3 * draw()); changes > 0; changes--) {
    const at = Math.floor(draw() * (text.length + 1));
    const length = Math.floor(draw() ** 3 * 20);
    const token = TOKENS[Math.floor(draw() * TOKENS.length)];
    const other = Math.floor(draw() * text.length);
    const inserted = [token, '', String.fromCharCode(256 * draw()), text.slice(other, other + length)];
    text = text.slice(0, at) + inserted[Math.floor(4 * draw())] + text.slice(at + (draw() < 0.5 ? length : 0));
  }
  return Buffer.from(text, 'latin1');
}

/**
 * Makes changed requests. The worker must not fail, whatever it replies.
 * @param {Kind[]} kinds @param {number} seed
 * @param {string} post method and path of a request with a body @param {string[]} headers
 * @returns {() => Kind}
 */
export function changed(kinds, seed, post, headers) {
  const draw = random(seed);
  const small = kinds.map(({ bytes }) => Buffer.from(bytes)).filter(({ length }) => length < 5000);
  return () => {
    const bytes = mutate(small[Math.floor(draw() * small.length)] ?? Buffer.alloc(0), draw);
    const name = JSON.stringify(bytes.toString('latin1'));
    // Half of the bodies are framed as they should be, so that the connection can serve the next request.
    const body = bytes.subarray(Math.max(0, bytes.indexOf('\r\n\r\n') + 4));
    if (draw() < 0.5) return { name: `framed ${name}`, bytes: request(post, headers, body) };
    // Bytes may announce more than there are, so the client says that these are all.
    return { name, bytes, after: (connection) => connection.finish() };
  };
}
