/** The network and its training: TensorFlow.js computes the network, this package the loss of its features. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainFile from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdFile from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { CACLoss, CenterLoss, ClassCenters, IslandLoss, type ProxyLoss, type Target } from 'center-loss';
import { centerLossTerm } from 'center-loss/tfjs';
import { CLASSES, type Digits, distort, PIXELS, randomNumbers, stranger } from './digits.js';
import type { Settings } from './messages.js';

const HIDDEN = [256, 128];
/** D, the width of the features. */
const FEATURES = 16;
const BATCH = 64;
/** Rows of a batch that have no class. */
const STRANGERS = 13;
/** Different pictures of no class. */
const ALL_STRANGERS = 2000;
/** Digits whose means stand in for centers where the loss has none. */
const FOR_MEANS = 500;
const LEARNING_RATE = 2e-3;
/** Steps in which λ rises to its value: at full strength at once, it holds all features in one heap. */
const RAMP = 500;

/** Part of TensorFlow.js that the term needs: a bundler would keep all of `tf`. */
const BRIDGE = { customGrad: tf.customGrad, mul: tf.mul, scalar: tf.scalar, tensor: tf.tensor };

/** Starts the backend. It uses SIMD where the browser has it. */
export async function startBackend(): Promise<void> {
  // Threads would need shared memory, which few sites have. TensorFlow.js wants a file for them nevertheless.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainFile,
    'tfjs-backend-wasm-simd.wasm': simdFile,
    'tfjs-backend-wasm-threaded-simd.wasm': simdFile,
  });
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js did not start');
  // The gradient of tfjs multiplies by transposed operands, for which the backend has scalar loops only.
  tf.unregisterGradient('BatchMatMul');
  tf.registerGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [tf.Tensor2D, tf.Tensor2D];
      const product = dy as tf.Tensor2D;
      return { a: () => tf.matMul(product, tf.transpose(b)), b: () => tf.matMul(tf.transpose(a), product) };
    },
  });
}

/** Makes the loss of a training; null for softmax alone, which has no centers. */
function makeLoss({ loss, seed }: Settings): CenterLoss | ProxyLoss | null {
  if (loss === 'center') return new CenterLoss(CLASSES, FEATURES, { reduction: 'batch', init: 'normal', seed });
  if (loss === 'cac') return new CACLoss(CLASSES, FEATURES);
  if (loss === 'island') return new IslandLoss(CLASSES, FEATURES, { lambda: 1, seed });
  return null;
}

interface Layer {
  weights: tf.Variable<tf.Rank.R2>;
  bias: tf.Variable;
}

export class Training {
  /** Milliseconds in calls of this package, and in whole steps. */
  readonly time = { core: 0, all: 0 };
  steps = 0;
  /** Loss of the softmax, and of the centers, in the last step; null if the training has none. */
  readonly losses: { softmax: number | null; center: number | null } = { softmax: null, center: null };

  readonly #settings: Settings;
  readonly #digits: Digits;
  readonly #strangers: Uint8Array[] = [];
  readonly #random: () => number;
  readonly #layers: Layer[];
  readonly #optimizer = tf.train.adam(LEARNING_RATE);
  readonly #loss: CenterLoss | ProxyLoss | null;
  #means: ClassCenters | undefined;

