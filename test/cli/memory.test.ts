// A file of a gigabyte, most of it a hole that takes no place on the disk.
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { writeNpy } from 'center-loss';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { npyFile } from '../support/npy.js';
import { at, CLI, read, readArray, run, shell, write } from './support.js';

const MB = 2 ** 20;
const LIMIT = 150 * MB;
const [D, N] = [512, 500_000];
/** Prints the most memory that the process had. Linux counts that of the parent in `maxRSS`, until a program is started. */
const METER = `data:text/javascript,${encodeURIComponent(
  `import { readFileSync } from "node:fs";
  const most = () => process.platform === "linux"
    ? Number(readFileSync("/proc/self/status", "utf8").split("VmHWM:")[1].trim().split(" ")[0])
    : process.resourceUsage().maxRSS;
  process.on("exit", () => console.error("rss", most() * 1024))`,
)}`;

beforeAll(() => {
  // As numpy writes it: a header of as many bytes for any number of rows.
  const head = Buffer.from(writeNpy(new Float32Array(2 * D), [2, D]).subarray(0, 128));
  const text = head.toString('latin1').replace(`(2, ${D}), }     `, `(${N}, ${D}), }`);
  const file = openSync(at('big.npy'), 'w');
  writeSync(file, Buffer.from(text, 'latin1'));
  // The last row is not 0, to see that it is reached.
  const last = new Float32Array(D).fill(N);
  writeSync(file, new Uint8Array(last.buffer), 0, 4 * D, 128 + 4 * D * (N - 1));
  closeSync(file);
  write('big-labels.npy', writeNpy(Int8Array.from({ length: N }, (_, i) => i % 3)));
  truncateSync(at('big.npy'), 128 + 4 * D * N);
});

const measured = async (args: string, input?: Uint8Array, expected = 0) => {
  const { code, stderr, stdout } = await run(args, { node: ['--import', METER], ...(input && { input }) });
  const [, rss] = /^rss (\d+)$/m.exec(stderr) ?? [];
  expect([code, rss === undefined]).toEqual([expected, false]);
  return { stdout, stderr: stderr.replaceAll(/^(rss|note:) .*\n/gm, ''), rss: Number(rss) };
};

describe('a file of a gigabyte', () => {
  it('is fitted, classified and evaluated in the memory of a few blocks', async () => {
    const fitted = await measured('fit big.npy --labels big-labels.npy -o big.safetensors --json');
    expect(JSON.parse(fitted.stdout)).toMatchObject({ rows: N, classes: 3 });
    const predicted = await measured('predict big.npy -m big.safetensors -o big-predicted.npy');
    const evaluated = await measured('evaluate big.npy --labels big-labels.npy -m big.safetensors --json');
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ known: N });
    for (const { rss } of [fitted, predicted, evaluated]) {
      expect(rss).toBeLessThan(LIMIT);
      // Less would mean that the meter did not measure the engine.
      expect(rss).toBeGreaterThan(30 * MB);
    }
    const { stdout } = await run('convert --centers big.safetensors - --to csv');
    // Class 1 has 166,667 rows, and only the last one is not 0.
    const [, ...lines] = stdout.split('\n');
    expect(lines.map((line) => Number(line.split(',')[0]))).toEqual([0, expect.closeTo(N / 166_667, 4), 0, 0]);
  });
});

it('a pipe of any length is classified in the memory of a few blocks', async () => {
  const command = `"${process.execPath}" --import '${METER}' "${CLI}" predict - -m big.safetensors --to npy`;
  await shell(`cat big.npy | ${command} 2>meter.txt >piped.npy`);
  expect(Number(/rss (\d+)/.exec(read('meter.txt').toString())?.[1])).toBeLessThan(LIMIT);
  expect(readArray('piped.npy').shape).toEqual([N]);
});

/** Some bytes, behind the header of an array. */
const npy = (descr: string, shape: string, bytes = 100) => npyFile(descr, shape, new Uint8Array(bytes));
const repeated = (text: string) => Buffer.alloc(20 * MB, text);
/** A file of safetensors whose header is, or claims to be, this long. */
const safetensors = (length: number, header: string) => {
  const file = Buffer.alloc(8 + header.length);
  file.writeBigUInt64LE(BigInt(length));
  file.write(header, 8);
  return file;
};
const packed = (array: Uint8Array, claim?: number) => {
  const file = Buffer.from(zipSync({ 'x.npy': array }));
  if (claim !== undefined) file.writeUInt32LE(claim, file.indexOf('PK\x01\x02') + 24);
  return file;
};
const names = `{"__metadata__":{"names":"${'['.repeat(2 ** 24 - 300)}"},"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"y":{"dtype":"I32","shape":[1],"data_offsets":[8,12]}}`;
const FIT = 'fit one.npy -o lie.safetensors --labels';
const [CONVERT, PREDICT] = ['convert - lie.csv', 'predict - -m big.safetensors'];

