// @ts-check
/** A reader of the centers. */
import { ClassStatistics } from 'center-loss';

/** @param {URL} url @param {string} path @returns {Promise<any>} */
export async function readJson(url, path) {
  const response = await fetch(new URL(path, url));
  const reply = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(reply)}`);
  return reply;
}

/** @param {URL} url @param {string} fit @param {string} [etag] of the version that the reader has */
export async function readStatistics(url, fit, etag) {
  const headers = etag === undefined ? undefined : { 'if-none-match': etag };
  const response = await fetch(new URL(`/fits/${fit}/statistics`, url), headers && { headers });
  const file = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, etag: response.headers.get('etag') ?? '', file };
}

/** Centers and counts in a file of statistics. @param {Uint8Array} file */
export function contentsOf(file) {
  const statistics = ClassStatistics.load(file);
  const centers = statistics.toCenters();
  const contents = { params: centers.toArray(), counts: statistics.counts, rejected: statistics.rejected };
  centers.dispose();
  statistics.dispose();
  return contents;
}
