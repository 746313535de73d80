// @ts-check
/** Copies centers, and embeddings for the test, from the output of examples/mnist: node take-centers.js [DIR] */
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const from = resolve(process.argv[2] ?? join(here, '../mnist/out'));
await copyFile(join(from, 'centers.json'), join(here, 'src/model.json'));
await copyFile(join(from, 'embeddings.json'), join(here, 'test/embeddings.json'));