describe('a file that claims more than it has is refused in little memory', () => {
  beforeAll(() => {
    write('one.npy', writeNpy(new Float32Array(2), [1, 2]));
    write('one-label.npy', writeNpy(Int32Array.of(0)));
  });

  it.each<[command: string, file: Uint8Array, message: string]>([
    [CONVERT, npy('<f4', '(1, 4000000)'), 'ends at byte 16000128, but the file at 228'],
    [CONVERT, npy('<f4', '(1, 1000000000000)'), 'rows of 1000000000000 values; more than 4194304 are not read'],
    [CONVERT, npy('<f4', '(0, 1000000000000)', 0), 'rows of 1000000000000 values'],
    [CONVERT, npy('<f4', '(1000000000000, 2)'), 'but the file at 228'],
    [CONVERT, npyFile('<f4', '(1000000000000, 2)', new Uint8Array(9), true), 'but the file at 137'],
    ['convert - lie.safetensors --labels one.csv', npy('<f4', '(1000000000000, 2)'), 'but the file at 228'],
    [CONVERT, gzipSync(npy('<f4', '(1, 4000000)')), 'but the file at 228'],
    [CONVERT, gzipSync(repeated('1')), 'a line has more than 8388608 bytes'],
    [PREDICT, npy('<f4', `(10000000000, ${D})`), 'but the file at 228'],
    [
      'fit - -o lie.safetensors --classes 3 --tpr 0.9 --labels one-label.npy',
      npy('<f4', '(1, 4000000)'),
      'but the file at',
    ],
    [`${FIT} - --classes 2`, npy('<i8', '(1000000000000,)'), 'has 1000000000000 labels, but one.npy has 1 rows'],
    [`${FIT} - --classes 2`, npy('<U0', '(1000000000000,)', 0), 'no file can hold an array of shape (1000000000000)'],
    [`${FIT} - --classes 2`, npy('<U1000000', '(1,)'), 'but the file at 228'],
    [`${FIT} - --classes 2`, npy('<U2147483647', '(1,)'), 'rows of 8589934588 values'],
    [
      `${FIT} lie`,
      writeNpy(BigInt64Array.of(10n ** 12n)),
      'the highest of 1 labels is 1000000000000: number the classes',
    ],
    [`${FIT} lie`, writeNpy(Int32Array.of(2 ** 30)), 'the highest of 1 labels is 1073741824'],
    [`${FIT} one-label.npy --classes 2147483647`, npy('<f4', '(1,)'), 'cannot allocate'],
    [`${FIT} one-label.npy --names lie`, Buffer.alloc(65 * MB, 'a'), 'expected at most 67108864 bytes, got more'],
    [CONVERT, packed(npy('<f4', '(1, 4000000)')), 'but the file at 228'],
    [CONVERT, packed(npy('<f4', '(1, 1)'), 2 ** 30 - 1), '1073741823 bytes are said to be in'],
    [CONVERT, safetensors(2 ** 24, '{'), 'the header should have 16777216 bytes'],
    ['inspect lie', safetensors(2 ** 31, '{'), 'the header should have 2147483648 bytes'],
    ...['1', ',', '1,', ' ', '#', '"', 'a b,'].map((text): [string, Buffer, string] => [CONVERT, repeated(text), '']),
  ])('%s %#', async (command, file, message) => {
    write('lie', file);
    write('one.csv', 'label\n0\n');
    const { stderr, rss } = await measured(command, command.includes(' -') ? file : undefined, 1);
    expect(stderr).toMatch(/^center-loss: [^\n]+\n$/);
    expect(stderr).toContain(message || 'a line has more than 8388608 bytes');
    expect(rss).toBeLessThan(message ? LIMIT : 3 * LIMIT);
  });

  it('and names that nest are not those of classes', async () => {
    write('lie', Buffer.concat([safetensors(names.length, names), new Uint8Array(12)]));
    expect((await measured('fit lie -o lie.safetensors')).rss).toBeLessThan(2 * LIMIT);
  });
});
