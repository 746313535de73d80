// @ts-check
/** Result of an experiment as an HTML page that loads no other file. */

/**
 * @typedef {object} Table
 * @property {string[]} head
 * @property {string[][]} rows
 */

/** @param {number} share */
export const percent = (share, decimals = 2) => `${(100 * share).toFixed(decimals)} %`;

/** @param {string} text */
const escapeHtml = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** @param {Table} table */
function htmlTable({ head, rows }) {
  const line = (/** @type {string} */ tag, /** @type {string[]} */ cells) =>
    `<tr>${cells.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
  return `<table>
<thead>${line('th', head)}</thead>
<tbody>
${rows.map((cells) => line('td', cells)).join('\n')}
</tbody>
</table>`;
}

/**
 * @param {object} result
 * @param {string} result.title
 * @param {string} result.intro
 * @param {Table} result.table
 * @param {string} result.conclusion
 * @param {{ svg: string, description: string }[]} result.pictures
 * @param {string[]} result.notes
 * @returns {string}
 */
export function reportHtml({ title, intro, table, conclusion, pictures, notes }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>
  body { margin: 0 auto; max-width: 1240px; padding: 32px 24px 64px; color: #222;
         font: 16px/1.55 system-ui, 'DejaVu Sans', Verdana, sans-serif; }
  h1 { font-size: 28px; }
  h2 { font-size: 20px; margin-top: 40px; }
  p, li { max-width: 46em; }
  table { border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums; }
  th, td { padding: 4px 24px 4px 0; text-align: left; border-bottom: 1px solid #ddd; }
  .wide { overflow-x: auto; }
  .pictures { display: flex; flex-wrap: wrap; gap: 12px; }
  figure { margin: 0; max-width: 100%; }
  svg { max-width: 100%; height: auto; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(intro)}</p>
<div class="wide">
${htmlTable(table)}
</div>
<p>${escapeHtml(conclusion)}</p>
<h2>Pictures</h2>
<div class="pictures">
${pictures
  .map(({ svg, description }) => `<figure role="img" aria-label="${escapeHtml(description)}">${svg}</figure>`)
  .join('\n')}
</div>
<h2>How it was measured</h2>
<ul>
${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('\n')}
</ul>
</body>
</html>
`;
}
