// All that the open-set entries share, as one file beside the core's.
export { accuracy } from './accuracy.js';
export { instantiate, isOpenSetLoaded, loadOpenSet, provideOpenSet } from './load.js';
