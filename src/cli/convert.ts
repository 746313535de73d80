import { extname } from 'node:path';
import { saveCenters, writeNpy } from '../files/index.js';
import { encodeHeader as npyHeader } from '../files/npy-encode.js';
import { field, encodeHeader as safetensorsHeader } from '../files/safetensors.js';
import { ClassCenters } from '../open-set.js';
import { isPipe, PIPE } from './byte-source.js';
import { Coder, labelsOf, surveyClasses } from './classes.js';
import { Failure, inFile, UsageFailure } from './failure.js';
import { centersIn } from './model.js';
import { FORMATS, type Format, type InputOptions, openLabels, openRows } from './open.js';
import { type Output, writeOutput } from './output.js';
import { startProgress } from './progress.js';
import { readWhole } from './read-whole.js';
import { print, secondsSince, shortest } from './report.js';
import type { RawLabels, Rows } from './rows.js';

export interface ConvertOptions extends InputOptions {
  readonly to?: Format | undefined;
  readonly centers?: boolean | undefined;
  /** Which tensor holds the centers, in a file that is not of ours. */
  readonly modelTensor?: string | undefined;
  readonly progress?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Rows, or centers, in another format; float32 in all. */
export async function convert(input: string, output: string, options: ConvertOptions): Promise<void> {
  const started = performance.now();
  const to = options.to ?? FORMATS.find((name) => name === extname(output).slice(1).toLowerCase());
  if (to === undefined) throw new UsageFailure(`the format of ${output} is not clear: name it by --to`);
  const [rows, features] = await writeOutput(output, (out) =>
    options.centers
      ? convertCenters(input, out, to, options.modelTensor ?? options.tensor)
      : convertRows(input, out, to, options),
  );
  if (output !== PIPE) print({ input, output, rows, features, seconds: secondsSince(started) }, options.json);
}

async function convertCenters(
  input: string,
  out: Output,
  to: Format,
  tensor: string | undefined,
): Promise<[rows: number, features: number]> {
  const bytes = await readWhole(input);
  const { params, nClasses, nFeatures, names, counts } = await inFile(input, () => centersIn(input, bytes, tensor));
  if (to === 'npy') await out.write(writeNpy(params, [nClasses, nFeatures]));
  else if (to === 'csv') await out.write(csvHead(nFeatures, names !== undefined) + csvLines(params, nFeatures, names));
  else {
    const centers = new ClassCenters(nClasses, nFeatures);
    centers.params.set(params);
    await out.write(saveCenters(centers, { ...(names && { names }), ...(counts && { counts }) }));
  }
  return [nClasses, nFeatures];
}

async function convertRows(
  input: string,
  out: Output,
  to: Format,
  options: ConvertOptions,
): Promise<[rows: number, features: number]> {
  const rows = await openRows(input, options, 'optional');
  const writer =
    to === 'npy'
      ? npyWriter(rows, out)
      : to === 'csv'
        ? csvWriter(rows, out)
        : await safetensorsWriter(input, rows, out, options);
  const progress = startProgress('convert', rows, options.progress);
  return inFile(rows.name, async () => {
    let done = 0;
    for (let block = await rows.next(); block; block = await rows.next()) {
      const labels = rows.hasLabels ? labelsOf(block, rows) : undefined;
      await writer.add(block.x, labels, done);
      done += block.rows;
      progress.update(done);
    }
    progress.stop();
    await writer.end(done);
    await rows.close();
    return [done, rows.nFeatures];
  });
}

interface RowWriter {
  add(x: Float32Array, labels: RawLabels | undefined, first: number): Promise<void>;
  end(rows: number): Promise<void>;
}

const bytesOf = (x: Float32Array | Int32Array) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** Labels have no place in an array of rows: they have a file of their own. */
function npyWriter({ nRows, nFeatures, name }: Rows, out: Output): RowWriter {
  const header = (rows: number) => npyHeader('F32', [rows, nFeatures]);
  if (nRows === undefined && out.isPipe) {
    throw new UsageFailure(`${name}: the rows of a CSV are counted at its end, too late for .npy in a pipe`);
  }
  let begun = false;
  const begin = async () => {
    if (!begun) await out.write(header(nRows ?? 0));
    begun = true;
  };
  return {
    async add(x) {
      await begin();
      await out.write(bytesOf(x));
    },
    async end(rows) {
      await begin();
      if (nRows === undefined) await out.rewrite(header(rows), 0);
    },
  };
}

function csvWriter({ nFeatures, hasLabels }: Rows, out: Output): RowWriter {
  let head = csvHead(nFeatures, hasLabels);
  return {
    async add(x, labels) {
      await out.write(head + csvLines(x, nFeatures, labels));
      head = '';
    },
    async end() {
      await out.write(head);
    },
  };
}

const csvHead = (nFeatures: number, hasLabels: boolean): string =>
  `${Array.from({ length: nFeatures }, (_, k) => `x${k}`).join(',')}${hasLabels ? ',label' : ''}\n`;

function csvLines(x: Float32Array, nFeatures: number, labels: RawLabels | undefined): string {
  const lines: string[] = [];
  for (let row = 0; row * nFeatures < x.length; row++) {
    const values = Array.from(x.subarray(row * nFeatures, (row + 1) * nFeatures), shortest);
    lines.push(`${values.join(',')}${labels ? `,${escaped(String(labels[row]))}` : ''}\n`);
  }
  return lines.join('');
}

const escaped = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Tensors `embeddings` and, where there are labels, `labels`; names of classes in the metadata. */
async function safetensorsWriter(input: string, rows: Rows, out: Output, options: ConvertOptions): Promise<RowWriter> {
  const nRows = rows.nRows ?? (await countRows(input, options));
  const { nFeatures, hasLabels } = rows;
  const classes = hasLabels ? await classesOf(input, options) : undefined;
  const coder = classes && new Coder(classes, 'refused');
  // Labels stand after the rows, and wait until these are all there.
  const labels = hasLabels ? new Int32Array(nRows) : undefined;
  const end = 4 * nRows * nFeatures;
  const fields = [field('embeddings', { dtype: 'F32', shape: [nRows, nFeatures], data_offsets: [0, end] })];
  if (labels) fields.push(field('labels', { dtype: 'I32', shape: [nRows], data_offsets: [end, end + 4 * nRows] }));
  if (classes?.names) fields.unshift(field('__metadata__', { names: JSON.stringify(classes.names) }));
  await out.write(safetensorsHeader(`{${fields.join(',')}}`));
  return {
    async add(x, raw, first) {
      if (labels && coder && raw) labels.set(coder.encode(raw, first, rows.labelsName), first);
      await out.write(bytesOf(x));
    },
    async end(count) {
      if (count !== nRows) throw new Failure(`${rows.name}: ${count} rows came, not ${nRows}`);
      if (labels) await out.write(bytesOf(labels));
    },
  };
}

async function countRows(input: string, options: ConvertOptions): Promise<number> {
  if (await isPipe(input)) throw new UsageFailure('the rows of a CSV are counted first, which a pipe does not allow');
  const rows = await openRows(input, { ...options, labels: undefined }, 'none');
  let count = 0;
  for (let block = await rows.next(); block; block = await rows.next()) count += block.rows;
  await rows.close();
  return count;
}

async function classesOf(input: string, options: ConvertOptions) {
  const place = options.labels ?? input;
  if (await isPipe(place)) throw new UsageFailure('labels of a pipe can not be looked at first: use a file');
  const labels = await openLabels(place, options);
  try {
    return await surveyClasses(labels);
  } finally {
    await labels.close();
  }
}
