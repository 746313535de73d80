// @ts-check
/** A model of sentence embeddings with the files of one from the Hub. Its word vectors are written by hand. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constant, FLOAT, INT64, int, model, node } from '../../../bench/onnx-model.js';

/** Words of each topic. Others, and [UNK], have a direction of their own. */
const TOPICS = [
  ['refund', 'money', 'charged', 'return', 'returned', 'order', 'receipt', 'product'],
  ['parcel', 'package', 'late', 'arrive', 'delivery', 'ship'],
  ['password', 'reset', 'login', 'account', 'sign', 'email'],
];
/** Words that say nothing about the topic. */
const FILLERS = 'i my me you the a an is of to in and this it do does did not how can when where will please get'.split(
  ' ',
);

/** A vector has one dimension for each topic, one for unknown words, and two of noise. */
const DIM = TOPICS.length + 3;
const VOCABULARY = ['[PAD]', '[UNK]', ...TOPICS.flat(), ...FILLERS];

/** @param {string} word @param {number} index */
function vector(word, index) {
  const values = Array.from({ length: DIM }, (_, i) => 0.1 * Math.sin(index * DIM + i));
  const topic = TOPICS.findIndex((words) => words.includes(word));
  if (topic >= 0) values[topic] = 1;
  else if (word === '[UNK]') values[TOPICS.length] = 0.5;
  return values;
}

/** Writes the model into a folder: token ids [B, T] × vectors give `last_hidden_state` [B, T, D], and its mean [B, D]. */
export function writeModel(/** @type {string} */ folder) {
  const vectors = Float32Array.from(VOCABULARY.flatMap(vector));
  const onnx = model({
    inputs: {
      input_ids: { type: INT64, shape: ['B', 'T'] },
      attention_mask: { type: INT64, shape: ['B', 'T'] },
    },
    outputs: {
      last_hidden_state: { type: FLOAT, shape: ['B', 'T', DIM] },
      sentence_embedding: { type: FLOAT, shape: ['B', DIM] },
    },
    body: [
      constant('vectors', vectors, [VOCABULARY.length, DIM]),
      constant('axes', BigInt64Array.of(1n), [1]),
      node(['vectors', 'input_ids'], 'last_hidden_state', 'Gather'),
      node(['last_hidden_state', 'axes'], 'sentence_embedding', 'ReduceMean', [int('keepdims', 0)]),
    ],
  });
  const tokenizer = {
    version: '1.0',
    added_tokens: [],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      unk_token: '[UNK]',
      vocab: Object.fromEntries(VOCABULARY.map((word, id) => [word, id])),
    },
  };
  const settings = { tokenizer_class: 'PreTrainedTokenizerFast', pad_token: '[PAD]', unk_token: '[UNK]' };
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  writeFileSync(join(folder, 'onnx/model.onnx'), onnx);
  writeFileSync(join(folder, 'config.json'), '{"model_type":"bert"}');
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(settings));
}
