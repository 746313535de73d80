// Program with strict settings. A test compiles it against the packed package; it never runs.
import {
  type Batch,
  CenterLoss,
  CenterLossError,
  type CenterLossOptions,
  ClassCenters,
  ClassStatistics,
  type Decision,
  type Dtype,
  type Embeddings,
  type ErrorCode,
  fromSafetensors,
  isKnown,
  load,
  loadCenters,
  npyHeader,
  OpenSetClassifier,
  readNpy,
  type Target,
  type Tensor,
  toSafetensors,
  writeNpy,
} from 'center-loss';
import * as js from 'center-loss/js';
import { init, initSync, CenterLoss as SlimLoss } from 'center-loss/slim';

const x0 = new Float32Array(6);
const options: CenterLossOptions = { reduction: 'wen', seed: 1 };
const loss = new CenterLoss(3, 2, options);
const { gradX, gradCenters } = loss.gradients([1, 2], [0]);
const sum: number = gradX.length + (gradCenters?.length ?? 0);
const touched: Int32Array | undefined = loss.gradients([1, 2], [0], { centers: 'touched' }).gradCenters?.classes;
const batch: Batch = loss.batch(4);
const code: ErrorCode = new CenterLossError('ERR_SHAPE', 'no').code;
const same: CenterLoss = new js.CenterLoss(3, 2);
const slim: CenterLoss = new SlimLoss(3, 2);
const nearest: Int32Array = new ClassCenters(3, 2).predict(new Float32Array(2));
const known: Uint8Array = isKnown(new BigInt64Array(3));
const target: Target = { data: ['cat', null, undefined], dims: [3, 1] };
const statistics = new ClassStatistics(3, 2, { names: loss.names });
statistics.add(x0, target);
const classifier = new OpenSetClassifier(statistics).fit(x0, ['cat', null, 'dog'], { tpr: 0.9 });
const { name, nearest: nearestName, threshold }: Decision = classifier.decide([1, 2]);
const names: (string | null)[] = [...classifier.classify(x0).names, name, nearestName, `${threshold}`];
export const ready: Promise<void> = init(new Uint8Array(8));

const file: Uint8Array<ArrayBuffer> = loss.save();
const object = load(file);
const labels: Int32Array | undefined = object instanceof OpenSetClassifier ? object.predict([1, 2]) : undefined;
const params: Float32Array = loadCenters(file).params;
const tensor: Tensor = { dtype: 'F16', shape: [2], data: new Uint16Array(2) };
const { tensors, metadata } = fromSafetensors(toSafetensors({ tensor }, { by: 'us' }));
const dtype: Dtype | undefined = tensors.tensor?.dtype;
const by: string | undefined = metadata.by;
const x: Embeddings = readNpy(writeNpy(new Float32Array(6), [2, 3]));
const [rows = 0] = npyHeader(file).shape;

// @ts-expect-error there is no such option
new CenterLoss(3, 2, { radiuss: 1 });
// @ts-expect-error exactOptionalPropertyTypes: an option has a value or is left out
new CenterLoss(3, 2, { radius: undefined });
// @ts-expect-error there is no such reduction
new CenterLoss(3, 2, { reduction: 'median' });
// @ts-expect-error the module is a property of the argument
initSync(new Uint8Array(8));
// @ts-expect-error there is no such type
toSafetensors({ tensor: { ...tensor, dtype: 'F128' } });

export function scoped(): number {
  using inner = new CenterLoss(3, 2);
  return inner.evaluate(batch);
}

export { by, code, dtype, known, labels, names, nearest, params, rows, same, slim, sum, touched, x };
