// @ts-check
// ONNX models as bytes, from the few fields of its Protocol Buffers (onnx.proto3) that the graphs here need.

const IR_VERSION = 9;
const OPSET = 18;

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;

/** A size that is a name may be any number. @typedef {Record<string, { type: number, shape: (number | string)[] }>} Values */

/** @param {number} value @returns {number[]} seven bits a byte */
const varint = (value) => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);
/** @param {number} field @param {number} value */
const number = (field, value) => Buffer.from([...varint(field * 8), ...varint(value)]);
/** @param {number} field @param {Uint8Array} content */
const bytes = (field, content) =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
/** @param {number} field @param {Buffer[]} content */
const message = (field, ...content) => bytes(field, Buffer.concat(content));
/** @param {number} field @param {string} value */
const text = (field, value) => bytes(field, Buffer.from(value));

/** Attribute of a node. @param {string} name @param {number} value */
export const int = (name, value) => message(5, text(1, name), number(3, value), number(20, 2));

/** Attribute of a node. @param {string} name @param {number} value */
export const float = (name, value) => {
  const content = Buffer.from([2 * 8 + 5, 0, 0, 0, 0]);
  content.writeFloatLE(value, 1);
  return message(5, text(1, name), content, number(20, 1));
};

/** @param {string[]} inputs @param {string} output @param {string} operator @param {Buffer[]} [attributes] */
export const node = (inputs, output, operator, attributes = []) =>
  message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, operator), ...attributes);

/** @param {string} name @param {Float32Array | BigInt64Array} values @param {number[]} shape */
export const constant = (name, values, shape) =>
  message(
    5,
    ...shape.map((size) => number(1, size)),
    number(2, values instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );

/** @param {number | string} size */
const sizeOf = (size) => (typeof size === 'string' ? text(2, size) : number(1, size));

/** @param {number} field @param {Values} values */
const declarations = (field, values) =>
  Object.entries(values).map(([name, { type, shape }]) => {
    const dimensions = message(2, ...shape.map((size) => message(1, sizeOf(size))));
    return message(field, text(1, name), message(2, message(1, number(1, type), dimensions)));
  });

/** @param {{ body: Buffer[], inputs: Values, outputs: Values }} graph  `body`: nodes and constants */
export const model = ({ body, inputs, outputs }) =>
  Uint8Array.from(
    Buffer.concat([
      number(1, IR_VERSION),
      message(7, ...body, text(2, 'graph'), ...declarations(11, inputs), ...declarations(12, outputs)),
      message(8, text(1, ''), number(2, OPSET)),
    ]),
  );
