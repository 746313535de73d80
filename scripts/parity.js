// @ts-check
// Usage: node scripts/parity.js [--update] — compares docs/parity.md with what follows from the list of features
// (parity-features.js) and from what the peers gave (test/oracle/parity.json); with --update it writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CAFFE_FACE, FEATURES } from './parity-features.js';

/** @typedef {import('./parity-features.js').Feature} Feature */
/** @typedef {import('./parity-features.js').Peer} Peer */
/** @typedef {{ value?: unknown, error?: string, none?: string[] }} Outcome */
/** @typedef {{ input: Record<string, unknown>, right: unknown } & Record<Peer, Outcome>} Probe */

export const ROOT = new URL('..', import.meta.url);
const DOCUMENT = new URL('docs/parity.md', ROOT);
const ORACLE = 'test/oracle/parity.json';

/** By what each peer divides its loss: the names of `reduction`. @type {Record<Peer, string>} */
const REDUCTION = { 'pytorch-ood': 'mean', kaiyangzhou: 'batch' };
export const PEERS = /** @type {const} */ (['pytorch-ood', 'kaiyangzhou']);

/** Float32 noise of the peers is no difference; what is off by more is. */
const TOLERANCE = 1e-3;

const json = readFileSync(new URL(ORACLE, ROOT), 'utf8');

/** @type {{ versions: Record<string, string>, probes: Record<string, Probe> }} */
export const oracle = JSON.parse(json, (_, value) =>
  value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
);

/** All numbers of nested lists and records, in order. @param {unknown} value @returns {number[]} */
export function numbers(value) {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
}

/** The result that is right for a peer: probes of losses have one by reduction. @param {Probe} probe @param {Peer} peer @param {string} [key] */
export function rightOf({ right }, peer, key = REDUCTION[peer]) {
  return right !== null && typeof right === 'object' && key in right
    ? /** @type {Record<string, unknown>} */ (right)[key]
    : right;
}

/** The largest difference, as a share of the largest value: NaN if any is. @param {number[]} gave @param {number[]} right */
function off(gave, right) {
  if (gave.length !== right.length) return Number.POSITIVE_INFINITY;
  if (gave.length === 0) return 0;
  const scale = Math.max(...right.map(Math.abs)) || 1;
  return Math.max(...gave.map((value, i) => Math.abs(value - (right[i] ?? 0)) / scale));
}

/**
 * What a peer's cell says: whether the value is right, and by how much it is not.
 * @param {Feature} feature @param {Peer} peer @returns {{ word: 'yes' | 'partly' | 'no', figure: string }}
 */
export function verdict(feature, peer) {
  const probe = probeOf(feature);
  const gave = probe[peer];
  const { figure, partly = [], own } = feature;
  if (gave.none) return { word: 'no', figure: '' };
  if (gave.error) return { word: 'no', figure: gave.error };
  const right = rightOf(probe, peer, own?.[peer]);
  const wrong = isError(right) ? Number.POSITIVE_INFINITY : off(numbers(gave.value), numbers(right));
  const shown = figure?.(gave.value) ?? percent(gave.value, wrong);
  const passed = feature.atMost ? Number(gave.value) < Number(right) : wrong <= TOLERANCE;
  if (passed) return { word: partly.includes(peer) ? 'partly' : 'yes', figure: figure ? shown : '' };
  return { word: partly.includes(peer) ? 'partly' : 'no', figure: shown };
}

/** @param {Feature} feature @returns {Probe} */
function probeOf({ name, probe }) {
  const found = oracle.probes[probe ?? ''];
  if (!found) throw new Error(`${name}: ${ORACLE} has no probe ${probe}`);
  return found;
}

/** @param {unknown} right @returns {right is { error: string }} */
export const isError = (right) => right !== null && typeof right === 'object' && 'error' in right;

/** @param {unknown} value @param {number} wrong */
function percent(value, wrong) {
  if (Number.isNaN(wrong)) return 'NaN';
  if (typeof value !== 'number' || !Number.isFinite(wrong)) return '';
  return `off by ${(100 * wrong).toLocaleString('en', { maximumSignificantDigits: 2 })} %`;
}

