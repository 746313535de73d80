// A file of a gigabyte, most of it a hole that takes no place on the disk.
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, CLI, read, readArray, run, shell, write } from './support.js';

const MB = 2 ** 20;
const LIMIT = 150 * MB;
const [D, N] = [512, 500_000];
/** Prints the most memory that the process had. */
const METER = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => console.error("rss", process.resourceUsage().maxRSS * 1024))',
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

const measured = async (args: string) => {
  const { code, stderr, stdout } = await run(args, { node: ['--import', METER] });
  const [, rss] = /^rss (\d+)$/m.exec(stderr) ?? [];
  expect([code, rss === undefined]).toEqual([0, false]);
  return { stdout, rss: Number(rss) };
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