  /** `settings` may change while it trains: λ and α are read at every step. */
  constructor(settings: Settings, digits: Digits) {
    this.#settings = settings;
    this.#digits = digits;
    this.#random = randomNumbers(settings.seed);
    const sizes = [PIXELS, ...HIDDEN, FEATURES, CLASSES];
    this.#layers = sizes.slice(1).map((outputs, i) => {
      const inputs = sizes[i] as number;
      // tfjs takes seed 0 for "no seed", hence the + 1.
      const weights = tf.randomNormal(
        [inputs, outputs],
        0,
        Math.sqrt(2 / inputs),
        'float32',
        settings.seed * 10 + i + 1,
      );
      return { weights: tf.variable(weights as tf.Tensor2D), bias: tf.variable(tf.zeros([outputs])) };
    });
    this.#loss = makeLoss(settings);
  }

  /** Centers of the training; for softmax alone, the class means of some digits that it trains on. */
  centers(): ClassCenters {
    if (this.#loss) return this.#loss.centers;
    const { pixels, labels } = this.#digits;
    this.#means?.dispose();
    const features = this.features(pixels.subarray(0, FOR_MEANS * PIXELS));
    this.#means = ClassCenters.fit(features, labels.subarray(0, FOR_MEANS), { nDim: FEATURES });
    return this.#means;
  }

  /** Features [count, D] of pictures [count, 784]. */
  features(pixels: Uint8Array): Float32Array {
    return tf.tidy(() => {
      const inputs = tf.div(tf.tensor2d(Float32Array.from(pixels), [pixels.length / PIXELS, PIXELS]), 255);
      return this.#forward(inputs as tf.Tensor2D).dataSync() as Float32Array;
    });
  }

  /** Trains on one batch. */
  step(): void {
    const started = performance.now();
    const { labels, pixels } = this.#nextBatch();
    // TypeScript has the learning rate protected, but Adam reads it anew at every step.
    Object.assign(this.#optimizer, { learningRate: LEARNING_RATE / Math.max(1, 0.3 + this.steps / 1000) });
    tf.tidy(() => {
      const inputs = tf.tensor2d(pixels, [BATCH, PIXELS]);
      this.#optimizer.minimize(() => this.#cost(this.#forward(inputs), labels));
    });
    this.steps += 1;
    this.time.all += performance.now() - started;
  }

  dispose(): void {
    for (const { weights, bias } of this.#layers) tf.dispose([weights, bias]);
    this.#optimizer.dispose();
    this.#loss?.dispose();
    this.#means?.dispose();
  }

  #cost(features: tf.Tensor2D, labels: Int32Array): tf.Scalar {
    const { loss, lambda } = this.#settings;
    const center = this.#loss && this.#term(this.#loss)(features, labels);
    this.losses.center = center ? (center.dataSync()[0] ?? null) : null;
    if (center && loss === 'cac') return center;
    const { weights, bias } = this.#layers.at(-1) as Layer;
    const logits = tf.add(tf.matMul(features, weights), bias);
    // A picture of no class is to have the same probability in every class.
    const wanted = Float32Array.from({ length: BATCH * CLASSES }, (_, i) => {
      const label = labels[Math.floor(i / CLASSES)] as number;
      return label < 0 ? 1 / CLASSES : Number(label === i % CLASSES);
    });
    const softmax = tf.losses.softmaxCrossEntropy(tf.tensor2d(wanted, [BATCH, CLASSES]), logits) as tf.Scalar;
    this.losses.softmax = softmax.dataSync()[0] ?? null;
    if (!center) return softmax;
    return tf.add(softmax, tf.mul(center, lambda * Math.min(1, this.steps / RAMP)));
  }

  /** The loss as a term of TensorFlow.js, with a clock around the calls of this package. */
  #term(loss: CenterLoss | ProxyLoss) {
    const { alpha } = this.#settings;
    const timed = <Args extends unknown[], Result>(call: (...args: Args) => Result) => {
      return (...args: Args): Result => {
        const started = performance.now();
        const result = call(...args);
        this.time.core += performance.now() - started;
        return result;
      };
    };
    const { nDim, nClasses } = loss;
    const clocked = {
      nDim,
      nClasses,
      evaluate: timed((x: Float32Array, target: Target) => loss.evaluate(x, target)),
      gradients: timed((x: Float32Array, target: Target) => loss.gradients(x, target)),
      step: timed((x: Float32Array, target: Target) =>
        loss instanceof CenterLoss ? loss.step(x, target, { alpha }) : loss.step(x, target, { learningRate: alpha }),
      ),
    };
    return centerLossTerm(BRIDGE, clocked, { step: true });
  }

  #forward(inputs: tf.Tensor2D): tf.Tensor2D {
    return this.#layers.slice(0, -1).reduce((x, { weights, bias }, i) => {
      const y: tf.Tensor2D = tf.add(tf.matMul(x, weights), bias);
      return i < HIDDEN.length ? tf.relu(y) : y;
    }, inputs);
  }

  #nextBatch(): { pixels: Float32Array; labels: Int32Array } {
    const pixels = new Float32Array(BATCH * PIXELS);
    const labels = new Int32Array(BATCH);
    const strangers = this.#settings.strangers ? STRANGERS : 0;
    const pick = (count: number) => Math.floor(this.#random() * count);
    // The first steps make the pictures of no class, so that the training begins at once.
    if (this.#strangers.length < ALL_STRANGERS) {
      for (let i = 0; i < strangers; i++) this.#strangers.push(stranger(this.#digits, this.#random));
    }
    for (let row = 0; row < BATCH; row++) {
      const isStranger = row < strangers;
      const digit = pick(this.#digits.labels.length);
      const picture = isStranger
        ? (this.#strangers[pick(this.#strangers.length)] as Uint8Array)
        : this.#digits.pixels.subarray(digit * PIXELS, (digit + 1) * PIXELS);
      labels[row] = isStranger ? -1 : (this.#digits.labels[digit] as number);
      distort(picture, pixels.subarray(row * PIXELS, (row + 1) * PIXELS), this.#random);
    }
    return { pixels, labels };
  }
}
