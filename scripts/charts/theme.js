// @ts-check
/** Theme of all pictures: a configuration of Vega-Lite. */

/** Few browsers have DejaVu; Verdana is as wide. */
const FONT = 'DejaVu Sans, Verdana, sans-serif';

/** @type {import('vega-lite').Config} */
export const THEME = {
  background: 'white',
  font: FONT,
  padding: 12,
  view: { stroke: '#c8c8c8' },
  axis: { gridColor: '#eeeeee', domain: false, tickColor: '#c8c8c8', labelColor: '#555', titleColor: '#333' },
  axisX: { titleFontWeight: 'normal' },
  axisY: { titleFontWeight: 'normal' },
  title: { anchor: 'start', fontSize: 17, subtitleFontSize: 12, subtitleColor: '#555', offset: 12 },
  legend: { titleFontWeight: 'normal', labelFontSize: 12, labelLimit: 0, symbolOpacity: 1 },
  concat: { spacing: 40 },
};
