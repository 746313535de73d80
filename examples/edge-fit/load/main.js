// @ts-check
/** Sends embeddings to workers through many faults, and compares the centers with those of one machine that has all rows. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { SingleBar } from 'cli-progress';
import { childSeconds } from './cpu.js';
import { Embeddings } from './embeddings.js';
import { parseOptions, usage } from './options.js';
import { readJson, readStatistics } from './reader.js';
import { report } from './report.js';
import { run } from './run.js';
import { Server } from './server.js';
import { difference, fitAlone } from './single.js';

const FIT = 'example';

/** @param {string[]} args */
async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(usage);
    return;
  }
  const { producers, batches, rows, nClasses, nDim } = options;
  const [shape, all] = [{ nClasses, nDim }, producers * batches];
  console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)})`);
  console.log(
    `${producers} producers, ${batches} batches each, of ${rows} rows of ${nDim} values, ${nClasses} classes\n`,
  );

  const embeddings = new Embeddings(shape, rows);
  const server = await Server.start(shape);
  const format = '{what} {bar} {percentage} %  {value}/{total} batches  {eta_formatted} left';
  const bar = new SingleBar({ format, clearOnComplete: true });
  try {
    bar.start(all, 0, { what: 'many machines' });
    const before = childSeconds();
    const { tally, seconds, late } = await run(server, embeddings, { fit: FIT, ...options }, () => bar.increment());
    // The time of a killed process is lost with it.
    const cpu = server.restarts === 0 ? childSeconds() - before : Number.NaN;
    bar.start(all, 0, { what: 'one machine  ' });
    const alone = fitAlone(embeddings, all, shape, () => bar.increment());
    bar.stop();

    const status = await readJson(await server.url, `/fits/${FIT}`);
    if (status.version !== all) throw new Error(`${status.version} batches were merged, but ${all} were sent`);
    if (status.rejected !== alone.rejected) throw new Error(`${status.rejected} rejected, but ${alone.rejected} alone`);
    const { file, etag } = await readStatistics(await server.url, FIT);
    const apart = difference(alone, file);
    const again = await readStatistics(await server.url, FIT, etag);
    if (again.status !== 304) throw new Error(`a reader that has the centers got ${again.status}`);
    const { restarts } = server;
    const [aloneSeconds, fileBytes] = [alone.seconds, file.length];
    console.log(report({ options, tally, seconds, cpu, late, restarts, status, apart, aloneSeconds, fileBytes }));
  } finally {
    bar.stop();
    await server.stop();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`edge-fit: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
