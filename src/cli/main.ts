// `npx center-loss`: exit code 0, 1 after a failure, 2 for a command line that cannot be run.
import { CommanderError } from 'commander';
// This import registers the engine.
import '../entries/default.js';
import { CenterLossError, ensureEngine } from '../index.js';
import { Failure, failureIn, isSystemError, UsageFailure } from './failure.js';
import { program } from './program.js';

/** Version in package.json, which scripts/bundle-cli.js fills in. */
declare const VERSION: string;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // EPIPE (e.g. `| head`) is not an error.
  process.exit(error.code === 'EPIPE' ? 0 : end(failureIn('standard output', error)));
});
// If standard error is closed, the work goes on: there is no other place for progress and messages.
process.stderr.on('error', () => {});

// Shells expect 128 + the number of the signal. Handlers of 'exit' remove unfinished files.
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.once(signal, () => {
    process.stderr.write('\ncenter-loss: interrupted\n');
    process.exit(128 + number);
  });
}

const root = program(VERSION);
for (const command of [root, ...root.commands]) command.exitOverride();
root.hook('preAction', async () => {
  if (await ensureEngine(() => import('../entries/js-engine.js'))) {
    process.stderr.write('center-loss: WebAssembly is not available here, so the work takes several times as long\n');
  }
});
try {
  await root.parseAsync();
} catch (error) {
  process.exitCode = end(error);
}

function end(error: unknown): number {
  // Commander already printed the message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageFailure) return fail(error.message, 2);
  if (error instanceof Failure || error instanceof CenterLossError) return fail(error.message, 1);
  if (isSystemError(error)) {
    return fail((failureIn(error.path ?? 'standard input or output', error) as Error).message, 1);
  }
  // Unexpected error: print the stack.
  return fail(error instanceof Error && error.stack ? error.stack : String(error), 1);
}

function fail(message: string, code: number): number {
  process.stderr.write(`center-loss: ${message}\n`);
  return code;
}
