// End of the process by a signal. Without a handler, a signal ends the process at once, whatever it does; a handler waits
// for the event loop. So handlers are set only while there are files to remove.
import { rmSync } from 'node:fs';
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const unfinished = new Set<string>();

/** The first process of a container is ended by no signal without a handler. */
const isFirst = process.pid === 1;
if (isFirst) for (const signal of SIGNALS) process.on(signal, end);
process.on('exit', removeAll);

/** Removes a file when the process ends, unless {@link keepFile} is called before. */
export function removeAtEnd(path: string): void {
  if (unfinished.size === 0 && !isFirst) for (const signal of SIGNALS) process.on(signal, end);
  unfinished.add(path);
}

export function keepFile(path: string): void {
  unfinished.delete(path);
  if (unfinished.size === 0 && !isFirst) for (const signal of SIGNALS) process.off(signal, end);
}

function removeAll(): void {
  for (const path of unfinished) rmSync(path, { force: true });
}

/** Ends the process by the signal itself, as shells expect: `process.exit` would wait for threads that wait for a pipe. */
function end(signal: (typeof SIGNALS)[number]): void {
  removeAll();
  process.removeAllListeners(signal);
  if (process.platform !== 'win32') process.kill(process.pid, signal);
  process.exit(128 + constants.signals[signal]);
}
