// Labelled rows around centers, in files.
import { writeFileSync } from 'node:fs';
import { writeNpy } from 'center-loss/files';
import { random } from '../files/mutate.js';
import { at } from './run.js';

export interface Sample {
  readonly x: Float32Array<ArrayBuffer>;
  readonly target: Int32Array<ArrayBuffer>;
  readonly rows: number;
  readonly nFeatures: number;
}

/** Some rows of each class, and as many of none as `unknown` says, anywhere. */
export function sample(rows: number, nClasses: number, nFeatures: number, seed: number, unknown = 0): Sample {
  const next = random(seed);
  const number = () => next(2 ** 24) / 2 ** 23 - 1;
  const centers = random(1);
  const center = Float32Array.from({ length: nClasses * nFeatures }, () => centers(2 ** 24) / 2 ** 20 - 8);
  const target = Int32Array.from({ length: rows + unknown }, (_, i) => (i < rows ? i % nClasses : -1));
  const x = Float32Array.from({ length: target.length * nFeatures }, (_, at) => {
    const label = target[Math.floor(at / nFeatures)] as number;
    return label < 0 ? 8 * number() : (center[label * nFeatures + (at % nFeatures)] as number) + number();
  });
  return { x, target, rows: target.length, nFeatures };
}

/** Means of classes in float64; NaN of one without rows. */
export function means({ x, target, nFeatures }: Sample, nClasses: number): Float64Array {
  const sums = new Float64Array(nClasses * nFeatures);
  const counts = new Float64Array(nClasses);
  target.forEach((label, i) => {
    if (label < 0) return;
    counts[label] = (counts[label] as number) + 1;
    for (let k = 0; k < nFeatures; k++) {
      sums[label * nFeatures + k] = (sums[label * nFeatures + k] as number) + (x[i * nFeatures + k] as number);
    }
  });
  return sums.map((sum, j) => sum / (counts[Math.floor(j / nFeatures)] as number));
}

/** Writes NAME.npy and NAME-labels.npy. */
export function writeSample(name: string, { x, target, rows, nFeatures }: Sample): void {
  writeFileSync(at(`${name}.npy`), writeNpy(x, [rows, nFeatures]));
  writeFileSync(at(`${name}-labels.npy`), writeNpy(target));
}

export function csvOf({ x, target, nFeatures }: Sample, names?: readonly string[]): string {
  const lines = Array.from(target, (label, i) => {
    const values = Array.from(x.subarray(i * nFeatures, (i + 1) * nFeatures), String);
    return `${values.join(',')},${names ? (names[label] ?? 'another') : label}\n`;
  });
  return `${Array.from({ length: nFeatures }, (_, k) => `f${k}`).join(',')},label\n${lines.join('')}`;
}
