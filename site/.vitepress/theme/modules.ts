/** Modules that programs of the docs may import, each with the file of `run/` that the site serves for it. */
export const MODULES = {
  'center-loss': 'index.js',
  'center-loss/tfjs': 'tfjs.js',
  '@tensorflow/tfjs': 'tf.js',
} as const;
