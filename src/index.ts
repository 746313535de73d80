// The entry of every runtime that has no condition of its own: the module's bytes are inside.

import { decodeHex } from './hex.js';
import * as core from './core.js';
import { hex } from './wasm/bytes.js';

export type * from './api.js';
export { CenterLossError, isKnown } from './core.js';

const source = () => core.instantiate(decodeHex(hex));
export const CenterLoss = /* @__PURE__ */ core.provide(core.CenterLoss, source);
export const ClassCenters = /* @__PURE__ */ core.provide(core.ClassCenters, source);
