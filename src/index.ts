// The entry of every runtime that has no condition of its own: the module's bytes are inside.

import { decodeBase64 } from './base64.js';
import * as core from './core.js';
import { base64 } from './wasm/bytes.js';

export type * from './api.js';
export { CenterLossError, isKnown } from './core.js';

const source = () => core.instantiate(decodeBase64(base64));
export const CenterLoss = /* @__PURE__ */ core.provide(core.CenterLoss, source);
export const ClassCenters = /* @__PURE__ */ core.provide(core.ClassCenters, source);
