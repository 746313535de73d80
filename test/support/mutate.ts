// Mutations of files, the same at every run.

/** Whole numbers from 0 to below `bound`, one after the other. Source: mulberry32, Tommy Ettinger (public domain). */
export type Random = (bound: number) => number;

export function random(seed: number): Random {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** Pieces of text that confuse parsers. */
const PIECES = [
  ...`{ } [ ] ( ) " ' , : \\ - . e9 0 L null true`.split(' '),
  ...[' ', '\n', '\0'],
  ...['18446744073709551616', '9007199254740993', '4294967296', '99999999999', '1e400', 'NaN', '\\u0000', '\\ud800'],
  ...['"a":', '"__metadata__":{},', '"shape":[],', '"dtype":"F64",', '"data_offsets":[0,4],', '"__proto__":', '""'],
  ...['F64', 'F16', 'BF16', 'U8', 'C64', 'F4', '<f8', '>f4', '|b1', 'True', 'False', '(2, 3)', 'center-loss', '"1"'],
].map((text) => new TextEncoder().encode(text));

const joined = (...parts: Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

type Mutation = (file: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** Chooses a place in the file: one of the first bytes, in the header, or anywhere. */
const place = ({ length }: Uint8Array, random: Random): number =>
  random([Math.min(length, 12), Math.min(length, 400), length, length][random(4)] as number);

const replace = (file: Uint8Array, start: number, end: number, piece: Uint8Array): Uint8Array =>
  joined(file.subarray(0, start), piece, file.subarray(end));

const MUTATIONS: readonly Mutation[] = [
  // Flips a bit.
  (file, random) => {
    const at = place(file, random);
    const flipped = file.slice();
    if (at < file.length) flipped[at] = (file[at] as number) ^ (1 << random(8));
    return flipped;
  },
  // Replaces a byte.
  (file, random) => {
    const at = place(file, random);
    return replace(file, at, at + 1, Uint8Array.of(random(256)));
  },
  // Cuts off the end, or adds bytes.
  (file, random) => file.slice(0, random(file.length + 1)),
  (file, random) => joined(file, new Uint8Array(1 + random(9)).fill(random(256))),
  // Deletes a part, repeats it, or writes it over another.
  (file, random) => {
    const at = place(file, random);
    return replace(file, at, at + 1 + random(20), new Uint8Array(0));
  },
  (file, random) => {
    const [at, from] = [place(file, random), place(file, random)];
    return replace(file, at, at, file.subarray(from, from + 1 + random(80)));
  },
  (file, random) => {
    const [at, from, length] = [place(file, random), place(file, random), 1 + random(40)];
    return replace(file, at, at + length, file.subarray(from, from + length));
  },
  // Inserts text that confuses parsers, over a few bytes or before them.
  (file, random) => {
    const at = place(file, random);
    return replace(file, at, at + random(4), PIECES[random(PIECES.length)] as Uint8Array);
  },
  // Replaces a digit by a number.
  (file, random) => {
    const digits = [...file.subarray(8, 600).entries()].filter(([, byte]) => byte >= 48 && byte < 58);
    const [at] = digits[random(digits.length)] ?? [0];
    return replace(
      file,
      at + 8,
      at + 9,
      new TextEncoder().encode(`${random([3, 300, 2 ** 32, 2 ** 53][random(4)] as number)}`),
    );
  },
  // Copies a part of another file.
  (file, random, other) => {
    const at = place(file, random);
    return joined(file.subarray(0, at), other.subarray(Math.max(0, at - random(9))));
  },
];

/** Corrects the length of a changed safetensors header, so that readers do not stop at the length. */
function repaired(file: Uint8Array, before: Uint8Array): Uint8Array {
  if (before.length < 8 || file.length < 8) return file;
  const length = Number(new DataView(before.buffer, before.byteOffset).getBigUint64(0, true));
  const now = length + file.length - before.length;
  if (now < 0) return file;
  const copy = file.slice();
  new DataView(copy.buffer).setBigUint64(0, BigInt(now), true);
  return copy;
}

/** Changes a file one to three times. With `follow`, half of the files get the right length of their header. */
export function mutated(files: readonly Uint8Array[], random: Random, follow: boolean): Uint8Array {
  const before = files[random(files.length)] as Uint8Array;
  let file = before;
  for (let times = 1 + random(2) * random(3); times > 0; times--) {
    const mutation = MUTATIONS[random(MUTATIONS.length)] as Mutation;
    file = mutation(file, random, files[random(files.length)] as Uint8Array);
  }
  return follow && random(2) === 0 ? repaired(file, before) : file;
}
