// The open-set entry for Vercel's edge runtime.
import { ClassCenters } from './index.edge-light.js';
import * as set from './open-set/core.js';
import module from './open-set.wasm?module';

export { CenterLoss, CenterLossError, ClassCenters, isKnown } from './index.edge-light.js';
export type * from './open-set/api.js';

const source = () => set.instantiate(module);
export const accuracy = /* @__PURE__ */ set.provideOpenSet(set.accuracy, source, ClassCenters);
