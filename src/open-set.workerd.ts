// The open-set entry for workerd.
import { ClassCenters } from './index.workerd.js';
import * as set from './open-set/core.js';
import module from './open-set.wasm';

export { CenterLoss, CenterLossError, ClassCenters, isKnown } from './index.workerd.js';
export type * from './open-set/api.js';

const source = () => set.instantiate(module);
export const accuracy = /* @__PURE__ */ set.provideOpenSet(set.accuracy, source, ClassCenters);
export const CACLoss = /* @__PURE__ */ set.provideOpenSet(set.CACLoss, source, ClassCenters);
export const ContrastiveCenterLoss = /* @__PURE__ */ set.provideOpenSet(
  set.ContrastiveCenterLoss,
  source,
  ClassCenters,
);
export const DeepSVDDLoss = /* @__PURE__ */ set.provideOpenSet(set.DeepSVDDLoss, source, ClassCenters);
export const IslandLoss = /* @__PURE__ */ set.provideOpenSet(set.IslandLoss, source, ClassCenters);
export const softmaxCenter = /* @__PURE__ */ set.provideOpenSet(set.softmaxCenter, source, ClassCenters);
export const softmaxCrossEntropy = /* @__PURE__ */ set.provideOpenSet(set.softmaxCrossEntropy, source, ClassCenters);
export const TripletCenterLoss = /* @__PURE__ */ set.provideOpenSet(set.TripletCenterLoss, source, ClassCenters);
