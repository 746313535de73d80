// The open-set entry for workerd.
import { ClassCenters } from './index.workerd.js';
import * as set from './open-set/core.js';
import module from './open-set.wasm';

export { CenterLoss, CenterLossError, ClassCenters, isKnown } from './index.workerd.js';
export type * from './open-set/api.js';

const source = () => set.instantiate(module);
export const accuracy = /* @__PURE__ */ set.provideOpenSet(set.accuracy, source, ClassCenters);
