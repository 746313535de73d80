// predict, score, evaluate and convert.

import {
  accuracy,
  auprIn,
  auprOut,
  auroc,
  autc,
  ClassCenters,
  type Classification,
  fprAtTpr,
  fromSafetensors,
  loadCenters,
  OpenSetClassifier,
  oscr,
  readNpy,
  toSafetensors,
  writeNpy,
} from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { arrays, bytesOf, stateDicts } from '../oracle/cases.js';
import { toFloats } from '../support/floats.js';
import {
  csvOf,
  failure,
  json,
  read,
  readArray,
  run,
  sample,
  saved,
  savedClassifier,
  write,
  writeModel,
  writeSample,
} from './support.js';

const NAMES = ['ant', 'bee', 'cat, big', 'dog', 'elk'];
const train = sample(2000, 5, 6, 3);
const test = sample(2000, 5, 6, 4, 700);
let results: Classification;
const MODEL = '-m model.safetensors';
const LABELS = '--labels test-labels.npy';

beforeAll(async () => {
  writeSample('test', test);
  write('test.csv', csvOf(test));
  write('names.txt', NAMES.join('\n'));
  await writeModel('train', train, '--names names.txt --tpr 0.97');
  results = savedClassifier('model.safetensors').classify(test.x);
});

describe('predict and score', () => {
  it.each(['test.npy', 'test.csv'])('write arrays for %s', async (input) => {
    const unknown = results.labels.filter((label) => label < 0).length;
    expect(await json(`predict ${input} ${MODEL} -o labels.npy`)).toMatchObject({ rows: 2700, unknown });
    expect(readArray('labels.npy')).toEqual({ dtype: 'I32', shape: [2700], data: results.labels });
    await json(`score ${input} ${MODEL} -o scores.npy`);
    expect(readArray('scores.npy')).toEqual({ dtype: 'F32', shape: [2700], data: results.scores });
  });

  it('go on over many blocks, from a file and through pipes', async () => {
    const many = sample(180_000, 5, 6, 9);
    writeSample('many', many);
    const labels = savedClassifier('model.safetensors').predict(many.x);
    const expected = Buffer.from(writeNpy(labels));
    await json(`predict many.npy ${MODEL} -o labels.npy`);
    expect(read('labels.npy').equals(expected)).toBe(true);
    const { bytes } = await run(`predict - ${MODEL} --to npy`, { input: read('many.npy') });
    expect(bytes.equals(expected)).toBe(true);
  });

  it('write one JSON array, over many blocks and of no rows', async () => {
    const rowOf = (label: number) => ({ label, name: NAMES[label] ?? null });
    await json(`predict test.npy ${MODEL} -o labels.json`);
    expect(JSON.parse(read('labels.json').toString())).toEqual(Array.from(results.labels, rowOf));
    await json(`score test.npy ${MODEL} -o scores.json`);
    const scores = JSON.parse(read('scores.json').toString());
    expect(scores.map(({ label, name }: { label: number; name: string }) => ({ label, name }))).toEqual(
      Array.from(results.labels, rowOf),
    );
    expect(Float32Array.from(scores, ({ score }) => score)).toEqual(results.scores);
    expect(Int32Array.from(scores, ({ nearest }) => nearest)).toEqual(results.nearest);
    writeSample('blocks', sample(180_000, 5, 6, 9));
    await json(`predict blocks.npy ${MODEL} -o labels.json`);
    expect(JSON.parse(read('labels.json').toString())).toHaveLength(180_000);
    write('none.npy', writeNpy(new Float32Array(0), [0, 6]));
    expect((await run(`predict none.npy ${MODEL} --to json`)).stdout).toBe('[]\n');
  });

  it('write a CSV with names, quoted where they must be', async () => {
    const { stdout } = await run(`predict test.npy ${MODEL}`);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toBe('label,name');
    const nameOf = (label: number) => (label === 2 ? '"cat, big"' : (NAMES[label] ?? ''));
    expect(lines).toEqual(Array.from(results.labels, (label) => `${label},${nameOf(label)}`));
  });

  it('write scores that are the same float32 when they are read', async () => {
    const { stdout } = await run(`score test.npy ${MODEL}`);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toBe('score,label,nearest,name');
    const values = lines.map((line) => line.split(','));
    expect(Float32Array.from(values, ([score]) => Number(score))).toEqual(results.scores);
    expect(Int32Array.from(values, ([, , nearest]) => Number(nearest))).toEqual(results.nearest);
  });

  it('write JSON, one line for each row', async () => {
    const { stdout } = await run(`score test.npy ${MODEL} --json`);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBe(2700);
    for (const i of [0, 1, 2699]) {
      const label = results.labels[i] as number;
      const { score, ...more } = JSON.parse(lines[i] as string);
      expect(more).toEqual({ label, name: NAMES[label] ?? null, nearest: results.nearest[i] });
      expect(Math.fround(score)).toBe(results.scores[i]);
    }
  });

  it('take another score and threshold than those of the model', async () => {
    await json(`predict test.npy ${MODEL} --score softmin --temperature 2 --threshold -20 -o labels.npy`);
    const { params } = saved('model.safetensors');
    const other = new OpenSetClassifier(
      { params, nClasses: 5, nDim: 6 },
      { score: 'softmin', metric: 'sqeuclidean', temperature: 2, threshold: -20 },
    );
    expect(readArray('labels.npy').data).toEqual(other.predict(test.x));
  });

  it('keep a full covariance with another threshold', async () => {
    const { params } = saved('model.safetensors');
    const options = { score: 'mahalanobis', covariance: 'tied', relative: true } as const;
    const tied = new OpenSetClassifier({ params, nClasses: 5, nDim: 6 }, options).fit(test.x, test.target);
    write('tied.safetensors', tied.save());
    const { scores, nearest } = tied.classify(test.x);
    const limit = [...scores].sort((a, b) => a - b)[9] as number;
    for (const score of ['', '--score mahalanobis']) {
      await json(`predict test.npy -m tied.safetensors ${score} --threshold=${limit} -o labels.npy`);
      expect(readArray('labels.npy').data).toEqual(nearest.map((label, i) => ((scores[i] ?? 0) > limit ? -1 : label)));
    }
    const { stderr } = await run('predict test.npy -m tied.safetensors --metric cosine -o labels.npy');
    expect(stderr).toContain("score 'mahalanobis' has its own metric");
  });

  it('take the threshold of the model for its own score alone', async () => {
    const unknownBy = async (how: string) => (await json(`predict test.npy ${MODEL} ${how} -o labels.npy`)).unknown;
    expect(await unknownBy('--score distance')).toBe(results.labels.filter((label) => label < 0).length);
    expect(await unknownBy('--score entropy')).toBe(0);
    expect(await unknownBy('--metric euclidean')).toBe(0);
    const { stderr } = await run(`predict test.npy ${MODEL} --score entropy -o labels.npy`);
    expect(stderr).toContain('no row is rejected without --threshold');
  });

  it('give -1 and no score to a row that is not finite', async () => {
    const { stdout } = await run(`score - ${MODEL} --json`, { input: 'nan,1,2,3,4,5\n-inf,1,2,3,4,5\n' });
    const line = '{"label":-1,"name":null,"score":null,"nearest":-1}\n';
    expect(stdout).toBe(line + line);
  });

  it('write only the head for no rows', async () => {
    writeSample('none', { x: new Float32Array(0), target: new Int32Array(0), rows: 0, nDim: 6 });
    expect((await run(`predict none.npy ${MODEL}`)).stdout).toBe('label,name\n');
    await json(`score none.npy ${MODEL} -o scores.npy`);
    expect(readArray('scores.npy')).toEqual({ dtype: 'F32', shape: [0], data: new Float32Array(0) });
  });

  it('take the centers of a PyTorch file', async () => {
    for (const one of stateDicts) {
      write('state.safetensors', bytesOf(one));
      const [nClasses, nDim] = one.shape;
      const x = Float32Array.from({ length: 3 * nDim }, (_, i) => Math.sin(i));
      writeSample('few', { x, target: new Int32Array(3), rows: 3, nDim });
      await json('predict few.npy -m state.safetensors -o labels.npy');
      const { params } = loadCenters(bytesOf(one));
      const expected = new OpenSetClassifier({ params, nClasses, nDim });
      expect(readArray('labels.npy').data).toEqual(expected.predict(x));
    }
  });
});

