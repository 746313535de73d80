import { setImmediate } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import { inFile } from './failure.js';
import type { Block, Reader, Rows } from './input/rows.js';

/**
 * Calls `use` with each block of rows, shows progress and closes the file. An error names that file.
 * @param command name beside the progress
 * @param progress true or false to show it or not; default: on a terminal
 * @returns the number of rows
 */
export function eachBlock(
  command: string,
  rows: Rows,
  { progress }: { readonly progress?: boolean | undefined },
  use: (block: Block) => void | Promise<void>,
): Promise<number> {
  return inFile(rows.name, async () => {
    const bar = startProgress(command, rows.reader, progress);
    try {
      let done = 0;
      for (let block = await rows.next(); block; block = await rows.next()) {
        await use(block);
        // Signals are handled here: reads from memory never wait.
        await setImmediate();
        done = block.first + block.rows;
        bar.update(done);
      }
      return done;
    } finally {
      bar.stop();
      await rows.close();
    }
  });
}

/** Progress of a command, shown on standard error. */
interface Progress {
  update(rows: number): void;
  stop(): void;
}

/** Milliseconds between the lines of a log that is not a terminal. */
const LOG_MS = 2000;
const SILENT: Progress = { update: () => {}, stop: () => {} };

function startProgress(command: string, reader: Reader, wanted: boolean | undefined): Progress {
  if (!(wanted ?? process.stderr.isTTY)) return SILENT;
  const started = performance.now();
  const { bytes, bytesRead: bytesBefore } = reader;
  const totals = bytes === undefined ? '{rows} rows  {rate}' : '{bar} {percentage} %  {rows} rows  {rate}  {left} left';
  const bar = new SingleBar({
    format: `${command} ${totals}`,
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: LOG_MS,
    hideCursor: false,
    clearOnComplete: true,
    barsize: 24,
    gracefulExit: false,
    etaBuffer: 1,
  });
  bar.start(bytes ?? 1, bytesBefore, { rows: '0', rate: '– MB/s', left: '–' });
  return {
    update(rows) {
      const { bytesRead } = reader;
      const seconds = (performance.now() - started) / 1000;
      const rate = (bytesRead - bytesBefore) / seconds;
      const left = bytes === undefined ? '' : clock((bytes - bytesRead) / rate);
      bar.update(bytes === undefined ? 0 : bytesRead, { rows: rows.toLocaleString('en'), rate: perSecond(rate), left });
    },
    stop: () => bar.stop(),
  };
}

const perSecond = (rate: number): string => `${(rate / 1e6).toFixed(rate < 1e7 ? 1 : 0)} MB/s`;

function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
