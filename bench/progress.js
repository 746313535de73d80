// @ts-check
// A bar on stderr while a terminal watches; it makes way for each finished table.

import { SingleBar } from 'cli-progress';

/** @param {number} total  works to do */
export function progress(total) {
  const bar = new SingleBar({
    format: '{bar} {percentage} %  {work}  {eta_formatted} left',
    clearOnComplete: true,
    stopOnComplete: false,
    hideCursor: true,
    barsize: 30,
  });
  bar.start(total, 0, { work: '' });
  return {
    /** @param {number} done @param {string} work */
    show: (done, work) => bar.update(done, { work }),
    /** @param {string} text */
    print(text) {
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
      process.stdout.write(`${text}\n`);
    },
    stop: () => bar.stop(),
  };
}