describe('evaluate', () => {
  const isKnown = (label: number) => label >= 0;

  it('counts what is right and ranks known and unknown rows', async () => {
    const { target } = test;
    const known = results.scores.filter((_, i) => isKnown(target[i] as number));
    const unknown = results.scores.filter((_, i) => !isKnown(target[i] as number));
    const right = Array.from(target.filter(isKnown), (label, i) => results.nearest[i] === label);
    const found = await json(`evaluate test.npy ${LABELS} ${MODEL}`);
    expect(found).toMatchObject({
      ...{ rows: 2700, known: 2000, unknown: 700 },
      accuracy: accuracy(results.nearest, target),
      auroc: auroc(known, unknown),
      auprIn: auprIn(known, unknown),
      auprOut: auprOut(known, unknown),
      fpr95: fprAtTpr(known, unknown),
      oscr: oscr(known, right, unknown),
      autc: autc(known, unknown),
      rejectedKnown: results.labels.filter((label, i) => label < 0 && isKnown(target[i] as number)).length / 2000,
      rejectedUnknown: results.labels.filter((label, i) => label < 0 && !isKnown(target[i] as number)).length / 700,
    });
  });

  it('gives the false positive rate of either side', async () => {
    const target = test.target.map((label) => (label === 1 ? -1 : label));
    writeSample('mixed', { ...test, target });
    const known = results.scores.filter((_, i) => isKnown(target[i] as number));
    const unknown = results.scores.filter((_, i) => !isKnown(target[i] as number));
    const rates: unknown[] = [];
    for (const positive of ['known', 'unknown'] as const) {
      const { fpr95 } = await json(`evaluate mixed.npy --labels mixed-labels.npy ${MODEL} --positive ${positive}`);
      expect(fpr95).toBe(fprAtTpr(known, unknown, { positive }));
      rates.push(fpr95);
    }
    expect(new Set(rates).size).toBe(2);
  });

  it('counts which class was taken for which', async () => {
    const expected = Array.from({ length: 6 }, () => new Array(6).fill(0));
    const place = (label: number | undefined) => (label === undefined || label < 0 ? 5 : label);
    test.target.forEach((label, i) => {
      const row = expected[place(label)] as number[];
      const column = place(results.labels[i]);
      row[column] = (row[column] as number) + 1;
    });
    const args = `evaluate test.npy ${LABELS} ${MODEL} --confusion`;
    expect((await json(args)).confusion).toEqual(expected);
    const { stdout } = await run(args);
    expect(stdout).toMatch(/ class +ant +bee +cat, big +dog +elk +unknown\n/);
  });

  it('takes names that no class has as unknown', async () => {
    write('named.csv', csvOf(test, NAMES).replaceAll('cat, big', '"cat, big"'));
    expect(await json(`evaluate named.csv ${MODEL}`)).toMatchObject({ known: 2000, unknown: 700 });
  });

  it('takes other numbers as unknown only with --others-unknown', async () => {
    write('others.csv', csvOf({ ...test, target: test.target.map((label) => (label < 0 ? 9 : label)) }));
    await json('fit train.npy --labels train-labels.npy -o plain.safetensors');
    const args = 'evaluate others.csv -m plain.safetensors';
    expect(await json(`${args} --others-unknown`)).toMatchObject({ known: 2000, unknown: 700 });
    const message = 'others.csv: row 2000 has the label "9", but there are 5 classes (0 … 4; below 0 = unknown)';
    expect(await failure(args)).toEqual([1, message]);
  });
});

