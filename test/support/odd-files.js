// @ts-check
// Files as other programs write them, each with what the command line makes of it. Plain JavaScript without a test
// runner, so that the packed package can be tried on them in an empty folder, too.
import { gzipSync } from 'node:zlib';
import { npyFile } from './npy.js';

/**
 * @typedef {object} Expected
 * @property {number} status exit code
 * @property {number} [rows]
 * @property {number} [classes]
 * @property {string[] | null} [names]
 * @property {number[][]} [centers] rows of `convert --centers`
 * @property {RegExp} [stderr] default: nothing is said
 *
 * @typedef {object} OddFile
 * @property {string} name
 * @property {() => string | Uint8Array} bytes
 * @property {string} args command line; it writes model.safetensors, and prints one line of JSON where it succeeds
 * @property {Expected} expect
 */

const VALUES = [
  [1.5, 2],
  [3.5, 4],
  [1.5, 4],
  [3.5, 8],
];
const CENTERS = [
  [1.5, 3],
  [3.5, 6],
];
const TABLE = 'a,b,label\n1.5,2,0\n3.5,4,1\n1.5,4,0\n3.5,8,1\n';
const NAMED = TABLE.replaceAll(',0\n', ',cat\n').replaceAll(',1\n', ',dog\n');
const lines = (/** @type {(line: string, i: number) => string} */ edit) =>
  TABLE.trimEnd().split('\n').map(edit).join('\n');
/** The table with another column before it. @param {string} name @param {(row: number) => string | number} cell */
const after = (name, cell) => lines((line, i) => `${i ? cell(i) : name},${line}`);

/** Files that commands name beside an odd one. */
export const companions = {
  'rows.csv': lines((line) => line.replace(/,[^,]*$/, '')),
  'label-list.txt': '0\n1\n0\n1\n',
  'one.txt': '0\n',
};

const floats = Buffer.from(Float32Array.from(VALUES.flat()).buffer);
/** Upper halves of float32 values, which hold small ones exactly. */
const bfloat16 = Buffer.from(new Uint16Array(Uint8Array.from(floats).buffer).filter((_, i) => i % 2 === 1).buffer);
/** @param {string[]} names */
const utf32 = (...names) =>
  Buffer.from(Uint32Array.from(names.flatMap((name) => [...name].map((letter) => letter.charCodeAt(0)))).buffer);

/** Arrays X and y as `np.savez_compressed` of numpy 2.4 writes them. */
const NPZ =
  'UEsDBC0AAAAIAAAAIQB9FsxX//////////8FABQAWC5ucHkBABAAoAAAAAAAAABbAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GiY6CkaaOgq1CmQDLgaGA/YMDAwODAwJQNzgAOE3QPkMjgBQSwMELQAAAAgAAAAhAJm/XiP//////////wUAFAB5Lm5weQEAEACEAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXpNpqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaJjqaOgq1ChQALgZGBkYAUEsBAi0DLQAAAAgAAAAhAH0WzFdbAAAAoAAAAAUAAAAAAAAAAAAAAIABAAAAAFgubnB5UEsBAi0DLQAAAAgAAAAhAJm/XiNIAAAAhAAAAAUAAAAAAAAAAAAAAIABkgAAAHkubnB5UEsFBgAAAAACAAIAZgAAABEBAAAAAA==';

/** The same with an array of 4 GB, as its header says. */
function bomb() {
  const bytes = Buffer.from(NPZ, 'base64');
  bytes.writeUInt32LE(2 ** 32 - 2, bytes.indexOf('PK\x01\x02') + 24);
  return bytes;
}

/** @returns {OddFile} */
const fitted = (
  /** @type {string} */ name,
  /** @type {string | Uint8Array} */ bytes,
  /** @type {Partial<Expected>} */ expect = {},
  options = '',
) => ({
  name,
  bytes: () => bytes,
  args: `fit ${name} ${options} -o model.safetensors --json`,
  expect: { status: 0, rows: 4, classes: 2, names: null, centers: CENTERS, ...expect },
});

