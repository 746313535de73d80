// Mutated files: a reader never crashes, never takes long, and never accepts a wrong file.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CACLoss,
  CenterLoss,
  CenterLossError,
  ClassCenters,
  ClassStatistics,
  DeepSVDDLoss,
  DistanceCrossEntropyLoss,
  fromSafetensors,
  type LoadedObject,
  load,
  loadCenters,
  OpenSetClassifier,
  readNpy,
  type Safetensors,
  type Tensor,
  toSafetensors,
} from 'center-loss';
import { expect, it } from 'vitest';
import { arrays, bytesOf, stateDicts, tensors } from '../oracle/cases.js';
import { expectError } from '../support/error.js';
import { mutated, random } from '../support/mutate.js';

/** Bits of one value, written apart from the table of the reader. */
const BITS: Record<string, number> = {
  ...{ BOOL: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8 },
  ...{ F8_E5M2FNUZ: 8, I16: 16, U16: 16, F16: 16, BF16: 16, I32: 32, U32: 32, F32: 32, C64: 64, F64: 64, I64: 64 },
  U64: 64,
};

/** Reads a safetensors file with JSON's own parser and whole numbers of any size; undefined if the file is wrong. */
function plainReader(file: Uint8Array): Map<string, { dtype: string; shape: number[]; bytes: string }> | undefined {
  if (file.length < 8) return undefined;
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > BigInt(file.length - 8)) return undefined;
  const data = file.subarray(8 + Number(length));
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      file.subarray(8, 8 + Number(length)),
    );
    header = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(header)) return undefined;
  const found = new Map<string, { dtype: string; shape: number[]; bytes: string }>();
  const taken: [number, number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (!isObject(entry)) return undefined;
    if (name === '__metadata__') {
      if (Object.values(entry).some((value) => typeof value !== 'string')) return undefined;
      continue;
    }
    if (Object.keys(entry).sort().join() !== 'data_offsets,dtype,shape') return undefined;
    const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
    const isNaturals = (list: unknown): list is number[] =>
      Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0 && !Object.is(size, -0));
    if (typeof dtype !== 'string' || !Object.hasOwn(BITS, dtype)) return undefined;
    if (!isNaturals(shape) || !isNaturals(offsets) || offsets.length !== 2 || shape.length > 64) return undefined;
    const bits = shape.reduce((product, size) => product * BigInt(size), BigInt(BITS[dtype] as number));
    const [start, end] = offsets as [number, number];
    if (BigInt(end - start) * 8n !== bits || end > data.length) return undefined;
    taken.push([start, end]);
    found.set(name, { dtype, shape, bytes: `${data.subarray(start, end)}` });
  }
  taken.sort(([a, b], [c, d]) => a - c || b - d);
  const whole = taken.reduce((at, [start, end]) => (start === at ? end : Number.NaN), 0);
  return whole === data.length ? found : undefined;
}

/** A file that a reader refuses as one should; undefined if it is taken. */
function refusal(read: () => unknown): CenterLossError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof CenterLossError && error.code === 'ERR_FORMAT' && error.message.length < 1500) return error;
    throw error;
  }
}

/** Reads each file, and how long the slowest took. */
function slowest(files: number, each: (index: number) => void): number {
  let most = 0;
  for (let i = 0; i < files; i++) {
    const started = performance.now();
    each(i);
    most = Math.max(most, performance.now() - started);
  }
  return most;
}

/** A file of every kind, with everything that each may have. */
const ours = (): Uint8Array[] => {
  const [x, target] = [[0, 0, 1, 0, 3, 3, 3, 4], Int32Array.of(0, 0, 1, 1)];
  const centers = ClassCenters.fit(x, target, { names: ['a', 'b'], nDim: 2 });
  const statistics = (['none', 'tied'] as const).map((covariance) => {
    const one = new ClassStatistics(2, 2, { covariance, forgetting: 0.5 });
    one.add(x, target);
    return one;
  });
  const named = new OpenSetClassifier(centers);
  named.addClass('c', x, { sampleWeight: [1, 2, 3, 4] });
  const objects = [
    centers,
    new CenterLoss(3, 2, { radius: 0.5, seed: 1 }),
    new CenterLoss(2, 2, { radius: [0.5, 1], names: ['a', 'b'], classWeight: [1, 2], init: 'normal' }),
    new CACLoss(2, 3, { names: ['a', 'b'], classWeight: [1, 2] }),
    new DistanceCrossEntropyLoss(2, 3, { metric: 'euclidean', temperature: 2 }),
    new DeepSVDDLoss(2, { center: Float32Array.of(1, 2), radius: 1 }),
    ...(['normalized', 'mahalanobis', 'softmin'] as const).map((score, i) =>
      new OpenSetClassifier(centers, { score }).fit(x, target, { perClass: i > 0 }),
    ),
    new OpenSetClassifier(centers, { score: 'mahalanobis', covariance: 'tied', shrinkage: 0.5, relative: true }).fit(
      x,
      target,
    ),
    ...statistics,
    named,
  ];
  const files = objects.map((object) => object.save());
  for (const one of objects) one.dispose();
  return files;
};

