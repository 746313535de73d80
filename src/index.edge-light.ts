// The entry for Vercel's edge runtime, which compiles no bytes: its bundlers make `?module` a module.
import * as api from './api.js';
import module from './center-loss.wasm?module';
import { provide } from './load.js';
import { instantiate } from './wasm.js';

export * from './api.js';

const source = () => instantiate(module);
export const CenterLoss = /* @__PURE__ */ provide(api.CenterLoss, source);
export const ClassCenters = /* @__PURE__ */ provide(api.ClassCenters, source);
