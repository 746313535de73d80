import { writeNpy } from '../../index.js';
import { field, encodeHeader as safetensorsHeader } from '../../io/safetensors.js';
import { Failure, note, UsageFailure } from '../failure.js';
import { isPipe, PIPE } from '../input/byte-source.js';
import { LabelEncoder, surveyClasses } from '../input/labels.js';
import { countRows, FORMATS, type Format, type InputOptions, labelsFileOf, openRows } from '../input/open.js';
import type { Block, RawLabels, Rows } from '../input/rows.js';
import { makeCenters, readModel, withCounts } from '../model.js';
import { formatOfOutput, type Output, writeOutput } from '../output/output.js';
import { bytesOf, csvField, lineWriter, npyWriter, shortest, type Writer } from '../output/writers.js';
import { eachBlock } from '../progress.js';
import { print, secondsSince } from '../report.js';

export interface ConvertOptions extends InputOptions {
  readonly to?: Format | undefined;
  readonly centers?: boolean | undefined;
  /** Tensor that holds the centers, in a file of another library. */
  readonly modelTensor?: string | undefined;
}

/** Writes rows or centers in another format, as float32. */
export async function convert(input: string, output: string, options: ConvertOptions): Promise<void> {
  const started = performance.now();
  const to = options.to ?? formatOfOutput(output, FORMATS);
  if (to === undefined) throw new UsageFailure(`the format of ${output} is not clear: name it by --to`);
  const [rows, dimensions] = await (options.centers ? convertCenters : convertRows)(input, output, to, options);
  if (output !== PIPE) print({ input, output, rows, dimensions, seconds: secondsSince(started) }, options.json);
}

async function convertCenters(
  input: string,
  output: string,
  to: Format,
  { modelTensor, tensor }: ConvertOptions,
): Promise<[rows: number, dimensions: number]> {
  const model = await readModel(input, modelTensor ?? tensor);
  const { params, nClasses, nDim, names, metric, counts } = model;
  await writeOutput(output, async (out) => {
    if (to === 'npy') return out.write(writeNpy(params, [nClasses, nDim]));
    if (to === 'safetensors') return out.write(withCounts(makeCenters(model, names, metric).save(), counts));
    const atOnce = Math.ceil(CELLS_AT_ONCE / nDim);
    const writer = lineWriter(out, csvHead(nDim, names !== undefined), (first: number) =>
      csvLines(params.subarray(first * nDim, (first + atOnce) * nDim), nDim, names?.slice(first, first + atOnce)),
    );
    for (let first = 0; first < nClasses; first += atOnce) await writer.add(first);
  });
  return [nClasses, nDim];
}

async function convertRows(
  input: string,
  output: string,
  to: Format,
  options: ConvertOptions,
): Promise<[rows: number, dimensions: number]> {
  const rows = await openRows(input, options, 'optional');
  const count = await writeOutput(output, async (out) => {
    const writer = await rowWriter(input, rows, out, to, options);
    const count = await eachBlock('convert', rows, options, (block) => writer.add(block));
    await writer.finish();
    return count;
  });
  return [count, rows.nDim];
}

async function rowWriter(
  input: string,
  rows: Rows,
  out: Output,
  to: Format,
  options: ConvertOptions,
): Promise<Writer<Block>> {
  const { nRows, nDim, hasLabels } = rows;
  const { idName } = rows.reader;
  if (idName !== undefined && to !== 'csv') {
    throw new UsageFailure(`.${to} has no place for the ids of --id-column: write .csv, or leave them out by --drop`);
  }
  switch (to) {
    case 'npy':
      if (hasLabels) note(input, 'its labels are left out: an array has no place for them');
      return npyWriter(out, 'F32', nRows, [nDim], ({ x }) => x);
    case 'csv':
      return lineWriter(out, csvHead(nDim, hasLabels, idName), ({ x, labels, ids }) => csvLines(x, nDim, labels, ids));
    case 'safetensors':
      return safetensorsWriter(input, rows, out, options);
  }
}

/** Cells whose texts are made at once: a header may claim millions of columns. */
const CELLS_AT_ONCE = 2 ** 16;

function* csvHead(nDim: number, hasLabels: boolean, idName?: string): Generator<string> {
  if (idName !== undefined) yield `${csvField(idName)},`;
  for (let k = 0; k < nDim; k += CELLS_AT_ONCE) {
    const length = Math.min(CELLS_AT_ONCE, nDim - k);
    yield `${k > 0 ? ',' : ''}${Array.from({ length }, (_, i) => `x${k + i}`).join(',')}`;
  }
  yield hasLabels ? ',label\n' : '\n';
}

function csvLines(x: Float32Array, nDim: number, labels?: RawLabels, ids?: readonly string[]): string[] {
  return Array.from({ length: x.length / nDim }, (_, row) => {
    const values = Array.from(x.subarray(row * nDim, (row + 1) * nDim), shortest).join(',');
    const [id, label] = [ids?.[row], labels?.[row]].map((text) => csvField(String(text ?? '')));
    return `${ids ? `${id},` : ''}${values}${labels ? `,${label}` : ''}\n`;
  });
}

/** Writes tensors `embeddings` and, where there are labels, `labels`; names of classes go into the metadata. */
async function safetensorsWriter(
  input: string,
  rows: Rows,
  out: Output,
  options: ConvertOptions,
): Promise<Writer<Block>> {
  const nRows = await countRows(input, rows.reader, options);
  if (nRows === undefined) {
    throw new UsageFailure('the rows of a CSV have to be counted first, which a pipe does not allow: use a file');
  }
  const labelsPath = labelsFileOf(options) ?? input;
  if (rows.hasLabels && (await isPipe(labelsPath))) {
    throw new UsageFailure('the labels have to be read twice, which a pipe does not allow: use a file');
  }
  const classes = rows.hasLabels
    ? await surveyClasses(labelsPath, { ...options, labelsHeader: rows.labelsHeader })
    : undefined;
  const encoder = classes && new LabelEncoder(classes, 'refused');
  // Labels come after the rows in the file, and are kept until all rows are written.
  const labels: Int32Array[] = [];
  const end = 4 * nRows * rows.nDim;
  const fields = [field('embeddings', { dtype: 'F32', shape: [nRows, rows.nDim], data_offsets: [0, end] })];
  if (encoder) fields.push(field('labels', { dtype: 'I32', shape: [nRows], data_offsets: [end, end + 4 * nRows] }));
  if (classes?.names) fields.unshift(field('__metadata__', { names: JSON.stringify(classes.names) }));
  await out.write(safetensorsHeader(`{${fields.join(',')}}`));
  let written = 0;
  return {
    async add(block) {
      written += block.rows;
      // A CSV may have changed since its rows were counted.
      if (written > nRows) throw new Failure(`${rows.name}: expected ${nRows} rows, got more`);
      if (encoder) labels.push(encoder.encode(block, rows));
      await out.write(bytesOf(block.x));
    },
    async finish() {
      if (written < nRows) throw new Failure(`${rows.name}: expected ${nRows} rows, got ${written}`);
      for (const some of labels) await out.write(bytesOf(some));
    },
  };
}
