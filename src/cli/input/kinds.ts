// Files of other programs, told by their first bytes. Without this list they would be read as a CSV.

const SAVED_BY_NUMPY = 'np.save writes its array as .npy';

/** First bytes, as {@link shownBytes} writes them, kind of the file, and a way to convert it. */
const KINDS: readonly (readonly [begin: RegExp, kind: string, advice: string])[] = [
  [/^PAR1/, 'a Parquet file', 'pandas.read_parquet(file).to_csv(output, index=False) converts it'],
  [/^(ARROW1|FEA1)/, 'an Arrow or Feather file', 'pandas.read_feather(file).to_csv(output, index=False) converts it'],
  [/^⟨89⟩HDF/, 'an HDF5 file', `h5py opens it, and ${SAVED_BY_NUMPY}`],
  [/^MATLAB/, 'a MATLAB file', `scipy.io.loadmat (or h5py for version 7.3) opens it, and ${SAVED_BY_NUMPY}`],
  [
    /^PK⟨03⟩⟨04⟩.{0,400}\.pkl/s,
    'a PyTorch file',
    'safetensors.torch.save_file(tensors, output) or np.save converts what torch.load gives',
  ],
  [/^⟨80⟩⟨0[2-5]⟩/, 'a Python pickle', `pickle.load, joblib.load or torch.load opens it, and ${SAVED_BY_NUMPY}`],
  [
    /^(PK⟨03⟩⟨04⟩.{0,400}(\[Content_Types\]|xl\/)|⟨d0⟩⟨cf⟩⟨11⟩⟨e0⟩)/s,
    'an Excel workbook',
    'Excel saves it as CSV UTF-8, and pandas.read_excel(file).to_csv(output, index=False) converts it',
  ],
  [/^PK⟨0[35]⟩⟨0[46]⟩/, 'a zip archive without arrays', 'unpack it, and give the file that is in it'],
  [/^BZh\d/, 'a file compressed by bzip2', 'bzcat unpacks it into a pipe'],
  [/^⟨fd⟩7zXZ/, 'a file compressed by xz', 'xzcat unpacks it into a pipe'],
  [/^\(⟨b5⟩\/⟨fd⟩/, 'a file compressed by zstd', 'zstdcat unpacks it into a pipe'],
  [/^SQLite format 3/, 'an SQLite database', 'sqlite3 -csv -header file "SELECT …" converts it'],
  [/^(⟨89⟩PNG|⟨ff⟩⟨d8⟩|GIF8|RIFF)/, 'an image or a sound', 'compute embeddings with a model first'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS in place of the file', 'git lfs pull fetches the file'],
  [/^\s*<(!doctype|html)/i, 'a web page', 'check the address that it was downloaded from'],
  [/^(⟨ef⟩⟨bb⟩⟨bf⟩)?\s*\[/, 'JSON', 'pandas.read_json(file).to_csv(output, index=False) converts a list of objects'],
  [
    /^(⟨ef⟩⟨bb⟩⟨bf⟩)?\s*\{/,
    'JSON',
    'pandas.read_json(file, lines=True).to_csv(output, index=False) converts one object a line',
  ],
];

/** A zip archive whose first file is an array. */
const NPZ = /^PK⟨03⟩⟨04⟩.{0,400}\.npy/s;

export const beginsAsNpz = (head: Uint8Array): boolean => NPZ.test(shownBytes(head));

/** Writes first bytes as text in which every byte that is no ASCII character is a number, ⟨89⟩. */
const shownBytes = (head: Uint8Array): string =>
  Array.from(head.subarray(0, 1024), (byte) =>
    (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13
      ? String.fromCharCode(byte)
      : `⟨${byte.toString(16).padStart(2, '0')}⟩`,
  ).join('');

/** Describes a file that is none of the formats that are read, with a way to convert it; undefined for text. */
export function foreignKind(head: Uint8Array): string | undefined {
  const text = shownBytes(head);
  const found = KINDS.find(([begin]) => begin.test(text));
  if (found) return `this is ${found[1]}, which cannot be read here: ${found[2]}`;
  if (encodingOf(head) !== 'utf-8' || !/⟨(0[0-8ef]|1[0-9acdef])⟩/.test(text)) return undefined;
  return 'expected .npy, .npz, .safetensors, .csv or .gz, got other binary data: np.save writes an array as .npy';
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
