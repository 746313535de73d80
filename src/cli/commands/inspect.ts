import { NPY_HEADER_BYTES, npyHeader, type SafetensorsHeader } from '../../index.js';
import { Failure, inFile, UsageFailure } from '../failure.js';
import { htmlPage } from '../html/page.js';
import { isPipe, openBytes, PIPE } from '../input/byte-source.js';
import { countRows, formatOf, headerOf, NAMES_OF_ROWS, openRows } from '../input/open.js';
import { loadModel, type Model, type ModelOptions } from '../model.js';
import { type ModelSummary, summarize } from '../model-summary.js';
import { formatOfOutput, writeOutput } from '../output/output.js';
import { print, type Report, type Value } from '../report.js';
import { type EvaluationOptions, evaluateRows } from './evaluate.js';

export interface InspectOptions extends EvaluationOptions, ModelOptions {
  readonly html?: string | undefined;
  /** Labelled rows to try the model on. */
  readonly data?: string | undefined;
}

/** Most rows of --data that the page draws as points. */
const MAX_DRAWN_ROWS = 1500;

/** Reports the contents of a file: the classes of a model, or type and shape of an array. */
export async function inspect(path: string, options: InspectOptions): Promise<void> {
  if (options.labels !== undefined && options.data === undefined) {
    throw new UsageFailure('--labels are the labels of --data: name that file, too');
  }
  if (options.html !== undefined) formatOfOutput(options.html, ['html', 'htm']);
  const contents = (await isPipe(path)) ? undefined : await arraysOf(path, options);
  if (contents) {
    if (options.html !== undefined || options.data !== undefined) {
      throw new UsageFailure(`${path} holds no centers under a usual name: name their tensor by --model-tensor`);
    }
    print({ file: path, ...contents }, options.json);
    const { tensors } = contents;
    if (tensors && !NAMES_OF_ROWS.some((name) => name in (tensors as object))) {
      throw new Failure(
        `${path}: no tensor has a usual name of centers or rows: name that of the centers by --model-tensor`,
      );
    }
    return;
  }
  const model = await loadModel(path, options);
  const summary = summarize(model);
  const evaluation =
    options.data === undefined ? undefined : await evaluateRows(options.data, model, options, MAX_DRAWN_ROWS);
  const report = {
    ...reportOf(path, model, summary),
    ...(evaluation && {
      data: options.data ?? null,
      ...evaluation.accumulator.report(model.classifier.threshold !== undefined),
    }),
  };
  if (options.html !== undefined) {
    const page = htmlPage(path === PIPE ? 'Centers' : path, report, summary, evaluation);
    await writeOutput(options.html, (output) => output.write(page));
  }
  if (options.html !== PIPE) print(report, options.json);
}

/** Describes the arrays or the table of a file without centers; undefined for a file that may have centers. */
async function arraysOf(path: string, options: InspectOptions): Promise<Report | undefined> {
  const isModel = options.html !== undefined || options.data !== undefined;
  const source = await openBytes(path);
  try {
    return await inFile(path, async () => {
      const head = await source.peek(NPY_HEADER_BYTES);
      const format = formatOf(path, head);
      if (format === 'npy') {
        const { dtype, shape, fortranOrder, bigEndian } = npyHeader(head);
        return { format, dtype, shape, fortranOrder, bigEndian };
      }
      if (options.modelTensor !== undefined) return undefined;
      if (format !== 'safetensors') return isModel ? undefined : { format, ...(await tableOf(path, options)) };
      const { places, metadata } = await headerOf(source, head);
      const names = Object.keys(places);
      if (metadata.format === 'center-loss' || names.some((name) => LIKE_CENTERS.test(name))) return undefined;
      return { format, tensors: Object.fromEntries(names.map((name) => [name, arrayText(places, name)])) };
    });
  } finally {
    await source.close();
  }
}

/** Describes rows as the other commands read them. */
async function tableOf(path: string, options: InspectOptions): Promise<Report> {
  const rows = await openRows(path, options, 'optional');
  await rows.close();
  const { nDim: dimensions, hasLabels: labels } = rows;
  const { reader } = rows;
  return {
    columns: [...(reader.header ?? [])],
    rows: (await countRows(path, reader, options)) ?? null,
    dimensions,
    labels,
  };
}

/** Names that may be those of centers; `loadCenters` decides. */
const LIKE_CENTERS = /centers|_params$/;

const arrayText = (places: SafetensorsHeader['places'], name: string): string =>
  `${places[name]?.dtype} [${places[name]?.shape.join(', ')}]`;

function reportOf(file: string, model: Model, { nearest, names, emptyClasses }: ModelSummary): Report {
  const { kind, nClasses, nDim, config, radius, counts, threshold } = model;
  return {
    file,
    kind: kind ?? 'centers of another library',
    classes: nClasses,
    emptyClasses,
    dimensions: nDim,
    names: model.names ? [...model.names] : null,
    ...config,
    radius: rangeOf(radius),
    rows: rangeOf(counts),
    threshold: rangeOf(threshold),
    nearestCenters: nearest.length > 0 ? rangeOf(nearest.map(({ distance }) => distance)) : null,
    // Only some of many classes are compared.
    comparedClasses: names.length < nClasses - emptyClasses ? names.length : null,
    score: model.classifier.score,
  };
}

/** Reports one value as it is, and many by their least, median and greatest. */
function rangeOf(values: number | ArrayLike<number> | undefined): Value {
  if (values === undefined || typeof values === 'number') return values ?? null;
  const sorted = Float64Array.from(values).sort();
  return {
    least: sorted[0] as number,
    median: sorted[Math.floor(sorted.length / 2)] as number,
    most: sorted[sorted.length - 1] as number,
  };
}
