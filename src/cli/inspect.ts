import { npyHeader, type SafetensorsHeader, type SavedCenters } from '../files/index.js';
import { isPipe, PIPE } from './byte-source.js';
import { type OutcomeOptions, outcomeOf } from './evaluate.js';
import { inFile, UsageFailure } from './failure.js';
import { htmlPage } from './html/page.js';
import { loadModel, type Model, type ModelOptions } from './model.js';
import { formatOf, headerOf, openPeeked } from './open.js';
import { writeOutput } from './output.js';
import { print, type Report, type Value } from './report.js';
import { type View, viewOf } from './view.js';

export interface InspectOptions extends OutcomeOptions, ModelOptions {
  readonly html?: string | undefined;
  /** Labelled rows to try the model on. */
  readonly data?: string | undefined;
  readonly json?: boolean | undefined;
}

/** What is in a file: of a model what it knows of its classes, of an array its type and shape. */
export async function inspect(path: string, options: InspectOptions): Promise<void> {
  if (options.labels !== undefined && options.data === undefined) {
    throw new UsageFailure('--labels are those of --data, which is not named');
  }
  const contents = (await isPipe(path)) ? undefined : await arraysOf(path, options.modelTensor !== undefined);
  if (contents) {
    if (options.html !== undefined || options.data !== undefined) {
      throw new UsageFailure(`${path} holds no centers by their usual names: --model-tensor names others`);
    }
    print({ file: path, ...contents }, options.json);
    return;
  }
  const model = await loadModel(path, options);
  const view = viewOf(model.saved);
  const tried = options.data === undefined ? undefined : await outcomeOf(options.data, model, options);
  const { outcome } = tried ?? {};
  const summary = {
    ...summaryOf(path, model, view),
    ...(outcome && { data: options.data ?? null, ...outcome.report(model.classifier.threshold !== undefined) }),
  };
  if (options.html !== undefined) {
    const shown = outcome ? { ...view, outcome: { confusion: outcome.confusion, scores: outcome.scores } } : view;
    await writeOutput(options.html, (output) =>
      output.write(htmlPage(path === PIPE ? 'Centers' : path, summary, shown)),
    );
  }
  if (options.html !== PIPE) print(summary, options.json);
}

/** Arrays without centers among them; undefined for a file that is read for its centers. */
async function arraysOf(path: string, namesCenters: boolean): Promise<Report | undefined> {
  const source = await openPeeked(path);
  try {
    return await inFile(path, async () => {
      const format = formatOf(path, source, undefined);
      if (format === 'npy') {
        const { dtype, shape, fortranOrder, bigEndian } = npyHeader(source.head);
        return { format, dtype, shape, fortranOrder, bigEndian };
      }
      if (format !== 'safetensors' || namesCenters) return undefined;
      const { places } = await headerOf(source);
      const names = Object.keys(places);
      if (names.some((name) => LIKE_CENTERS.test(name))) return undefined;
      return { format, tensors: Object.fromEntries(names.map((name) => [name, arrayText(places, name)])) };
    });
  } finally {
    await source.close();
  }
}

/** What may be centers; whether it is, `loadCenters` says. */
const LIKE_CENTERS = /centers|_params$/;

const arrayText = (places: SafetensorsHeader['places'], name: string): string =>
  `${places[name]?.dtype} [${places[name]?.shape.join(', ')}]`;

function summaryOf(file: string, { saved, classifier }: Model, { nearest, names }: View): Report {
  const { kind, nClasses, nFeatures, config, radius, counts, thresholds } = saved;
  const empty = emptyOf(saved);
  return {
    file,
    kind: kind ?? 'centers of another library',
    classes: nClasses,
    emptyClasses: empty,
    features: nFeatures,
    names: saved.names ? [...saved.names] : null,
    ...(config as Readonly<Record<string, Value>>),
    radius: rangeOf(radius),
    rows: rangeOf(counts),
    threshold: rangeOf(thresholds),
    nearestCenters: nearest.length > 0 ? rangeOf(nearest) : null,
    // What distances between so many would take is spared.
    comparedClasses: names.length < nClasses - empty ? names.length : null,
    score: classifier.score,
  };
}

const emptyOf = ({ params, nClasses, nFeatures }: SavedCenters): number =>
  Array.from({ length: nClasses }, (_, j) => params[j * nFeatures]).filter((value) => !Number.isFinite(value)).length;

/** One value as it is, of many the ends and the middle. */
function rangeOf(values: number | ArrayLike<number> | undefined): Value {
  if (values === undefined || typeof values === 'number') return values ?? null;
  const sorted = Float64Array.from(values).sort();
  return {
    least: sorted[0] as number,
    median: sorted[Math.floor(sorted.length / 2)] as number,
    most: sorted[sorted.length - 1] as number,
  };
}
