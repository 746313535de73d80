// The entry of every runtime without a condition of its own: the bytes of the module are inside.
import { instantiate, RANK, registerEngine } from '../engine/engine.js';
import { decodeHex } from '../engine/hex.js';
import { hex } from '../wasm/bytes.js';

export * from '../index.js';

registerEngine(() => instantiate(decodeHex(hex)), RANK.wasm);
