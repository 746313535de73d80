// Files that are larger than memory may be: a gigabyte, most of it a hole that takes no place on the disk.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { readNpy, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, CLI, folder, run } from './run.js';

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
  writeFileSync(at('big-labels.npy'), writeNpy(Int8Array.from({ length: N }, (_, i) => i % 3)));
  truncateSync(at('big.npy'), 128 + 4 * D * N);
});

const measured = async (args: readonly string[]) => {
  const { code, stderr, stdout } = await run(args, { node: ['--import', METER] });
  const [, rss] = /^rss (\d+)$/m.exec(stderr) ?? [];
  expect([code, rss === undefined]).toEqual([0, false]);
  return { stdout, rss: Number(rss) };
};

describe('a file of a gigabyte', () => {
  it('is made into centers, classified and judged in the memory of a few blocks', async () => {
    const labels = ['--labels', 'big-labels.npy'];
    const fitted = await measured(['fit', 'big.npy', ...labels, '-o', 'big.safetensors', '--json']);
    expect(JSON.parse(fitted.stdout)).toMatchObject({ rows: N, classes: 3 });
    const predicted = await measured(['predict', 'big.npy', '-m', 'big.safetensors', '-o', 'big-predicted.npy']);
    const judged = await measured(['evaluate', 'big.npy', ...labels, '-m', 'big.safetensors', '--json']);
    expect(JSON.parse(judged.stdout)).toMatchObject({ known: N });
    for (const { rss } of [fitted, predicted, judged]) {
      expect(rss).toBeLessThan(LIMIT);
      // What is measured is a process with an engine, not nothing.
      expect(rss).toBeGreaterThan(30 * MB);
    }
    const { stdout } = await run(['convert', '--centers', 'big.safetensors', '-', '--to', 'csv']);
    // (499,999 is of class 1.) Only the last row is not 0, of 166,667.
    const [, ...lines] = stdout.split('\n');
    expect(lines.map((line) => Number(line.split(',')[0]))).toEqual([0, expect.closeTo(N / 166_667, 4), 0, 0]);
  });
});

it('a pipe of any length is classified in the memory of a few blocks', () => {
  const command = `"${process.execPath}" --import '${METER}' "${CLI}" predict - -m big.safetensors --to npy`;
  execFileSync('sh', ['-c', `cat big.npy | ${command} 2>meter.txt >piped.npy`], { cwd: folder });
  expect(Number(/rss (\d+)/.exec(readFileSync(at('meter.txt'), 'utf8'))?.[1])).toBeLessThan(LIMIT);
  expect(readNpy(readFileSync(at('piped.npy'))).shape).toEqual([N]);
});
