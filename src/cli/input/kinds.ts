// Files of other programs, told by their first bytes. Without this list they would be read as a CSV.

const SAVED_BY_NUMPY = 'np.save writes its array as .npy';

/** First bytes (one character for each byte), kind of the file, and a way to convert it. */
const KINDS: readonly (readonly [begin: RegExp, kind: string, advice: string])[] = [
  [/^PAR1/, 'a Parquet file', 'pandas.read_parquet(file).to_csv(output, index=False) converts it'],
  [/^(ARROW1|FEA1)/, 'an Arrow or Feather file', 'pandas.read_feather(file).to_csv(output, index=False) converts it'],
  [/^\x89HDF\r\n/, 'an HDF5 file', `h5py opens it, and ${SAVED_BY_NUMPY}`],
  [/^MATLAB/, 'a MATLAB file', `scipy.io.loadmat (or h5py for version 7.3) opens it, and ${SAVED_BY_NUMPY}`],
  [
    /^PK\x03\x04.{0,200}\.pkl/s,
    'a PyTorch file',
    'safetensors.torch.save_file(tensors, output) or np.save converts what torch.load gives',
  ],
  [/^\x80[\x02-\x05]/, 'a Python pickle', `pickle.load, joblib.load or torch.load opens it, and ${SAVED_BY_NUMPY}`],
  [
    /^(PK\x03\x04.{0,200}(\[Content_Types\]|xl\/)|\xd0\xcf\x11\xe0)/s,
    'an Excel workbook',
    'Excel saves it as CSV UTF-8, and pandas.read_excel(file).to_csv(output, index=False) converts it',
  ],
  [/^PK(\x03\x04|\x05\x06)/, 'a zip archive without arrays', 'unpack it, and name the file in it'],
  [/^BZh\d/, 'compressed by bzip2', 'bzcat unpacks it into a pipe'],
  [/^\xfd7zXZ/, 'compressed by xz', 'xzcat unpacks it into a pipe'],
  [/^\x28\xb5\x2f\xfd/, 'compressed by zstd', 'zstdcat unpacks it into a pipe'],
  [/^SQLite format 3/, 'an SQLite database', 'sqlite3 -csv -header file "SELECT …" converts it'],
  [/^(\x89PNG|\xff\xd8\xff|GIF8|RIFF)/, 'an image or sound', 'a model makes embeddings of it first'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS, not the file itself', 'git lfs pull fetches the file'],
  [/^\s*<(!doctype|html)/i, 'a web page', 'the address that it came from gave no data'],
  [
    /^(\xef\xbb\xbf)?\s*[{[]/,
    'JSON',
    'pandas.read_json(file, lines=True).to_csv(output, index=False) converts one object a line',
  ],
];

/** Describes a file that is none of the formats that are read, with a way to convert it; undefined for text. */
export function foreignKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.subarray(0, 1024)).toString('latin1');
  const found = KINDS.find(([begin]) => begin.test(text));
  if (found) return `is ${found[1]}, which is not read: ${found[2]}`;
  if (encodingOf(head) !== 'utf-8' || !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text)) return undefined;
  return 'is binary, and none of .npy, .npz, .safetensors, .csv and .gz: np.save writes an array as .npy';
}

/** Finds the encoding of a text, by its byte order mark or by the empty halves of its first characters. */
export function encodingOf(head: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const start = Array.from(head.subarray(0, 8));
  if ((start[0] === 0xff && start[1] === 0xfe) || hasPattern(start, [1, 0])) return 'utf-16le';
  if ((start[0] === 0xfe && start[1] === 0xff) || hasPattern(start, [0, 1])) return 'utf-16be';
  return 'utf-8';
}

/** Tells bytes that are zero and not zero in turn. */
const hasPattern = (bytes: readonly number[], pattern: readonly number[]): boolean =>
  bytes.length >= 6 && bytes.every((byte, i) => (byte === 0 ? 0 : 1) === pattern[i % 2]);
