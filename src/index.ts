// The entry of every runtime that has no condition of its own: the module's bytes are inside.
import * as api from './api.js';
import { decodeBase64 } from './base64.js';
import { provide } from './load.js';
import { base64 } from './wasm/bytes.js';
import { instantiate } from './wasm.js';

export * from './api.js';

const source = () => instantiate(decodeBase64(base64));
export const CenterLoss = /* @__PURE__ */ provide(api.CenterLoss, source);
export const ClassCenters = /* @__PURE__ */ provide(api.ClassCenters, source);
