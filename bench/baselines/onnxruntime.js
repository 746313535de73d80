// @ts-check
// ONNX Runtime on its WebAssembly, one thread: ‖x‖² + ‖c‖² − 2x·c as one Gemm, which adds the norms of the centers.
// Centers in the graph are laid out for Gemm beforehand and their norms are known, but they can't change; as an input
// they can, as ours.

import * as ort from 'onnxruntime-web';
import { timedAsync } from '../measure.js';
import { constant, FLOAT, float, INT64, int, model, node } from '../onnx-model.js';

/** @import { Case, Data, Implementation, Shape } from '../types.js' */

const NAME = 'onnxruntime-web';

ort.env.wasm.numThreads = 1;

/** @param {Case} one @param {Data} data @returns {Promise<Implementation[]>} */
export async function implementations({ operation, shape }, data) {
  if (operation !== 'distances' && operation !== 'predict') return [];
  const output = operation === 'distances' ? 'distances' : 'nearest';
  const x = new ort.Tensor('float32', data.x, [shape.B, shape.D]);
  const centers = new ort.Tensor('float32', data.centers, [shape.C, shape.D]);
  const forms = [
    { name: NAME, inputs: { x, centers }, graph: graphOf(output, shape) },
    { name: `${NAME}, fixed centers`, inputs: { x }, graph: graphOf(output, shape, data.centers) },
  ];
  return Promise.all(
    forms.map(async ({ name, inputs, graph }) => {
      const session = await ort.InferenceSession.create(graph);
      const run = async () => (await session.run(inputs))[output]?.data;
      return {
        name,
        tolerance: 1e-4,
        async results() {
          const values = /** @type {Float32Array | BigInt64Array} */ (await run());
          return { [output]: Array.from(values, Number) };
        },
        time: timedAsync(run),
        dispose: () => session.release(),
      };
    }),
  );
}

/** @param {'distances' | 'nearest'} output @param {Shape} shape @param {Float32Array} [fixed]  centers */
function graphOf(output, { B, D, C }, fixed) {
  const axis = constant('rows', BigInt64Array.of(1n), [1]);
  // The nearest center does not depend on ‖x‖².
  const rest =
    output === 'nearest'
      ? [node(['partial'], output, 'ArgMin', [int('axis', 1), int('keepdims', 0)])]
      : [
          node(['x', 'rows'], 'xNorms', 'ReduceSumSquare', [int('keepdims', 1)]),
          node(['partial', 'xNorms'], output, 'Add'),
        ];
  const norms = fixed
    ? [constant('centers', fixed, [C, D]), constant('norms', normsOf(fixed, C, D), [C])]
    : [node(['centers', 'rows'], 'norms', 'ReduceSumSquare', [int('keepdims', 0)])];
  return model({
    body: [
      // The runtime warns of a constant that no node uses.
      ...(fixed && output === 'nearest' ? [] : [axis]),
      ...norms,
      node(['x', 'centers', 'norms'], 'partial', 'Gemm', [int('transB', 1), float('alpha', -2)]),
      ...rest,
    ],
    inputs: { x: { type: FLOAT, shape: [B, D] }, ...(!fixed && { centers: { type: FLOAT, shape: [C, D] } }) },
    outputs: {
      [output]: output === 'nearest' ? { type: INT64, shape: [B] } : { type: FLOAT, shape: [B, C] },
    },
  });
}

/** @param {Float32Array} rows @param {number} count @param {number} D */
const normsOf = (rows, count, D) =>
  Float32Array.from({ length: count }, (_, row) =>
    rows.subarray(row * D, (row + 1) * D).reduce((sum, value) => sum + value * value, 0),
  );