const HEADER = `# Parity

What center-loss has, which of it the code has that people come from, and whether that gives the same.
Made by \`node scripts/parity.js --update\`:

- **pytorch-ood** {pytorch-ood} and **KaiyangZhou/pytorch-center-loss** {kz} were run, in PyTorch {torch}, on one small
  input per row: [parity.py](../test/oracle/parity.py) asks, [parity.json](../test/oracle/parity.json) has what they
  gave. *yes*: the value of the formula in float64, within a relative 10⁻³. *no*: another value (by how much), an
  exception (its type), or no public name for it; a name is looked for, so the script fails if there is one. *partly*:
  only as the note says.
- **caffe-face**, the code of the 2016 paper, was read, not run: each cell links to the lines.
- **center-loss**: each cell links to a test that proves it, whose name is the link's title. Beside that,
  [parity.test.ts](../test/parity.test.ts) runs the peers' inputs: within 10⁻⁵ of the formula, the same as the peer where
  its cell says yes, another value where it says no.
`;

/** The whole document. */
export function render() {
  const { versions } = oracle;
  const head = HEADER.replace('{pytorch-ood}', versions['pytorch-ood'] ?? '')
    .replace('{kz}', (versions['KaiyangZhou/pytorch-center-loss'] ?? '').slice(0, 7))
    .replace('{torch}', versions.torch ?? '');
  /** @type {string[]} */
  const notes = [];
  /** @type {Map<string, string>} */
  const lines = new Map();
  /** @param {string | undefined} note */
  const mark = (note) => {
    if (!note) return '';
    if (!notes.includes(note)) notes.push(note);
    return `[^${notes.indexOf(note) + 1}]`;
  };

  /** @param {Feature} feature @param {Peer} peer */
  const peerCell = (feature, peer) => {
    const note = mark(feature.notes?.[peer]);
    if (!feature.probe) return `no${note}`;
    const { word, figure } = verdict(feature, peer);
    const text = figure ? `${word}, ${figure}` : word;
    return `[${text}](../${ORACLE}#L${lineOf(feature.probe)} "probe ${feature.probe}")${note}`;
  };
  /** @param {Feature} feature */
  const caffeCell = ({ caffe: [text, where], notes: own }) => {
    lines.set(where, CAFFE_FACE + where);
    return `[${text}][${label(where)}]${mark(own?.['caffe-face'])}`;
  };
  /** @param {Feature} feature */
  const ourCell = ({ ours, notes: own }) => {
    const note = mark(own?.['center-loss']);
    if (ours === 'no') return `no${note}`;
    const [file, name, text = 'yes'] = ours;
    return `[${text}](../${file} "${name.replaceAll('"', "'")}")${note}`;
  };

  const rows = FEATURES.map((feature) => {
    if (typeof feature === 'string') return `| **${feature}** | | | | |`;
    const cells = [...PEERS.map((peer) => peerCell(feature, peer)), caffeCell(feature), ourCell(feature)];
    return `| ${feature.name} | ${cells.join(' | ')} |`;
  });
  return `${[
    head,
    '| | pytorch-ood | KaiyangZhou | caffe-face | center-loss |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    ...notes.map((note, i) => `[^${i + 1}]: ${note}`),
    '',
    ...[...lines].map(([where, url]) => `[${label(where)}]: ${url}`),
  ].join('\n')}\n`;
}

/** @param {string} where */
const label = (where) => where.slice(where.lastIndexOf('/') + 1);

/** Where a probe stands in the JSON, one per line. @param {string} probe */
function lineOf(probe) {
  return json.split('\n').findIndex((line) => line.startsWith(`    "${probe}": `)) + 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { update } = parseArgs({ options: { update: { type: 'boolean', default: false } } }).values;
  if (update) writeFileSync(DOCUMENT, render());
  else if (readFileSync(DOCUMENT, 'utf8') !== render()) {
    console.error('docs/parity.md is not what follows from the probes and the features; run');
    console.error('  node scripts/parity.js --update');
    process.exitCode = 1;
  }
}
