// @ts-check
// ONNX Runtime on its WebAssembly, one thread: ‖x‖² + ‖c‖² − 2x·c as one Gemm, which adds the norms of the centers.
// With the centers in the graph the runtime lays them out for Gemm beforehand and knows their norms, but they can't
// change; as an input they can, as ours.

import * as ort from 'onnxruntime-web';
import { timedAsync } from '../measure.js';
import { constant, FLOAT, INT64, model, node } from '../onnx.js';

const NAME = 'onnxruntime-web';
const TOLERANCE = 1e-4;

// Threads are for whole machines; everybody here has one.
ort.env.wasm.numThreads = 1;

/**
 * @param {import('../shapes.js').Work} work
 * @param {import('../data.js').Data} data
 * @returns {Promise<import('../measure.js').Contender[]>}
 */
export async function contenders({ kind, shape }, data) {
  if (kind !== 'distances' && kind !== 'predict') return [];
  const { B, D, C } = shape;
  const x = new ort.Tensor('float32', data.x, [B, D]);
  const centers = new ort.Tensor('float32', data.centers, [C, D]);
  const forms = [
    { name: NAME, inputs: { x, centers }, graph: graphOf(kind, shape) },
    { name: `${NAME}, fixed centers`, inputs: { x }, graph: graphOf(kind, shape, data.centers) },
  ];
  return Promise.all(
    forms.map(async ({ name, inputs, graph }) => {
      const session = await ort.InferenceSession.create(graph);
      const run = async () => (await session.run(inputs))[kind]?.data;
      return {
        name,
        group: 'peer',
        tolerance: TOLERANCE,
        async outcome() {
          const values = /** @type {Float32Array | BigInt64Array} */ (await run());
          return kind === 'predict'
            ? { nearest: Array.from(values, Number) }
            : { distances: Array.from(values, Number) };
        },
        time: timedAsync(run),
        dispose: () => session.release(),
      };
    }),
  );
}

/**
 * @param {'distances' | 'predict'} kind
 * @param {import('../shapes.js').Shape} shape
 * @param {Float32Array} [fixed]  centers
 */
function graphOf(kind, { B, D, C }, fixed) {
  const rows = constant('rows', BigInt64Array.of(1n), [1]);
  // The nearest center doesn't hang on ‖x‖².
  const rest =
    kind === 'predict'
      ? [node(['partial'], kind, 'ArgMin', { integers: { axis: 1, keepdims: 0 } })]
      : [
          node(['x', 'rows'], 'xNorms', 'ReduceSumSquare', { integers: { keepdims: 1 } }),
          node(['partial', 'xNorms'], kind, 'Add'),
        ];
  const norms = fixed
    ? [constant('centers', fixed, [C, D]), constant('norms', normsOf(fixed, C, D), [C])]
    : [node(['centers', 'rows'], 'norms', 'ReduceSumSquare', { integers: { keepdims: 0 } })];
  return model(kind, {
    body: [
      // A constant that no node uses would be warned of.
      ...(fixed && kind === 'predict' ? [] : [rows]),
      ...norms,
      node(['x', 'centers', 'norms'], 'partial', 'Gemm', { integers: { transB: 1 }, floats: { alpha: -2, beta: 1 } }),
      ...rest,
    ],
    inputs: [
      { name: 'x', type: FLOAT, shape: [B, D] },
      ...(fixed ? [] : [{ name: 'centers', type: FLOAT, shape: [C, D] }]),
    ],
    outputs: [
      kind === 'predict' ? { name: kind, type: INT64, shape: [B] } : { name: kind, type: FLOAT, shape: [B, C] },
    ],
  });
}

/** @param {Float32Array} rows @param {number} count @param {number} D */
const normsOf = (rows, count, D) =>
  Float32Array.from({ length: count }, (_, row) =>
    rows.subarray(row * D, (row + 1) * D).reduce((sum, value) => sum + value * value, 0),
  );
