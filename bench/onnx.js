// @ts-check
/** ONNX models as the files that onnxruntime reads: the few fields of its Protocol Buffers that graphs here need. */

const IR_VERSION = 9;
const OPSET = 18;

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;

/** @typedef {Buffer} Field */
/** @typedef {{ name: string, type: number, shape: number[] }} Value */

/** Seven bits a byte. @param {number} value @returns {number[]} */
const varint = (value) => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);
/** @param {number} field @param {number} value @returns {Field} */
const number = (field, value) => Buffer.from([...varint(field * 8), ...varint(value)]);
/** @param {number} field @param {Uint8Array} content @returns {Field} */
const bytes = (field, content) =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
/** @param {number} field @param {Field[]} content */
const message = (field, content) => bytes(field, Buffer.concat(content));
/** @param {number} field @param {string} value */
const text = (field, value) => bytes(field, Buffer.from(value));

/** @param {number} value */
const float = (value) => {
  const content = Buffer.alloc(5);
  content[0] = 2 * 8 + 5;
  content.writeFloatLE(value, 1);
  return content;
};

/**
 * @param {string[]} inputs
 * @param {string} output
 * @param {string} operator
 * @param {{ integers?: Record<string, number>, floats?: Record<string, number> }} [attributes]
 * @returns {Field}
 */
export const node = (inputs, output, operator, { integers = {}, floats = {} } = {}) =>
  message(1, [
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, operator),
    ...Object.entries(integers).map(([name, value]) => message(5, [text(1, name), number(3, value), number(20, 2)])),
    ...Object.entries(floats).map(([name, value]) => message(5, [text(1, name), float(value), number(20, 1)])),
  ]);

/** @param {string} name @param {Float32Array | BigInt64Array} values @param {number[]} shape @returns {Field} */
export const constant = (name, values, shape) =>
  message(5, [
    ...shape.map((size) => number(1, size)),
    number(2, values instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ]);

/** @param {number} field @param {Value} value @returns {Field} */
function declaration(field, { name, type, shape }) {
  const dimensions = message(
    2,
    shape.map((size) => message(1, [number(1, size)])),
  );
  return message(field, [text(1, name), message(2, [message(1, [number(1, type), dimensions])])]);
}

/**
 * @param {string} name
 * @param {{ body: Field[], inputs: Value[], outputs: Value[] }} graph  `body`: nodes and constants
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function model(name, { body, inputs, outputs }) {
  const values = [
    ...inputs.map((input) => declaration(11, input)),
    ...outputs.map((output) => declaration(12, output)),
  ];
  const graph = [...body, text(2, name), ...values];
  const opset = [text(1, ''), number(2, OPSET)];
  return Uint8Array.from(Buffer.concat([number(1, IR_VERSION), message(7, graph), message(8, opset)]));
}
