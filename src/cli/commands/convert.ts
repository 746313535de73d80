import { extname } from 'node:path';
import { writeNpy } from '../../index.js';
import { encodeHeader as npyHeader } from '../../io/npy-encode.js';
import { field, encodeHeader as safetensorsHeader } from '../../io/safetensors.js';
import { Failure, inFile, UsageFailure } from '../failure.js';
import { isPipe, PIPE } from '../input/byte-source.js';
import { type Classes, LabelEncoder, labelsOf, surveyClasses } from '../input/labels.js';
import { FORMATS, type Format, type InputOptions, openLabels, openRows } from '../input/open.js';
import { readWhole } from '../input/read-whole.js';
import type { RawLabels, Rows } from '../input/rows.js';
import { metricOf, readModel, saveCenters } from '../model.js';
import { csvField } from '../output/csv.js';
import { type Output, writeOutput } from '../output/output.js';
import { startProgress } from '../progress.js';
import { print, secondsSince, shortest } from '../report.js';

export interface ConvertOptions extends InputOptions {
  readonly to?: Format | undefined;
  readonly centers?: boolean | undefined;
  /** Tensor that holds the centers, in a file of another library. */
  readonly modelTensor?: string | undefined;
  readonly progress?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Writes rows, or centers, in another format; float32 in all. */
export async function convert(input: string, output: string, options: ConvertOptions): Promise<void> {
  const started = performance.now();
  const to = options.to ?? FORMATS.find((name) => name === extname(output).slice(1).toLowerCase());
  if (to === undefined) throw new UsageFailure(`the format of ${output} is not clear: name it by --to`);
  const [rows, dimensions] = await writeOutput(output, (out) =>
    options.centers
      ? convertCenters(input, out, to, options.modelTensor ?? options.tensor)
      : convertRows(input, out, to, options),
  );
  if (output !== PIPE) print({ input, output, rows, dimensions, seconds: secondsSince(started) }, options.json);
}

async function convertCenters(
  input: string,
  out: Output,
  to: Format,
  tensor: string | undefined,
): Promise<[rows: number, dimensions: number]> {
  const bytes = await readWhole(input);
  const model = await inFile(input, () => readModel(input, bytes, tensor));
  const { params, nClasses, nDim, names, counts } = model;
  if (to === 'npy') await out.write(writeNpy(params, [nClasses, nDim]));
  else if (to === 'csv') await out.write(csvHead(nDim, names !== undefined) + csvLines(params, nDim, names));
  else await out.write(saveCenters(model, { names, counts, metric: metricOf(model) }));
  return [nClasses, nDim];
}

async function convertRows(
  input: string,
  out: Output,
  to: Format,
  options: ConvertOptions,
): Promise<[rows: number, dimensions: number]> {
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
    return [done, rows.nDim];
  });
}

interface RowWriter {
  add(x: Float32Array, labels: RawLabels | undefined, first: number): Promise<void>;
  end(rows: number): Promise<void>;
}

const bytesOf = (x: Float32Array | Int32Array) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** Writes rows without their labels: an array has no place for them. */
function npyWriter({ nRows, nDim, name }: Rows, out: Output): RowWriter {
  const header = (rows: number) => npyHeader('F32', [rows, nDim]);
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

function csvWriter({ nDim, hasLabels }: Rows, out: Output): RowWriter {
  let head = csvHead(nDim, hasLabels);
  return {
    async add(x, labels) {
      await out.write(head + csvLines(x, nDim, labels));
      head = '';
    },
    async end() {
      await out.write(head);
    },
  };
}

const csvHead = (nDim: number, hasLabels: boolean): string =>
  `${Array.from({ length: nDim }, (_, k) => `x${k}`).join(',')}${hasLabels ? ',label' : ''}\n`;

function csvLines(x: Float32Array, nDim: number, labels: RawLabels | undefined): string {
  const lines: string[] = [];
  for (let row = 0; row * nDim < x.length; row++) {
    const values = Array.from(x.subarray(row * nDim, (row + 1) * nDim), shortest);
    lines.push(`${values.join(',')}${labels ? `,${csvField(String(labels[row]))}` : ''}\n`);
  }
  return lines.join('');
}

/** Writes tensors `embeddings` and, where there are labels, `labels`; names of classes go into the metadata. */
async function safetensorsWriter(input: string, rows: Rows, out: Output, options: ConvertOptions): Promise<RowWriter> {
  const nRows = rows.nRows ?? (await countRows(input, options));
  const { nDim, hasLabels } = rows;
  const classes = hasLabels ? await classesOf(input, options) : undefined;
  const encoder = classes && new LabelEncoder(classes, 'refused');
  // Labels stand after the rows in the file, and are kept until all rows are written.
  const labels = hasLabels ? new Int32Array(nRows) : undefined;
  const end = 4 * nRows * nDim;
  const fields = [field('embeddings', { dtype: 'F32', shape: [nRows, nDim], data_offsets: [0, end] })];
  if (labels) fields.push(field('labels', { dtype: 'I32', shape: [nRows], data_offsets: [end, end + 4 * nRows] }));
  if (classes?.names) fields.unshift(field('__metadata__', { names: JSON.stringify(classes.names) }));
  await out.write(safetensorsHeader(`{${fields.join(',')}}`));
  return {
    async add(x, raw, first) {
      if (labels && encoder && raw) labels.set(encoder.encode(raw, first, rows.labelsName), first);
      await out.write(bytesOf(x));
    },
    async end(count) {
      if (count !== nRows) throw new Failure(`${rows.name}: expected ${nRows} rows, got ${count}`);
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

async function classesOf(input: string, options: ConvertOptions): Promise<Classes> {
  const place = options.labels ?? input;
  if (await isPipe(place)) throw new UsageFailure('labels of a pipe cannot be looked at first: use a file');
  const labels = await openLabels(place, options);
  try {
    return await surveyClasses(labels);
  } finally {
    await labels.close();
  }
}
