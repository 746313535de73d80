// @ts-check
/** Center loss as ONNX has it, Σ‖x − centers[target]‖², written as the file that onnxruntime reads. */

const [FLOAT, INT32] = [1, 6];
const IR_VERSION = 9;
const OPSET = 18;

/** Protocol Buffers' numbers, seven bits a byte. @param {number} value @returns {number[]} */
const varint = (value) => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);
/** @param {number} field @param {number} value */
const number = (field, value) => [...varint(field * 8), ...varint(value)];
/** @param {number} field @param {number[]} content */
const message = (field, content) => [...varint(field * 8 + 2), ...varint(content.length), ...content];
/** @param {number} field @param {string} value */
const text = (field, value) => message(field, [...new TextEncoder().encode(value)]);

/** @param {string[]} inputs @param {string} output @param {string} operator @param {number[]} [attribute] */
const node = (inputs, output, operator, attribute = []) =>
  message(1, [...inputs.flatMap((name) => text(1, name)), ...text(2, output), ...text(4, operator), ...attribute]);

/** @param {string} name @param {number} value @returns {number[]} an attribute that is a whole number */
const attribute = (name, value) => message(5, [...text(1, name), ...number(3, value), ...number(20, 2)]);

/** @param {number} field @param {string} name @param {number} type @param {number[]} shape */
function tensor(field, name, type, shape) {
  const dimensions = message(
    2,
    shape.flatMap((size) => message(1, number(1, size))),
  );
  return message(field, [...text(1, name), ...message(2, message(1, [...number(1, type), ...dimensions]))]);
}

/**
 * The model's bytes, for inputs x [B, D], centers [C, D] and target [B] (int32), and the output loss [].
 * @param {{ B: number, C: number, D: number }} shape
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function lossModel({ B, C, D }) {
  const graph = [
    ...node(['centers', 'target'], 'own', 'Gather'),
    ...node(['x', 'own'], 'residual', 'Sub'),
    ...node(['residual'], 'loss', 'ReduceSumSquare', attribute('keepdims', 0)),
    ...text(2, 'center-loss'),
    ...tensor(11, 'x', FLOAT, [B, D]),
    ...tensor(11, 'centers', FLOAT, [C, D]),
    ...tensor(11, 'target', INT32, [B]),
    ...tensor(12, 'loss', FLOAT, []),
  ];
  const opset = [...text(1, ''), ...number(2, OPSET)];
  return Uint8Array.from([...number(1, IR_VERSION), ...message(7, graph), ...message(8, opset)]);
}
