import { SingleBar } from 'cli-progress';
import type { Reading } from './input/rows.js';

/** Progress of a command, shown on standard error. */
export interface Progress {
  update(rows: number): void;
  stop(): void;
}

/** Milliseconds between the lines of a log that is not a terminal. */
const LOG_MS = 2000;
const SILENT: Progress = { update: () => {}, stop: () => {} };

/** @param wanted undefined: only on a terminal */
export function startProgress(command: string, reading: Reading, wanted: boolean | undefined): Progress {
  if (!(wanted ?? process.stderr.isTTY)) return SILENT;
  const started = performance.now();
  const { bytes, bytesRead: bytesBefore } = reading;
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
      const { bytesRead } = reading;
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
