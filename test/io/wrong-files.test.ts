// Files of this package with one part wrong: each is refused with a message that names the wrong value.
import {
  CACLoss,
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  DeepSVDDLoss,
  fromSafetensors,
  load,
  OpenSetClassifier,
  type Tensor,
} from 'center-loss';
import { expect, it } from 'vitest';
import { expectError } from '../support/error.js';
import { type Change, changed, f32, f64 } from './changed.js';

const [x, target] = [[4, 0, 5, 0, 0, 4, 0, 5, -3, -3, -3, -2], Int32Array.of(0, 0, 1, 1, 2, 2)];

/** Change of a file, message of its refusal, and changes of its options. */
type Wrong = readonly [Change, RegExp] | readonly [Change, RegExp, object];

/** Checks that `load` refuses each changed file and takes the unchanged one. */
function expectRefused(load: (file: Uint8Array) => { dispose(): void }, file: Uint8Array, wrong: readonly Wrong[]) {
  load(file).dispose();
  for (const [change, message, options] of wrong) {
    expectError(() => load(changed(file, change, options)), 'ERR_FORMAT', message);
  }
}

const saved = (object: { save(): Uint8Array; dispose(): void }): Uint8Array => {
  const file = object.save();
  object.dispose();
  return file;
};

const options = { radius: [0.5, 1], classWeight: [1, 1], init: Float32Array.of(1, 2), names: ['a', 'b'] } as const;
const lossFile = saved(new CenterLoss(2, 1, options));

