// `npx center-loss`: exit code 0, 1 after a failure, 2 for a command line that is not as it should be.
import { CommanderError } from 'commander';
import { CenterLossError } from '../open-set.js';
import { Failure, failureIn, isSystemError, UsageFailure } from './failure.js';
import { program } from './program.js';

/** Of package.json: see scripts/bundle-cli.js. */
declare const VERSION: string;

// Who reads only the first lines closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : end(failureIn('standard output', error)));
});
// Progress that nobody reads is no reason to stop, and there is no other place for a message.
process.stderr.on('error', () => {});

// As a shell has it: 128 and the number of the signal. What is half written is removed at the exit.
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
try {
  await root.parseAsync();
} catch (error) {
  process.exitCode = end(error);
}

function end(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageFailure) return say(error.message, 2);
  if (error instanceof Failure || error instanceof CenterLossError) return say(error.message, 1);
  if (isSystemError(error))
    return say((failureIn(error.path ?? 'standard input or output', error) as Error).message, 1);
  // A defect: its place is what is needed.
  return say(error instanceof Error && error.stack ? error.stack : String(error), 1);
}

function say(message: string, code: number): number {
  process.stderr.write(`center-loss: ${message}\n`);
  return code;
}