it('100,000 safetensors files', { timeout: 300_000 }, () => {
  const seeds = [...[...tensors, ...stateDicts].map(bytesOf), ...ours(), ...ours()];
  const next = random(7);
  let [taken, refused, loaded] = [0, 0, 0];
  const kinds = new Map<string, number>();
  const longest = slowest(100_000, () => {
    const file = mutated(seeds, next, true);
    let read: Safetensors | undefined;
    if (refusal(() => (read = fromSafetensors(file)))) refused++;
    const wanted = plainReader(file);
    if (read) {
      taken++;
      // A matcher takes longer than all the rest.
      const found = Object.entries(read.tensors).map(([name, tensor]) => [name, described(tensor)]);
      const expected = [...(wanted ?? [['refused', '']])].map(([name, tensor]) => [name, tensor]);
      if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected);
    } else if (wanted && isPlain(file)) {
      expect.unreachable(`refused, but right: ${new TextDecoder().decode(file)}`);
    }
    if (!refusal(() => checkLoaded(loadCenters(file)))) loaded++;
    let object: LoadedObject | undefined;
    if (!refusal(() => (object = load(file)))) {
      const { kind = '' } = fromSafetensors(file).metadata;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      checkWorks(object as LoadedObject, read);
    }
  });
  // Many of every kind were taken.
  expect(taken).toBeGreaterThan(5_000);
  expect(loaded).toBeGreaterThan(2_500);
  const names =
    'CACLoss CenterLoss ClassCenters ClassStatistics DeepSVDDLoss DistanceCrossEntropyLoss OpenSetClassifier';
  expect([...kinds.keys()].sort()).toEqual(names.split(' '));
  expect(Math.min(...kinds.values())).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(50_000);
  expect(longest).toBeLessThan(2_000);
});

const described = ({ dtype, shape, data }: Tensor) => ({
  dtype,
  shape,
  bytes: `${new Uint8Array(data.buffer, data.byteOffset, data.byteLength)}`,
});

/** Tells whether JSON writes the header as it is. Then no key stands twice, which JSON's own parser hides. */
function isPlain(file: Uint8Array): boolean {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder().decode(file.subarray(8, 8 + length)).trim();
  return JSON.stringify(JSON.parse(text)) === text && !/\\ud[89a-f]/i.test(text);
}

/** Checks that loaded centers are as their type says. */
function checkLoaded({ params, nClasses, nDim }: ReturnType<typeof loadCenters>): void {
  const isEmpty = (i: number) => {
    const row = i - (i % nDim);
    return params.subarray(row, row + nDim).every((value) => value === Number.POSITIVE_INFINITY);
  };
  const isRight = params.length === nClasses * nDim && params.length > 0;
  if (isRight && params.every((value, i) => Number.isFinite(value) || isEmpty(i))) return;
  throw new Error(`loaded, but wrong: ${nClasses} × ${nDim}, ${params}`);
}

/** Checks that a loaded object is saved with the values that it was loaded with, as the same again, and answers. */
function checkWorks(object: LoadedObject, read: Safetensors | undefined): void {
  const file = object.save();
  for (const [name, { data }] of Object.entries(fromSafetensors(file).tensors)) {
    if (`${data}` !== `${read?.tensors[name]?.data}`) throw new Error(`saved with another ${name}`);
  }
  const again = load(file);
  if (Buffer.compare(again.save(), file) !== 0) throw new Error('saved as another object');
  again.dispose();
  if (object.nDim < 1000) {
    const x = new Float32Array(3 * object.nDim);
    if (object instanceof OpenSetClassifier) {
      const { score, radius, precision = object.covariance } = object;
      const isMissing = (score === 'normalized' && !radius) || (score === 'mahalanobis' && !precision);
      if (!isMissing) checkLabels(object.classify(x).labels, object.nClasses);
    } else if (object instanceof ClassStatistics) object.add(x, [0, -1, 0]);
    else if (object instanceof ClassCenters) checkLabels(object.predict(x), object.nClasses);
    else if (object instanceof DeepSVDDLoss) object.fitCenter(x);
    else object.gradients(x, [0, -1, 0]);
  }
  object.dispose();
}

function checkLabels(labels: Int32Array, nClasses: number): void {
  if (labels.length !== 3 || labels.some((label) => label >= nClasses)) throw new Error('classified, but wrong');
}

