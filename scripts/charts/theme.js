// @ts-check
/** One look for all pictures, light and dark: colors, and configurations of Vega-Lite. */

/** CSS pixels of every picture: the width of a column of text in the site. Fonts of 12 pixels are legible there. */
export const WIDTH = 690;

const PADDING = 8;

/** Few browsers have DejaVu; Verdana is as wide. */
export const FONT = 'DejaVu Sans, Verdana, sans-serif';

/**
 * Colors of ten classes, for white and for dark: M. A. Petroff, "Accessible Color Sequences for Data Visualization", 2021.
 * Under simulated deuteranopia the nearest two are 12.6 apart (ΔE2000), so that a picture also writes the class beside.
 */
export const CLASS_COLORS = [
  ...['#3f90da', '#ffa90e', '#bd1f01', '#94a4a2', '#832db6'],
  ...['#a96b59', '#e76300', '#b9ac70', '#717581', '#92dadd'],
];

/** @typedef {typeof COLORS.light} Colors */

/** Known and unknown are Okabe and Ito's blue and vermilion, lighter on dark. Dark is the background of VitePress. */
export const COLORS = {
  light: {
    background: '#ffffff',
    text: '#1b1b1f',
    muted: '#5a5a62',
    grid: '#ececf0',
    frame: '#c4c4cc',
    neutral: '#dcdce2',
    known: '#0072b2',
    unknown: '#d55e00',
    accepted: '#d3e6f2',
    ramp: ['#9fc7e6', '#0b3c5d'],
  },
  dark: {
    background: '#1b1b1f',
    text: '#f2f2f5',
    muted: '#b0b0ba',
    grid: '#2f2f36',
    frame: '#55555f',
    neutral: '#33333a',
    known: '#56b4e9',
    unknown: '#e8703a',
    accepted: '#233c4d',
    ramp: ['#2f6186', '#c8e6f8'],
  },
};

/** @param {Colors} colors @returns {import('vega-lite').Config} */
export function theme({ background, text, muted, grid, frame }) {
  const label = { labelFontSize: 12, titleFontSize: 12, labelColor: muted, titleColor: text };
  return {
    background,
    font: FONT,
    padding: PADDING,
    view: { stroke: frame },
    text: { fontSize: 12, color: text },
    axis: { ...label, gridColor: grid, domain: false, tickColor: frame, titleFontWeight: 'normal' },
    header: { ...label, titleFontWeight: 'normal' },
    title: {
      ...{ anchor: 'start', fontSize: 15, color: text, offset: 10 },
      ...{ subtitleFontSize: 12, subtitleColor: muted, subtitlePadding: 4, subtitleLineHeight: 16 },
    },
    legend: {
      ...label,
      labelColor: text,
      titleFontWeight: 'normal',
      labelLimit: 0,
      symbolOpacity: 1,
      // @ts-expect-error Vega has this option, for which Vega-Lite has no type.
      layout: { top: { margin: 28 } },
    },
    concat: { spacing: 24 },
  };
}
