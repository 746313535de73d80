// @ts-check
/** Vega-Lite specifications as SVG and PNG, light and dark, without a browser. */

import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';
import * as vega from 'vega';
import { compile } from 'vega-lite';
import { COLORS, theme, WIDTH } from './theme.js';

/** @import { Colors } from './theme.js' */
/** @typedef {import('vega-lite').TopLevelSpec} Spec */

/** Folder of the pictures that README and the pages show. */
export const PICTURES = fileURLToPath(new URL('../../docs/pictures', import.meta.url));

const PIXELS_PER_UNIT = 2;

/** Bare machines have no fonts, so the PNGs are drawn with the ones from npm. */
const FONTS = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const font = {
  fontFiles: [join(FONTS, 'DejaVuSans.ttf'), join(FONTS, 'DejaVuSans-Bold.ttf')],
  loadSystemFonts: false,
  defaultFontFamily: 'DejaVu Sans',
};

/** @type {Map<string, number>} */
const textWidths = new Map();

// Without a browser Vega guesses the widths of texts a third too large. Its types lack this object.
const { textMetrics } = /** @type {{ textMetrics: object }} */ (/** @type {unknown} */ (vega));
Object.assign(textMetrics, {
  width(/** @type {{ fontSize?: number, fontWeight?: string, text?: unknown }} */ item, /** @type {unknown} */ part) {
    const text = String(part ?? item.text ?? '').replace(/[&<]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><text font-size="${item.fontSize}" font-weight="${item.fontWeight ?? 'normal'}">${text}</text></svg>`;
    if (!textWidths.has(svg)) textWidths.set(svg, new Resvg(svg, { font }).getBBox()?.width ?? 0);
    return textWidths.get(svg);
  },
});

/**
 * Writes the light and the dark form of a picture: NAME.png and NAME-dark.png.
 *
 * @param {string} folder
 * @param {string} name
 * @param {(colors: Colors) => object} draw  gives a Vega-Lite specification without configuration
 * @returns {Promise<string>} the light form as SVG
 */
export async function writePicture(folder, name, draw) {
  await mkdir(folder, { recursive: true });
  const forms = await Promise.all(
    Object.entries(COLORS).map(async ([scheme, colors]) => {
      const svg = await renderSvg(/** @type {Spec} */ ({ config: theme(colors), ...draw(colors) }));
      await writeFile(join(folder, `${name}${suffix(scheme)}.png`), await renderPng(svg));
      return svg;
    }),
  );
  return String(forms[0]);
}

/** End of the name of a picture's form. @param {string} scheme */
export const suffix = (scheme) => (scheme === 'dark' ? '-dark' : '');

/** @param {Spec} spec */
async function renderSvg(spec) {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/** @param {string} svg */
function renderPng(svg) {
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'width', value: PIXELS_PER_UNIT * WIDTH },
    font,
  });
  // 256 colors are enough, and make a third of the bytes.
  return sharp(resvg.render().asPng()).png({ palette: true, effort: 10 }).toBuffer();
}