it('CenterLoss', () => {
  const text = (config: string): Change => ({ config });
  expectRefused(CenterLoss.load, lossFile, [
    [{ format: 'pt' }, /^the file was not written by save\(\) of this package/],
    [{ version: '1' }, /is of version "1"; this package reads version "2"/],
    [{ version: '3' }, /is of version "3"; this package reads version "2"/],
    [{ centers: undefined }, /has no tensor "centers", but "classWeight, radius, updateCounts"/],
    [{ centers: f64([2, 1], 1, 2) }, /"centers" is F64 of shape \[2, 1\]; expected F32/],
    [{ centers: f32([2], 1, 2) }, /"centers" has the shape \[2\]; expected \[cla/],
    [{ centers: f32([0, 2]) }, /"centers" has the shape \[0, 2\]/],
    [{ centers: f32([2, 0]) }, /"centers" has the shape \[2, 0\]/],
    [{ centers: f32([2, 1], 1, Number.NaN) }, /"centers" is NaN at \[1, 0\]/],
    [{ centers: f32([2, 2], Infinity, 1, 1, 1) }, /is Infinity at \[0, 0\]/],
    [{ centers: f32([2, 2], 1, 1, 1, Infinity) }, /is Infinity at \[1, 1\]/],
    [{ centers: f32([2, 1], 1, -Infinity) }, /is -Infinity at \[1, 0\]/],
    [{ radius: undefined }, /has no tensor "radius"/],
    [{ radius: f64([], Number.NaN) }, /"radius" is NaN at \[0\]/],
    [{ radius: f32([2], 1, Number.NaN) }, /"radius" is NaN at \[1\]/],
    [{ radius: f64([], -2e30) }, /no valid CenterLoss: radius must be a number/],
    [{ radius: f32([3], 1, 2, 3) }, /"radius" is F32 of shape \[3\]; expected F32/],
    [{ radius: f64([2], 1, 2) }, /"radius" is F64 of shape \[2\]; expected F32 of/],
    [{ radius: { dtype: 'F16', shape: [2], data: new Uint16Array(2) } }, /is F16/],
    [{ radius: f32([], 1) }, /"radius" is F32 of shape \[\]; expected F64 of shape \[\]/],
    [{ classWeight: f32([2], 1, -1) }, /classWeight\[1\] must be a finite number ≥ 0/],
    [{ classWeight: f32([2], Infinity, 1) }, /classWeight\[0\] must be a finite/],
    [{ classWeight: f32([1], 1) }, /"classWeight" is F32 of shape \[1\]/],
    [{ updateCounts: undefined }, /has no tensor "updateCounts"/],
    [{ updateCounts: f32([2], 1, 1) }, /"updateCounts" is F32 of shape \[2\]/],
    [text(''), /metadata "config" is "", which is not JSON/],
    [text('{'), /metadata "config" is "{", which is not JSON/],
    [text('[]'), /metadata "config" is "\[\]", not an object/],
    [text('null'), /metadata "config" is "null", not an object/],
    [text('{"fixed":true}'), /"config" lacks "reduction"/],
    [text(`{"__proto__":{},${fromSafetensors(lossFile).metadata.config?.slice(1)}`), /has "__proto__"/],
    [text(`{"a":"${'b'.repeat(4096)}"}`), /has 4104 characters; more than 4096 are not read/],
    [{}, /"config" has "speed", which no CenterLoss has/, { speed: 1 }],
    [{}, /"config" has "radius", which no CenterLoss has/, { radius: 1 }],
    [{}, /fixed must be true or false/, { fixed: {} }],
    [{}, /reduction must be "mean" or "batch"/, { reduction: null }],
    [{}, /magnitude must be a number up to/, { magnitude: 1e31 }],
    [{}, /metric must be "sqeuclidean" or/, { metric: 'l1' }],
    [{ names: '["a"]' }, /"names" has 1 names, but there are 2 classes/],
    [{ names: '["a","a"]' }, /names\[0\] and names\[1\] are both "a"/],
    [{ names: '["a","\\ud800"]' }, /has half of a surrogate pair/],
    [{ names: '["a",null]' }, /^metadata "names": expected a string at character 5, found "null]"$/],
    [{ names: `${'['.repeat(1e6)}${']'.repeat(1e6)}` }, /^metadata "names": expected a string at character 1, /],
  ]);
  // Other tensors and metadata are ignored.
  using loss = CenterLoss.load(changed(lossFile, { more: f64([1], 1), by: 'us' }));
  expect(loss.names).toEqual(['a', 'b']);
});

it('DeepSVDDLoss', () => {
  expectRefused(DeepSVDDLoss.load, saved(new DeepSVDDLoss(2, { center: Float32Array.of(1, 2) })), [
    [{ centers: f32([2, 1], 1, 2) }, /"centers" is F32 of shape \[2, 1\]; expected F32 of shape/],
    [{ radius: f64([], -1) }, /radius must be a finite number ≥ 0, got -1/],
    [{ radius: f64([], Number.NaN) }, /radius must be a finite number ≥ 0, got NaN/],
    [{ radius: f32([1], 1) }, /"radius" is F32 of shape \[1\]; expected F64 of shape \[\]/],
    [{}, /nu must be a number from 1e-9/, { nu: 2 }],
    [{}, /fitted must be true or false/, { fitted: 1 }],
    [{}, /"config" lacks "fitted"/, { fitted: undefined }],
    [{ names: '["a","b"]' }, /"names" has 2 names, but there are 1 classes/],
  ]);
});

it('OpenSetClassifier', () => {
  using centers = ClassCenters.fit(x, target, { nDim: 2 });
  const file = saved(new OpenSetClassifier(centers, { score: 'normalized' }).fit(x, target));
  expectRefused(OpenSetClassifier.load, file, [
    [{ radius: f32([3], 1, -1, 1) }, /no valid OpenSetClassifier: radius\[1\] must be/],
    [{ radius: f32([3], 1, Number.NaN, 1) }, /tensor "radius" is NaN at \[1\]/],
    [{ radius: f32([3], 1, Infinity, 1) }, /radius\[1\] must be a finite number/],
    [{ radius: f32([2], 1, 1) }, /tensor "radius" is F32 of shape \[2\]; expected F32 of shape/],
    [{ threshold: f32([3], 1, 1, 1) }, /tensor "threshold" is F32/],
    [{ threshold: f64([3], 1, Number.NaN, 1) }, /tensor "threshold" is NaN at \[1\]/],
    [{ threshold: f64([2], 1, 1) }, /tensor "threshold" is F64 of shape \[2\]; expected/],
    [{ precision: f32([2], 1, 1) }, /precision is an option of score 'mahalanobis'/],
    [{ precision: f32([3], 1, 1, 1) }, /tensor "precision" is F32 of shape \[3\]/],
    [{ radius: undefined }, /fitted must be a list of the parameters that are there, got radius/],
    [{}, /no valid OpenSetClassifier: score must be/, { score: 'best' }],
    [{}, /metric must be/, { metric: 'far' }],
    [{}, /metric must be/, { centersMetric: 'far' }],
    [{}, /radius is an option of score 'normalized'/, { score: 'distance' }],
    [{}, /"config" lacks "score"/, { score: undefined }],
    [{}, /"config" lacks "fitted"/, { fitted: undefined }],
    [{}, /fitted must be a list of the parameters that are there, got precision/, { fitted: ['precision'] }],
    [{}, /fitted must be a list/, { fitted: ['radius', 'radius'] }],
    [{}, /fitted must be a list/, { fitted: true }],
    [{}, /"config" has "threshold", which no OpenSetClassifier has/, { threshold: 1 }],
    [{ names: '["a","b"]' }, /"names" has 2 names, but there are 3 classes/],
  ]);
  const mahalanobis = saved(new OpenSetClassifier(centers, { score: 'mahalanobis' }).fit(x, target));
  const calibrated = saved(new OpenSetClassifier(centers).fit(x, target, { pValues: true }));
  const { calibrationScores } = fromSafetensors(calibrated).tensors;
  const rows = calibrationScores?.shape[0] ?? 0;
  const counts = (...data: number[]) => ({ dtype: 'U32', shape: [data.length], data: Uint32Array.from(data) }) as const;
  expectRefused(OpenSetClassifier.load, calibrated, [
    [
      { calibrationCounts: counts(rows, 0) },
      /tensor "calibrationCounts" is U32 of shape \[2\]; expected U32 of shape \[3\]/,
    ],
    [
      { calibrationCounts: counts(rows, 0, 1) },
      new RegExp(`"calibrationScores" .* expected F32 of shape \\[${rows + 1}\\]`),
    ],
    [{ calibrationScores: undefined }, /has no tensor "calibrationScores"/],
    [
      { calibrationScores: f32([rows], ...new Array(rows - 1).fill(1), Number.NaN) },
      /tensor "calibrationScores" is NaN at \[\d+\]; expected finite/,
    ],
  ]);
  const negative: Wrong = [{ precision: f32([2], -1, 1) }, /precision\[0\] must be a finite number ≥ 0/];
  expectRefused(OpenSetClassifier.load, mahalanobis, [
    negative,
    [{ covariance: f64([2, 2], 1, 0, 0, 1) }, /there is a covariance, but covariance is not 'tied'/],
  ]);
  const tied = { score: 'mahalanobis', covariance: 'tied', shrinkage: 0.5, relative: true } as const;
  expectRefused(OpenSetClassifier.load, saved(new OpenSetClassifier(centers, tied).fit(x, target)), [
    [{ covariance: f64([2, 2], 1, 2, 2, 1) }, /no valid OpenSetClassifier: the covariance is singular/],
    [{ covariance: f64([2, 2], 1, 0, 1, 1) }, /covariance must be symmetric/],
    [{ covariance: f64([4], 1, 0, 0, 1) }, /tensor "covariance" is F64 of shape \[4\]/],
    [{ covariance: undefined }, /fitted must be a list of the parameters that are there, got covariance/],
    [{ backgroundMean: f64([2], 1, Number.NaN) }, /backgroundMean\[1\] must be a finite number/],
    [{ backgroundMean: undefined }, /no tensor "backgroundMean"/],
    [{ backgroundCovariance: undefined }, /no tensor "backgroundCovariance"/],
    [{ backgroundCovariance: f64([2, 2], 0, 0, 0, 0) }, /the covariance is singular/],
    [{}, /shrinkage must be/, { shrinkage: -1 }],
    [{}, /relative must be/, { relative: 'yes' }],
    [{}, /covariance must be/, { covariance: 'full' }],
  ]);
});

it('OpenSetClassifier with examples', () => {
  const named = new OpenSetClassifier({ params: [4, 0], nClasses: 1, nDim: 2, names: ['given'] });
  for (const name of ['a', 'b']) named.addClass(name, [4, 0]);
  expectRefused(OpenSetClassifier.load, saved(named), [
    [{ exampleWeights: f64([3], 0, -1, 1) }, /counts\[0\] is -1; expected a finite number ≥ 0/],
    [{ exampleWeights: f64([3], 0, 1, Number.NaN) }, /counts\[1\] is NaN/],
    [{ exampleWeights: f64([2], 1, 1) }, /"exampleWeights" is F64 of shape \[2\]; expected F64 of shape \[3\]/],
    [{ exampleWeights: f64([3], 1, 1, 1) }, /"exampleMeans" is F64 of shape \[2, 2\]; expected F64 of shape \[3, 2\]/],
    [{ exampleMeans: undefined }, /has no tensor "exampleMeans"/],
    [{ exampleMeans: f64([2, 2], 1e39, 0, 0, 0) }, /means\[0\] is 1e\+39; expected a number within float32/],
    [{ exampleMeans: f64([2, 2], 0, 0, Number.NaN, 0) }, /means\[2\] is NaN/],
    [{ names: '["a","b","a"]' }, /names\[0\] and names\[2\] are both "a"/],
  ]);
});

const statistics = new ClassStatistics(2, 3, { covariance: 'tied' });
statistics.add([1, 2, 3, 4, 5, 7, 1, 1, 1], [0, 0, 0]);
const statisticsFile = saved(statistics);

it('ClassStatistics', () => {
  /** The file's tensor with another value in one place. */
  const value = (name: string, index: number, value: number): Change => {
    const { dtype, shape, data } = fromSafetensors(statisticsFile).tensors[name] as Tensor;
    return {
      [name]: { dtype, shape, data: (data as Float64Array<ArrayBuffer>).slice().fill(value, index, index + 1) },
    };
  };
  expectRefused(ClassStatistics.load, statisticsFile, [
    [{}, /covariance/, { covariance: 'full' }],
    [{}, /lacks "covariance"/, { covariance: undefined }],
    [{ means: f64([0, 3]) }, /"means" has the shape \[0, 3\]/],
    [{ means: f64([2, 0]) }, /"means" has the shape \[2, 0\]/],
    ...['means', 'squares', 'scatter', 'counts', 'rejected'].map(
      (name): Wrong => [{ [name]: undefined }, new RegExp(`has no tensor "${name}"`)],
    ),
    [{ counts: f64([3], 1, 1, 1) }, /"counts" is F64 of shape \[3\]; expected F64 of shape \[2\]/],
    [{ counts: f32([2], 1, 1) }, /"counts" is F32/],
    [{ scatter: f64([3, 3], ...new Array(9).fill(0)) }, /"scatter" is/],
    [{}, /covariance 'none'|"squares"/, { covariance: 'none' }],
    [{}, /scatter/, { covariance: 'diagonal' }],
    [{}, /forgetting must be a number above 0/, { forgetting: 0 }],
    [{}, /forgetting must be a number/, { forgetting: '1' }],
    [value('rejected', 0, -1), /rejected\[0\] is -1/],
    [value('rejected', 0, 0.5), /rejected\[0\] is 0.5/],
    [value('counts', 1, -1), /counts\[1\] is -1/],
    [value('counts', 0, 1 / 0), /counts\[0\] is Infinity/],
    [value('means', 1, Number.NaN), /means\[1\] is NaN/],
    [value('means', 0, 1e39), /means\[0\] is 1e\+39/],
    [value('means', 3, 1), /means\[3\] is 1/],
    [value('squares', 0, -1), /squares\[0\] is -1/],
    [value('squares', 5, 1), /squares\[5\] is 1/],
    [value('scatter', 0, Number.NaN), /scatter\[0\] is NaN/],
  ]);
  expectError(() => ClassStatistics.load(statisticsFile.slice(0, -1)), 'ERR_FORMAT', /the tensors end at byte|bytes/);
});

it('a file of another class, and files of none', () => {
  using centers = new ClassCenters(1, 1);
  const wrong = /^the file holds a "ClassCenters", not a "CenterLoss": load\(bytes\) reads every kind$/;
  expectError(() => CenterLoss.load(centers.save()), 'ERR_FORMAT', wrong);
  expectError(() => CenterLoss.fromJSON(centers.toJSON()), 'ERR_FORMAT', wrong);
  for (const [{ load }, name] of [
    [CACLoss, 'CACLoss'],
    [OpenSetClassifier, 'OpenSetClassifier'],
  ] as const) {
    expectError(() => load(lossFile), 'ERR_FORMAT', new RegExp(`holds a "CenterLoss", not a "${name}"`));
  }
  const expected = /^the file holds a "Network"; expected one of ClassCenters, ClassStatistics, /;
  expectError(() => load(changed(lossFile, { kind: 'Network' })), 'ERR_FORMAT', expected);
  const inherited = changed(lossFile, { kind: 'constructor' });
  expectError(() => load(inherited), 'ERR_FORMAT', /^the file holds a "constructor"; expected/);
  for (const read of [CenterLoss.load, ClassCenters.load, load]) {
    const message = 'the file must be a Uint8Array or an ArrayBuffer, got String';
    expectError(() => read('{}' as never), 'ERR_SHAPE', message);
    expectError(() => read(new Uint8Array(3)), 'ERR_FORMAT', 'a file of 3 bytes is not a safetensors file');
  }
});
