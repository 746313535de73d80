// `npx center-loss`: exit code 0, 1 after a failure, 2 for a command line that cannot be run.
import { CommanderError } from 'commander';
// This import registers the engine.
import '../entries/default.js';
import { CenterLossError, ensureEngine } from '../index.js';
import { Failure, failureIn, isSystemError, tell, UsageFailure } from './failure.js';
import { closePipes } from './input/byte-source.js';
import { program } from './program.js';

/** Version in package.json, which scripts/bundle-cli.js fills in. */
declare const VERSION: string;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // EPIPE (e.g. `| head`) is not an error.
  process.exit(error.code === 'EPIPE' ? 0 : end(failureIn('standard output', error)));
});
// If standard error is closed, the work goes on: there is no other place for progress and messages.
process.stderr.on('error', () => {});

const root = program(VERSION);
for (const command of [root, ...root.commands]) command.exitOverride();
root.hook('preAction', async () => {
  if (await ensureEngine(() => import('../entries/js-engine.js'))) {
    tell('center-loss: WebAssembly is not available here, so the work takes several times as long');
  }
});
try {
  await root.parseAsync();
} catch (error) {
  process.exitCode = end(error);
  closePipes();
}

function end(error: unknown): number {
  // Commander already printed the message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // A reader of a named pipe wants no more, as one of standard output.
  if (error instanceof Failure && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return 0;
  if (error instanceof UsageFailure) return fail(error.message, 2);
  if (error instanceof Failure || error instanceof CenterLossError) return fail(error.message, 1);
  if (isSystemError(error)) {
    return fail((failureIn(error.path ?? 'standard input or output', error) as Error).message, 1);
  }
  // Unexpected error: print the stack.
  for (const line of (error instanceof Error && error.stack ? error.stack : String(error)).split('\n')) tell(line);
  return 1;
}

function fail(message: string, code: number): number {
  tell(`center-loss: ${message}`);
  return code;
}
