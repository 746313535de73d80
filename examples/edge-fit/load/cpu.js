// @ts-check
/** Processor time of workerd, where the system tells it. */
import { readFileSync } from 'node:fs';

/** Unit of Linux, whatever its clock is. */
const TICKS_PER_SECOND = 100;

/** @param {number} pid @returns {string[]} */
const childrenOf = (pid) => read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);

/** @returns {number} seconds of this program's child processes; NaN if the system does not say */
export function childSeconds() {
  const times = childrenOf(process.pid).map((pid) => {
    // The name, in brackets, may have blanks.
    const fields = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  });
  return times.length > 0 ? times.reduce((sum, seconds) => sum + seconds, 0) : Number.NaN;
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
