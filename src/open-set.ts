// The open-set entry of every runtime that has no condition of its own: the bytes of its module are inside.
import { decodeHex } from './hex.js';
import { ClassCenters } from './index.js';
import * as set from './open-set/core.js';
import { hex } from './wasm/open-set-bytes.js';

export { CenterLoss, CenterLossError, ClassCenters, isKnown } from './index.js';
export type * from './open-set/api.js';

const source = () => set.instantiate(decodeHex(hex));
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
