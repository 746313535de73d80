// @ts-check
/** Who reads the centers. */

/** @param {URL} url @param {string} path @returns {Promise<any>} */
export async function readJson(url, path) {
  const response = await fetch(new URL(path, url));
  const reply = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(reply)}`);
  return reply;
}

/** @param {URL} url @param {string} fit @param {string} [etag] of the version that the reader has */
export async function readCenters(url, fit, etag) {
  const headers = etag === undefined ? undefined : { 'if-none-match': etag };
  const response = await fetch(new URL(`/fits/${fit}/centers`, url), headers && { headers });
  const file = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, etag: response.headers.get('etag') ?? '', file };
}
