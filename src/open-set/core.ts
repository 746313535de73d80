// All that the open-set entries share, as one file beside the core's.
export { accuracy } from './accuracy.js';
export { CACLoss } from './cac-loss.js';
export { ContrastiveCenterLoss } from './contrastive-center-loss.js';
export { DeepSVDDLoss } from './deep-svdd-loss.js';
export { IslandLoss } from './island-loss.js';
export { instantiate, isOpenSetLoaded, loadOpenSet, provideOpenSet } from './load.js';
export { softmaxCenter } from './softmax-center.js';
export { softmaxCrossEntropy } from './softmax-cross-entropy.js';
export { TripletCenterLoss } from './triplet-center-loss.js';