describe('convert', () => {
  it('keeps every float32 and label on the way through all formats', async () => {
    await json('convert test.npy a.safetensors --labels test-labels.npy');
    await json('convert a.safetensors b.csv');
    await json('convert b.csv c.safetensors');
    await json('convert b.csv d.npy');
    const { tensors } = fromSafetensors(read('c.safetensors'));
    expect(tensors.embeddings).toMatchObject({ dtype: 'F32', shape: [2700, 6], data: test.x });
    expect(tensors.labels).toMatchObject({ dtype: 'I32', shape: [2700], data: test.target });
    expect(read('d.npy')).toEqual(read('test.npy'));
  });

  it('writes in a pipe what it writes in a file', async () => {
    const { bytes } = await run('convert test.npy - --to csv');
    await json('convert test.npy test-rows.csv');
    expect(bytes.equals(read('test-rows.csv'))).toBe(true);
  });

  it('writes the centers of a model', async () => {
    await json('convert --centers model.safetensors centers.npy');
    const { params } = saved('model.safetensors');
    expect(readArray('centers.npy')).toEqual({ dtype: 'F32', shape: [5, 6], data: params });
    await json('convert --centers model.safetensors centers.safetensors');
    expect(saved('centers.safetensors')).toMatchObject({ params, names: NAMES });
    // As rows with their labels, which can be read again.
    await json('convert --centers model.safetensors centers.csv');
    expect(read('centers.csv').toString()).toMatch(/^x0,x1,x2,x3,x4,x5,label\n/);
    await json('fit centers.csv --names names.txt -o again.safetensors');
    expect(saved('again.safetensors')).toMatchObject({ params, names: NAMES });
  });

  it('takes the centers that --model-tensor names, as messages say', async () => {
    const w = { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1, 2) } as const;
    write('w.safetensors', toSafetensors({ w }));
    const args = 'convert --centers w.safetensors w.npy';
    expect((await run(args)).stderr).toContain('name one by --model-tensor');
    await json(`${args} --model-tensor w`);
    expect(readArray('w.npy')).toEqual(w);
  });

  it('reads columns between tabs', async () => {
    write('tabs.csv', 'a\tb\n1\t2\n');
    await json('convert tabs.csv tabs.npy --delimiter \\t');
    expect(readArray('tabs.npy')).toMatchObject({ shape: [1, 2], data: Float32Array.of(1, 2) });
  });

  it('reads what numpy writes', async () => {
    const tables = arrays.filter(({ ours, shape }) => ours && shape.length === 2 && shape.every((size) => size > 0));
    expect(tables.length).toBeGreaterThan(3);
    for (const one of tables) {
      const tensor = readNpy(bytesOf(one));
      if (['BOOL', 'C64'].includes(tensor.dtype)) continue;
      write('numpy.npy', bytesOf(one));
      await json('convert numpy.npy numpy-f4.npy');
      expect(toFloats(readArray('numpy-f4.npy')), one.name).toEqual(toFloats(tensor));
    }
  });

  it('reads half precision', async () => {
    const half = { dtype: 'F16', shape: [2, 2], data: Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff) } as const;
    write('half.safetensors', toSafetensors({ x: half }));
    await json('convert half.safetensors half.npy');
    expect(Array.from(toFloats(readArray('half.npy')))).toEqual([1, -2, 2 ** -24, 65504]);
  });
});

