// @ts-check
// The programs run as they are, in transformers.js with a model of the same name that test/model.js writes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClassCenters, OpenSetClassifier } from 'center-loss';
import * as ort from 'onnxruntime-web';
import { writeModel } from './model.js';

const cwd = mkdtempSync(join(tmpdir(), 'embeddings-'));
after(() => rmSync(cwd, { recursive: true }));

/** @param {string} file */
const path = (file) => fileURLToPath(new URL(file, import.meta.url));

/** @param {string} program @param {string[]} texts */
function run(program, ...texts) {
  const args = ['--import', path('local.js'), path(program), ...texts];
  return execFileSync(process.execPath, args, { cwd, encoding: 'utf8' });
}

test('a saved classifier names new sentences, and refuses those of no class', () => {
  run('../src/train.js');
  const printed = run(
    '../src/decide.js',
    'Did my package arrive?',
    'I want a refund for this order',
    'How do I change my password?',
    'Does it rain in Lisbon tomorrow?',
  );
  const verdicts = printed
    .trim()
    .split('\n')
    .map((line) => / → (\w+)/.exec(line)?.[1]);
  assert.deepEqual(verdicts, ['delivery', 'refund', 'account', 'unknown'], printed);
});

test('the programs of the guide run', () => {
  writeModel(cwd);
  renameSync(join(cwd, 'onnx/model.onnx'), join(cwd, 'model.onnx'));
  const page = readFileSync(path('../../../docs/embeddings.md'), 'utf8');
  const programs = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');
  const printed = programs.map((code) => {
    // A program finds its packages from where it is.
    const file = path('../guide.tmp.mjs');
    writeFileSync(file, code);
    try {
      return run('../guide.tmp.mjs');
    } finally {
      rmSync(file);
    }
  });
  assert.match(printed[0] ?? '', /name: 'refund'[\s\S]*\nnull\n$/);
  assert.match(printed[1] ?? '', /Did my package arrive\? delivery\nDoes it rain in Lisbon\? unknown\n$/);
  assert.match(printed[2] ?? '', /\[ 'money', 'parcel', null \]\n$/);
});

test('the tensors of ONNX Runtime Web are taken as they are', async () => {
  writeModel(cwd);
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(readFileSync(join(cwd, 'onnx/model.onnx')));
  // Word 2 and those after it are of one topic, word 10 and those after it of another.
  const ids = BigInt64Array.of(2n, 3n, 4n, 5n, 10n, 11n, 12n, 13n, 1n, 1n);
  const input_ids = new ort.Tensor('int64', ids, [5, 2]);
  const run = () => session.run({ input_ids, attention_mask: input_ids });
  const { sentence_embedding: rows, last_hidden_state: words } = await run();
  const target = new ort.Tensor('int64', BigInt64Array.of(0n, 0n, 1n, 1n, -1n), [5]);
  assert.ok(rows && words);
  const classifier = new OpenSetClassifier(ClassCenters.fit(rows, target));
  // A new array with new rows: a threshold of the rows of the centers would be warned about.
  const { sentence_embedding: again } = await run();
  assert.ok(again);
  classifier.fit(again, target);
  const loaded = OpenSetClassifier.load(classifier.save());
  assert.deepEqual([...loaded.classify(rows).labels], [0, 0, 1, 1, -1]);
  assert.throws(() => classifier.classify(words), { code: 'ERR_SHAPE' });
  await session.release();
});