/** @returns {OddFile} */
const labels = (
  /** @type {string} */ name,
  /** @type {string | Uint8Array} */ bytes,
  /** @type {Partial<Expected>} */ expect = {},
) => ({ ...fitted(name, bytes, expect), args: `fit rows.csv --labels ${name} -o model.safetensors --json` });

/** @returns {OddFile} */
const refused = (
  /** @type {string} */ name,
  /** @type {string | Uint8Array} */ bytes,
  /** @type {RegExp} */ stderr,
  options = '',
) => ({ ...fitted(name, bytes, {}, options), expect: { status: 1, stderr } });

const CAT_DOG = { names: ['cat', 'dog'] };
const POSITIONS = /^note: .*the first line, 0, 1, 2 …, is taken for the names of the columns/;
const ROW_NUMBERED = { stderr: /row numbers, and is left out/ };
const LIST = '--labels label-list.txt';
const COLUMN_2 = '--label-column 2';
const TWO = [
  [0, 1],
  [2, 3],
];
const GAP = /^note: .*labels "\S+" are missing ones/;
const withGap = (/** @type {string} */ mark) => `${TABLE}9,9,${mark}\n`;

/** @type {readonly OddFile[]} */
export const oddFiles = [
  fitted('semicolon.csv', TABLE.replaceAll(',', ';')),
  fitted('decimal-comma.csv', TABLE.replaceAll(',', ';').replaceAll('.', ','), { stderr: /decimal commas/ }),
  refused('two-marks.csv', 'a;b;label\n1.5;2;0\n3,5;4;1\n', /another decimal mark/),
  fitted('tabs.tsv', TABLE.replaceAll(',', '\t')),
  fitted('savetxt.txt', TABLE.slice(10).replaceAll(',', '  '), {}, COLUMN_2),
  fitted('savetxt-e.txt', '1.5e+00 2e0 0.0\n3.5e+00 6e0 1.0e+00\n1.5 4 0\n3.5 6 1\n', {}, COLUMN_2),
  fitted('comment.csv', `# made by us\n${TABLE}`, { stderr: /lines that begin with # are comments/ }),
  fitted('comment-inside.csv', TABLE.replace('\n3.5', '\n# half\n3.5'), { stderr: /lines that begin with # are/ }),
  fitted('line-ends.csv', TABLE.replaceAll(/(\d)\n/g, '$1\r\n')),
  fitted('spaces.txt', ` ${TABLE.replaceAll(',', '   ').replaceAll('\n', ' \n ').trimEnd()}`),
  fitted('sep.csv', `sep=;\r\n${TABLE.replaceAll(',', ';')}`),
  fitted('utf16-le.csv', Buffer.from(NAMED, 'utf16le'), CAT_DOG),
  fitted('utf16-be.csv', Buffer.from(`\ufeff${NAMED}`, 'utf16le').swap16(), CAT_DOG),
  fitted('excel-columns.csv', TABLE.replaceAll('\n', ',,\n'), { stderr: /2 columns at the end have no name/ }),
  fitted('excel-rows.csv', `${TABLE},,\n,,\n`, { stderr: /rows of empty cells are left out/ }),
  fitted('empty-cell.csv', `${TABLE}1,,0\n`, { rows: 5, stderr: /are read as NaN/ }),
  fitted('list.csv', 'embedding,label\n"[1.5, 2]",0\n"[3.5, 4]",1\n"[1.5, 4]",0\n"[3.5, 8]",1\n'),
  fitted('list-of-numpy.csv', 'embedding,label\n[1.5 2. ],0\n[3.5 4. ],1\n[ 1.5 4.],0\n[3.5 8.],1\n'),
  refused('list-cut.csv', 'embedding,label\n[1.5 ... 2.],0\n', /the list was cut off/),
  refused(
    'ids.csv',
    after('file', (row) => `${row}.jpg`),
    /--id-column, or leave it out by --drop/,
  ),
  refused(
    'id.csv',
    after('id', (row) => 7 * row),
    /the column "id" looks like an id/,
  ),
  fitted(
    'id-kept.csv',
    after('id', (row) => 7 * row),
    {},
    '--id-column id',
  ),
  fitted(
    'dropped.csv',
    after('a b', () => 'x'),
    {},
    '--drop 0',
  ),
  fitted(
    'features.csv',
    after('f', () => 'x'),
    {},
    '--features a..b',
  ),
  fitted(
    'index.csv',
    after('', (row) => row - 1),
    ROW_NUMBERED,
  ),
  fitted(
    'unnamed.csv',
    after('Unnamed: 0', (row) => row),
    ROW_NUMBERED,
  ),
  fitted('pandas.csv', TABLE.replace('a,b,label', '0,1,label')),
  fitted('pandas-all.csv', TABLE.replace('a,b,label', '0,1,2'), { stderr: POSITIONS }, COLUMN_2),
  fitted('pandas-kind.csv', TABLE.replace('a,b,label', '0,1,kind'), {}, '--label-column kind'),
  fitted('pandas-index.csv', after('', (row) => row - 1).replace('a,b,label', '0,1,2'), ROW_NUMBERED, COLUMN_2),
  refused('positions.csv', '0,1,2\n2,3,0\n', /"0,1,2", may be names of columns or a row: say --header or/, COLUMN_2),
  fitted('positions-head.csv', '0,1,2\n2,3,0\n', { rows: 1, classes: 1, centers: [[2, 3]] }, `${COLUMN_2} --header`),
  fitted('positions-row.csv', '0,1,0\n2,3,1\n', { rows: 2, centers: TWO }, `${COLUMN_2} --no-header`),
  fitted('years.csv', TABLE.replace('a,b,label', '2019,2020,label')),
  fitted('years-of-words.csv', NAMED.replace('a,b,label', '1,2,class'), CAT_DOG),
  fitted('joined.csv', TABLE + TABLE, { rows: 8, stderr: /lines that repeat the names of the columns/ }),
  fitted('x-y.csv', TABLE.replace('a,b,label', 'x,y,label')),
  refused('two-labels.csv', 'class,f,label\nbig,1,0\n', /the columns "class" and "label" may be labels/),
  refused('no-labels.csv', TABLE.replace('label', 'c'), /a file of labels by --labels, a column by --label-column/),
  fitted('gap.csv', withGap(''), { rows: 5 }),
  ...['NaN', 'NA', '<NA>', 'null', 'None', '?'].map((mark, i) =>
    fitted(`gap${i}.csv`, withGap(mark), { rows: 5, stderr: GAP }),
  ),
  refused('fractions.csv', `${TABLE}1,1,0.5\n`, /row 4 has the label 0\.5, which is not an integer/),
  fitted('ten-and-a.csv', TABLE.replaceAll(',0\n', ',10\n').replaceAll(',1\n', ',a\n'), {
    names: ['10', 'a'],
    stderr: /words \("a"\) and numbers \("10"\)/,
  }),
  labels('pandas-series.csv', '0\n0\n1\n0\n1\n', {
    stderr: /the first line, "0", is taken for the name of the column/,
  }),
  labels('two-words.csv', 'the label\n0\n1\n0\n1\n', { stderr: /the first line, "the label"/ }),
  labels('plain-list.csv', '0\n1\n0\n1\n'),
  labels('series-of-words.csv', '0\ncat\ndog\ncat\ndog\n', { ...CAT_DOG, stderr: /the first line, "0"/ }),
  labels('words.csv', 'cat\ndog\ncat\ndog\n', CAT_DOG),
  labels('titled.csv', 'species\ncat\ndog\ncat\ndog\n', { ...CAT_DOG, stderr: /the first line, "species"/ }),
  labels('series-index.csv', ',0\n0,0\n1,1\n2,0\n3,1\n'),
  labels('names.npy', npyFile('<U3', '(4,)', utf32('cat', 'dog', 'cat', 'dog')), CAT_DOG),
  labels('names-be.npy', npyFile('>U3', '(4,)', utf32('cat', 'dog', 'cat', 'dog').swap32()), CAT_DOG),
  labels('names.npy.gz', gzipSync(npyFile('|S4', '(4, 1)', Buffer.from('cat\0dog\0cat\0dog\0'))), CAT_DOG),
  labels('texts.npy', npyFile('<U1', '(4,)', utf32('0', '1', '0', '1'))),
  labels('one-byte.npy', npyFile('<u1', '(4,)', Uint8Array.of(0, 1, 0, 1))),
  labels('one-byte-be.npy', npyFile('>i1', '(4,)', Uint8Array.of(0, 1, 0, 1))),
  labels('truth.npy', npyFile('|b1', '(4,)', Uint8Array.of(0, 1, 0, 1)), { names: ['False', 'True'] }),
  labels('truth.csv', 'False\nTrue\nFalse\nTrue\n', { names: ['False', 'True'] }),
  labels('nan.npy', npyFile('<f4', '(4,)', Buffer.from(Float32Array.of(0, 1, 0, Number.NaN).buffer)), {
    centers: [
      [1.5, 3],
      [3.5, 4],
    ],
    stderr: /labels "NaN" are missing/,
  }),
  labels('objects.npy', npyFile('|O', '(4,)', new Uint8Array(9)), {
    status: 1,
    stderr: /Python objects: save array\.astype\(str\)/,
  }),
  fitted('arrays.npz', Buffer.from(NPZ, 'base64')),
  fitted('table.csv.gz', gzipSync(TABLE)),
  fitted('rows.npy.gz', gzipSync(npyFile('<f4', '(4, 2)', floats)), {}, LIST),
  fitted('bfloat16.npy', npyFile('<V2', '(4, 2)', bfloat16), {}, LIST),
  fitted('bits.npy', npyFile('|V2', '(4, 2)', bfloat16), {}, `${LIST} --dtype bfloat16`),
  refused('raw.npy', npyFile('|V2', '(4, 2)', bfloat16), /values are bfloat16, say so by --dtype bfloat16/, LIST),
  fitted(
    'row.npy',
    npyFile('<f4', '(8,)', floats),
    { rows: 1, classes: 1, centers: [VALUES.flat()] },
    '--labels one.txt',
  ),
  refused('cut.npy.gz', gzipSync(TABLE).subarray(0, 30), /cannot be unpacked: unexpected end of file/),
  refused('bomb.npz', bomb(), /its arrays take more than 1073741824 bytes/),
  refused('cut.npz', Buffer.from(NPZ, 'base64').subarray(0, 300), /the archive is not whole/),
  refused('zeros.csv', new Uint8Array(99), /got other binary data/),
  ...Object.entries({
    'x.parquet': ['PAR1\x15\x04\x15\x10', /a Parquet file, .*read_parquet/],
    'x.feather': ['ARROW1\0\0\xff', /an Arrow or Feather file/],
    'x.h5': [`\x89HDF\r\n\x1a\n${'\0'.repeat(50)}`, /an HDF5 file/],
    'x.pkl': ['\x80\x04\x95\n\0"x\n', /a Python pickle/],
    'm.pt': [`PK\x03\x04${'\0'.repeat(22)}\x10\0\0\0archive/data.pkl`, /a PyTorch file/],
    'x.xlsx': [`PK\x03\x04${'\0'.repeat(22)}\x13\0\0\0[Content_Types].xml`, /an Excel workbook/],
    'x.zip': ['PK\x03\x04 and more', /a zip archive/],
    'x.mat': ['MATLAB 5.0 MAT-file', /a MATLAB file/],
    'x.jsonl': ['{"embedding":[1,2],"label":0}\n', /JSON, .*read_json/],
    'lfs.npy': ['version https://git-lfs.github.com/spec/v1\n', /a pointer of Git LFS/],
    'x.csv.zst': ['\x28\xb5\x2f\xfd\0', /compressed by zstd/],
    'x.html': ['<!DOCTYPE html>\n<p>not found', /a web page/],
  }).map(([name, [text, stderr]]) =>
    refused(name, Buffer.from(/** @type {string} */ (text), 'latin1'), /** @type {RegExp} */ (stderr)),
  ),
];
