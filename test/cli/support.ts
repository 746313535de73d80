// The command line as a user has it: dist/cli.js, on files in a folder of its own; and labeled rows around centers, in
// such files.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ClassCenters, fromSafetensors, load, OpenSetClassifier, readNpy, writeNpy } from 'center-loss';
import { afterAll } from 'vitest';
import { random } from '../support/mutate.js';

export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export const folder = mkdtempSync(join(tmpdir(), 'center-loss-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const at = (name: string) => join(folder, name);
export const write = (name: string, contents: string | Uint8Array) => writeFileSync(at(name), contents);
export const read = (name: string) => readFileSync(at(name));
export const readArray = (name: string) => readNpy(read(name));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  /** Arguments of Node itself. */
  readonly node?: readonly string[];
}

/** Runs the command line with arguments, in which a space separates. */
export async function run(args: string, { input, node }: RunOptions = {}): Promise<Ran> {
  const argv = args.split(' ').filter(Boolean);
  process.chdir(folder);
  // A thread starts in half the time of a process, in the same folder, but has no pipe to read from.
  const isProcess = node !== undefined || input !== undefined;
  const child = isProcess
    ? spawn(process.execPath, [...(node ?? []), CLI, ...argv])
    : new Worker(CLI, { argv, stdin: true, stdout: true, stderr: true });
  child.stdin?.on('error', () => {}).end(input);
  const [code, bytes, stderr] = await Promise.all([
    new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve)),
    bytesOf(child.stdout),
    bytesOf(child.stderr),
  ]);
  return { code, stdout: bytes.toString(), bytes, stderr: stderr.toString() };
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}

/** Runs a command that must succeed, and returns the object that it prints. */
export async function json(args: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(`${args} --json`);
  if (code !== 0) throw new Error(`${args}: ${code}\n${stderr}`);
  return JSON.parse(stdout);
}

/** Runs a command, and returns its exit code and its message, without notes before it. */
export async function failure(args: string, options: RunOptions = {}): Promise<[code: number | null, message: string]> {
  const { code, stdout, ...ran } = await run(args, options);
  const stderr = ran.stderr.replaceAll(/^note: .*\n/gm, '');
  if (stdout !== '' || !/^center-loss: [^\n]+\n$/.test(stderr)) throw new Error(`${args}: ${code}\n${stdout}${stderr}`);
  return [code, stderr.slice('center-loss: '.length, -1)];
}

/** Runs a line of bash, in which `center-loss` is the command line, and which no terminal reads or writes. */
export function shell(line: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = `export NODE="${process.execPath}" CLI="${CLI}"; center-loss() { "$NODE" "$CLI" "$@"; }; ${line}`;
  const child = spawn('bash', ['-c', command], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

export interface Sample {
  readonly x: Float32Array<ArrayBuffer>;
  readonly target: Int32Array<ArrayBuffer>;
  readonly rows: number;
  readonly nDim: number;
}

/** Makes rows of each class in turn, and then `unknown` rows anywhere. */
export function sample(rows: number, nClasses: number, nDim: number, seed: number, unknown = 0): Sample {
  const next = random(seed);
  const number = () => next(2 ** 24) / 2 ** 23 - 1;
  const centers = random(1);
  const center = Float32Array.from({ length: nClasses * nDim }, () => centers(2 ** 24) / 2 ** 20 - 8);
  const target = Int32Array.from({ length: rows + unknown }, (_, i) => (i < rows ? i % nClasses : -1));
  const x = Float32Array.from({ length: target.length * nDim }, (_, at) => {
    const label = target[Math.floor(at / nDim)] as number;
    return label < 0 ? 8 * number() : (center[label * nDim + (at % nDim)] as number) + number();
  });
  return { x, target, rows: target.length, nDim };
}

/** Writes NAME.npy and NAME-labels.npy. */
export function writeSample(name: string, { x, target, rows, nDim }: Sample): void {
  write(`${name}.npy`, writeNpy(x, [rows, nDim]));
  write(`${name}-labels.npy`, writeNpy(target));
}

/** Writes NAME.npy, NAME-labels.npy and NAME.csv, and fits model.safetensors to them. */
export async function writeModel(name: string, rows: Sample, options = ''): Promise<Record<string, unknown>> {
  writeSample(name, rows);
  write(`${name}.csv`, csvOf(rows));
  return json(`fit ${name}.npy --labels ${name}-labels.npy -o model.safetensors ${options}`);
}

export function csvOf({ x, target, nDim }: Sample, names?: readonly string[]): string {
  const lines = Array.from(target, (label, i) => {
    const values = Array.from(x.subarray(i * nDim, (i + 1) * nDim), String);
    return `${values.join(',')},${names ? (names[label] ?? 'another') : label}\n`;
  });
  return `${Array.from({ length: nDim }, (_, k) => `f${k}`).join(',')},label\n${lines.join('')}`;
}

/** Reads the centers or the classifier in a file that the command line wrote. */
export function saved(name: string) {
  const file = read(name);
  const object = load(file);
  if (!(object instanceof ClassCenters || object instanceof OpenSetClassifier)) throw new Error(`${name}: not a model`);
  const { params } = object instanceof ClassCenters ? object : object.centers;
  return { object, params: params.slice(), names: object.names, counts: fromSafetensors(file).tensors.counts?.data };
}

/** Reads the classifier in a file that the command line wrote. */
export const savedClassifier = (name: string): OpenSetClassifier => OpenSetClassifier.load(read(name));
