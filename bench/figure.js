// @ts-check

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderPng, renderSvg } from '../scripts/charts/render.js';

export const OUT = fileURLToPath(new URL('out', import.meta.url));
const DOCS = fileURLToPath(new URL('../docs', import.meta.url));

/**
 * Writes NAME.json and NAME.png, and for the documentation the picture there, too.
 *
 * @param {string} name
 * @param {unknown} figures
 * @param {import('vega-lite').TopLevelSpec} spec
 * @param {{ out: string, docs: boolean }} options
 */
export async function writeFigure(name, figures, spec, { out, docs }) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, `${name}.json`), JSON.stringify(figures));
  const png = renderPng(await renderSvg(spec));
  for (const folder of docs ? [out, DOCS] : [out]) writeFileSync(join(folder, `${name}.png`), png);
}
