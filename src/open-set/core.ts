// All that the open-set entries share, as one file beside the core's.
export { accuracy } from './accuracy.js';
export { CACLoss } from './cac-loss.js';
export { CenterLoss } from './center-loss.js';
export { classWeights } from './class-weights.js';
export { classify } from './classify.js';
export { ContrastiveCenterLoss } from './contrastive-center-loss.js';
export { DeepSVDDLoss } from './deep-svdd-loss.js';
export { distances, predict } from './distances.js';
export { fromFloat16, toFloat16 } from './half.js';
export { IslandLoss } from './island-loss.js';
export { instantiate, isOpenSetLoaded, loadOpenSet, provideOpenSet } from './load.js';
export { OpenSetClassifier } from './open-set-classifier.js';
export { fitPrecision } from './precision.js';
export { auprIn, auprOut, auroc, fprAtTpr, openSetMetrics, oscr, rocCurve } from './ranking.js';
export { softmaxCenter } from './softmax-center.js';
export { softmaxCrossEntropy } from './softmax-cross-entropy.js';
export { conformalPValues, fitThreshold } from './threshold.js';
export { TripletCenterLoss } from './triplet-center-loss.js';