it('rows for many wide classes, which are classified in parts, keep their labels and ids', async () => {
  const [nDim, nClasses] = [1024, 600];
  const rows = sample(1500, nClasses, nDim, 5);
  writeSample('wide', rows);
  await json('fit wide.npy --labels wide-labels.npy -o wide.safetensors');
  await json('score wide.npy -m wide.safetensors -o wide-scores.npy');
  const { scores, labels } = new OpenSetClassifier(ClassCenters.load(read('wide.safetensors'))).classify(rows.x);
  expect(readArray('wide-scores.npy').data).toEqual(scores);
  const right = labels.filter((label, i) => label === rows.target[i]).length;
  const report = await json('evaluate wide.npy --labels wide-labels.npy -m wide.safetensors');
  expect(report).toMatchObject({ known: rows.rows, accuracy: right / rows.rows });
  const line = (values: ArrayLike<number | string>) => `${Array.from(values).join(',')}\n`;
  const lines = Array.from(rows.target, (_, i) => line([i, ...rows.x.subarray(i * nDim, (i + 1) * nDim)]));
  write('wide.csv', line(['id', ...Array.from({ length: nDim }, (_, k) => `f${k}`)]) + lines.join(''));
  const { stdout } = await run('predict wide.csv -m wide.safetensors --id-column id');
  expect(stdout).toBe(`id,label\n${Array.from(labels, (label, i) => line([i, label])).join('')}`);
});
