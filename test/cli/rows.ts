// Labelled rows around centers, in files.
import { readFileSync, writeFileSync } from 'node:fs';
import { ClassCenters, fromSafetensors, load, OpenSetClassifier, writeNpy } from 'center-loss';
import { random } from '../support/mutate.js';
import { at } from './run.js';

export interface Sample {
  readonly x: Float32Array<ArrayBuffer>;
  readonly target: Int32Array<ArrayBuffer>;
  readonly rows: number;
  readonly nDim: number;
}

/** Some rows of each class, and as many of none as `unknown` says, anywhere. */
export function sample(rows: number, nClasses: number, nDim: number, seed: number, unknown = 0): Sample {
  const next = random(seed);
  const number = () => next(2 ** 24) / 2 ** 23 - 1;
  const centers = random(1);
  const center = Float32Array.from({ length: nClasses * nDim }, () => centers(2 ** 24) / 2 ** 20 - 8);
  const target = Int32Array.from({ length: rows + unknown }, (_, i) => (i < rows ? i % nClasses : -1));
  const x = Float32Array.from({ length: target.length * nDim }, (_, at) => {
    const label = target[Math.floor(at / nDim)] as number;
    return label < 0 ? 8 * number() : (center[label * nDim + (at % nDim)] as number) + number();
  });
  return { x, target, rows: target.length, nDim };
}

/** Means of classes in float64; NaN of one without rows. */
export function means({ x, target, nDim }: Sample, nClasses: number): Float64Array {
  const sums = new Float64Array(nClasses * nDim);
  const counts = new Float64Array(nClasses);
  target.forEach((label, i) => {
    if (label < 0) return;
    counts[label] = (counts[label] as number) + 1;
    for (let k = 0; k < nDim; k++) {
      sums[label * nDim + k] = (sums[label * nDim + k] as number) + (x[i * nDim + k] as number);
    }
  });
  return sums.map((sum, j) => sum / (counts[Math.floor(j / nDim)] as number));
}

/** Writes NAME.npy and NAME-labels.npy. */
export function writeSample(name: string, { x, target, rows, nDim }: Sample): void {
  writeFileSync(at(`${name}.npy`), writeNpy(x, [rows, nDim]));
  writeFileSync(at(`${name}-labels.npy`), writeNpy(target));
}

export function csvOf({ x, target, nDim }: Sample, names?: readonly string[]): string {
  const lines = Array.from(target, (label, i) => {
    const values = Array.from(x.subarray(i * nDim, (i + 1) * nDim), String);
    return `${values.join(',')},${names ? (names[label] ?? 'another') : label}\n`;
  });
  return `${Array.from({ length: nDim }, (_, k) => `f${k}`).join(',')},label\n${lines.join('')}`;
}

/** Centers or classifier in a file that the command line wrote. */
export interface Saved {
  readonly object: ClassCenters | OpenSetClassifier;
  readonly params: Float32Array<ArrayBuffer>;
  readonly names: readonly string[] | undefined;
  readonly counts: ArrayLike<unknown> | undefined;
}

export function saved(name: string): Saved {
  const file = readFileSync(at(name));
  const object = load(file);
  if (!(object instanceof ClassCenters || object instanceof OpenSetClassifier)) throw new Error(`${name}: not a model`);
  const { params } = object instanceof ClassCenters ? object : object.centers;
  return { object, params: params.slice(), names: object.names, counts: fromSafetensors(file).tensors.counts?.data };
}

/** Classifier in a file that the command line wrote. */
export function savedClassifier(name: string): OpenSetClassifier {
  return OpenSetClassifier.load(readFileSync(at(name)));
}