it('60,000 .npy files', { timeout: 300_000 }, () => {
  const seeds = arrays.map(bytesOf);
  const next = random(8);
  let [taken, refused] = [0, 0];
  const longest = slowest(60_000, () => {
    const file = mutated(seeds, next, false);
    let read: Tensor | undefined;
    if (refusal(() => (read = readNpy(file)))) {
      refused++;
      return;
    }
    taken++;
    const { dtype, shape, data } = read as Tensor;
    const bytes = shape.reduce((product, size) => product * size, (BITS[dtype] as number) / 8);
    // All that is not header is the array.
    const start = file[6] === 1 ? 10 + (file[8] as number) + 256 * (file[9] as number) : undefined;
    if (data.byteLength !== bytes || (start !== undefined && start + bytes !== file.length)) {
      expect.unreachable(`taken, but wrong: ${new TextDecoder('latin1').decode(file)}`);
    }
  });
  expect(taken).toBeGreaterThan(2_000);
  expect(refused).toBeGreaterThan(20_000);
  expect(longest).toBeLessThan(2_000);
});

it('headers as large and as full as they may be fit into 256 MB and ten seconds', { timeout: 120_000 }, () => {
  const program = `
    import { fromSafetensors } from 'center-loss';
    const MOST = 2 ** 24;
    const say = (text) => {
      const file = new Uint8Array(8 + MOST).fill(0x20);
      new DataView(file.buffer).setBigUint64(0, BigInt(MOST), true);
      new TextEncoder().encodeInto(text, file.subarray(8));
      const started = performance.now();
      let result;
      try {
        result = Object.keys(fromSafetensors(file).tensors).length > 0 || 'nothing';
      } catch (error) {
        result = error.code ?? error.stack;
      }
      console.log(result, performance.now() - started < 10_000);
    };
    const fields = (count, field) => '{' + Array.from({ length: count }, (_, i) => field(i)).join() + '}';
    say(fields(250_000, (i) => '"' + i.toString(36) + '":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'));
    say(fields(250_000, (i) => '"' + i * 1000 + '":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'));
    say(fields(80_000, (i) => '"' + i + '":{"dtype":"U8","shape":[' + '0,'.repeat(63) + '0],"data_offsets":[0,0]}'));
    say('{"__metadata__":' + fields(1_000_000, (i) => '"' + i.toString(36) + '":""') + '}');
    say('{"__metadata__":{"a":"' + '\\\\"'.repeat(8_000_000) + '"}}');
    say('{"' + 'a'.repeat(16_000_000) + '":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}');
    say('['.repeat(MOST));
    say('{"a":'.repeat(MOST / 5));`;
  const printed = execFileSync(process.execPath, ['--max-old-space-size=256', '--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  });
  expect(printed.trim().split('\n')).toEqual([
    ...['true true', 'true true', 'true true', 'nothing true', 'nothing true'],
    ...['ERR_FORMAT true', 'ERR_FORMAT true', 'ERR_FORMAT true'],
  ]);
});

it('headers that repeat one piece of text are refused at once, with a short message', {
  timeout: 120_000,
}, () => {
  const MB = 2 ** 20;
  const withHeader = (text: Uint8Array) => {
    const file = new Uint8Array(8 + text.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    return file;
  };
  const filled = (bytes: number, text: string) => {
    const pattern = new TextEncoder().encode(text);
    return new Uint8Array(bytes).map((_, i) => pattern[i % pattern.length] as number);
  };
  expectError(
    () => fromSafetensors(withHeader(new Uint8Array(100 * MB).fill(0x20))),
    'ERR_FORMAT',
    'the header has 104857600 bytes; more than 16777216 are not read',
  );
  const started = performance.now();
  // Two megabytes each, of what a reader may nest, search or add up.
  for (const text of [' ', '{', '[', '"', '"\\', '\\', '{"a":', '{"a":{', '9', '{"a":{"shape":[', '\u0130']) {
    expectError(() => fromSafetensors(withHeader(filled(2 * MB, text))), 'ERR_FORMAT', /^.{10,200}$/s);
  }
  const begin = new TextEncoder().encode('{"a":{"shape":[');
  const numbers = filled(2 * MB, ',1');
  numbers.set(begin);
  expectError(() => fromSafetensors(withHeader(numbers)), 'ERR_FORMAT', /more than 64/);
  const text = filled(2 * MB, '\\"');
  text.set(new TextEncoder().encode('{"'));
  expectError(() => fromSafetensors(withHeader(text)), 'ERR_FORMAT', /a string that ends/);
  expect(performance.now() - started).toBeLessThan(20_000);
  const metadata = { a: 'x'.repeat(2 ** 24) };
  expectError(() => toSafetensors({}, metadata), 'ERR_OPTION', /more than 16777216 are not read/);
});
