// The entry of Vercel's edge runtime, which compiles no bytes: its bundlers make `?module` a module.
import { instantiate, RANK, registerEngine } from '../engine/engine.js';
import module from './center-loss.wasm?module';

export * from '../index.js';

registerEngine(() => instantiate(module), RANK.wasm);
