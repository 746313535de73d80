// @ts-check
/** Vega-Lite specifications as SVG and PNG, without a browser. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile } from 'vega-lite';

const PIXELS_PER_UNIT = 2;

/** Bare machines have no fonts, so the PNGs are drawn with the ones from npm. */
const FONTS = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');

/**
 * @param {import('vega-lite').TopLevelSpec} spec
 * @returns {Promise<string>}
 */
export async function renderSvg(spec) {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/**
 * @param {string} svg
 * @returns {Uint8Array}
 */
export function renderPng(svg) {
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: PIXELS_PER_UNIT },
    background: 'white',
    font: {
      fontFiles: [join(FONTS, 'DejaVuSans.ttf'), join(FONTS, 'DejaVuSans-Bold.ttf')],
      loadSystemFonts: false,
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return resvg.render().asPng();
}
