// Python's own libraries, where they are installed: they open our files, and we refuse the files that they refuse.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CenterLoss,
  ClassStatistics,
  type Dtype,
  fromSafetensors,
  OpenSetClassifier,
  readNpy,
  type Tensor,
  toSafetensors,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import { arrays, bytesOf, stateDicts, tensors } from '../oracle/cases.js';
import { mutated, random } from '../support/mutate.js';
import { hasPython, python } from '../support/python.js';

interface Found {
  readonly dtype: string;
  readonly shape: number[];
  readonly base64: string;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** Contents of each file by Python's library; null where it refuses the file. */
function judge<F>(kind: 'safetensors' | 'npy', files: readonly Uint8Array[]): (F | null)[] {
  const { stdout, stderr, status } = spawnSync(
    python,
    [fileURLToPath(new URL('../oracle/oracle.py', import.meta.url)), 'judge'],
    { input: files.map((file) => `${kind} ${base64(file)}\n`).join(''), encoding: 'utf8', maxBuffer: 2 ** 30 },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const bytesOfTensor = ({ data }: Tensor) => base64(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
const described = (tensors: Readonly<Record<string, Tensor>>): Record<string, Found> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { dtype: tensor.dtype, shape: [...tensor.shape], base64: bytesOfTensor(tensor) },
    ]),
  );

const attempt = <T>(act: () => T): T | null => {
  try {
    return act();
  } catch {
    return null;
  }
};

describe.skipIf(!hasPython)('Python', () => {
  it('opens safetensors files of ours, with equal values', () => {
    const names = ['a', 'b', 'ç', '狗', '𝟙', '"', '\\'];
    const loss = new CenterLoss(7, 5, { radius: 0.25, seed: 3, names, classWeight: [0, 1, 2, 3, 4, 5, 1e30] });
    const classifier = new OpenSetClassifier(loss, { threshold: [1, 2, 3, 4, 5, 6, 1e38] });
    const statistics = new ClassStatistics(2, 3, { covariance: 'tied' });
    statistics.add([1, 2, 3, 4, 5, 7], [0, 0]);
    const named = new OpenSetClassifier({ nDim: 2 });
    named.addClass('狗', [1, 2]);
    const objects = [loss, classifier, statistics, named];
    const saved = objects.map((object) => object.save());
    for (const object of objects) object.dispose();
    const values = Float32Array.of(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3.4e38);
    const all: Record<string, Tensor> = {
      one: { dtype: 'F64', shape: [], data: Float64Array.of(1 / 3) },
      none: { dtype: 'F32', shape: [0, 3], data: new Float32Array(0) },
      values: { dtype: 'F32', shape: [2, 3], data: values },
      half: { dtype: 'F16', shape: [2], data: Uint16Array.of(1, 0xfbff) },
      flags: { dtype: 'BOOL', shape: [1, 3], data: Uint8Array.of(0, 1, 1) },
      wide: { dtype: 'I64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
    };
    const files = [...saved, toSafetensors(all, { a: '\u0000', 'b\n': '"狗"' }), toSafetensors({})];
    const found = judge<Record<string, Found>>('safetensors', files);
    expect(found).toEqual(files.map((file) => described(fromSafetensors(file).tensors)));
  });

  it('refuses most safetensors files that we refuse, and we refuse all that it refuses', () => {
    const next = random(9);
    const seeds = [...tensors, ...stateDicts].map(bytesOf);
    const files = Array.from({ length: 20_000 }, () => mutated(seeds, next, true));
    const theirs = judge<Record<string, Found>>('safetensors', files);
    let [both, odd] = [0, 0];
    for (const [i, file] of files.entries()) {
      const ours = attempt(() => described(fromSafetensors(file).tensors));
      if (ours) {
        both++;
        // A matcher takes longer than all the rest.
        if (sorted(ours) !== sorted(theirs[i])) expect(ours).toEqual(theirs[i]);
      } else if (theirs[i]) odd++;
    }
    expect(both).toBeGreaterThan(1_000);
    expect(odd).toBeLessThan(both / 20);
  });

  it('refuses most .npy files that we refuse, and we refuse all that it refuses', () => {
    const next = random(10);
    const seeds = arrays.map(bytesOf);
    const files = Array.from({ length: 20_000 }, () => mutated(seeds, next, false));
    const theirs = judge<{ descr: string; shape: number[]; base64: string }>('npy', files);
    let [both, odd] = [0, 0];
    for (const [i, file] of files.entries()) {
      const ours = attempt(() => readNpy(file));
      const found = theirs[i];
      if (ours) {
        both++;
        const { dtype, shape } = ours;
        const same = found && `${found.shape}` === `${shape}` && found.base64 === bytesOfTensor(ours);
        if (!same) expect([file.subarray(0, 140).toString(), dtype satisfies Dtype, shape]).toEqual(found);
      } else if (found && /^[<|][biuf][1248]$/.test(found.descr)) odd++;
    }
    expect(both).toBeGreaterThan(500);
    expect(odd).toBeLessThan(both / 10);
  });
});

const sorted = (tensors: Record<string, Found> | null | undefined) =>
  JSON.stringify(Object.entries(tensors ?? {}).sort());
