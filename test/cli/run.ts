// The command line as a user has it: dist/cli.js in a process of its own, on files in a folder of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export const folder = mkdtempSync(join(tmpdir(), 'center-loss-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const at = (name: string) => join(folder, name);

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

export function run(args: readonly string[], { input, node = [] }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...node, CLI, ...args], { cwd: folder });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const bytes = Buffer.concat(out);
      resolve({ code, stdout: bytes.toString(), bytes, stderr: Buffer.concat(err).toString() });
    });
  });
}

/** Runs what must succeed, and gives the object that it prints. */
export async function json(args: readonly string[], options: RunOptions = {}): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run([...args, '--json'], options);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${stderr}`);
  return JSON.parse(stdout);
}
