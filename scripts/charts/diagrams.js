// @ts-check
/**
 * Draws the diagrams of the guides into docs/pictures, each in a light and a dark form: `node scripts/charts/diagrams.js`.
 * Boxes and arrows are texts of Graphviz. Pictures of a terminal show what commands of dist/cli.js print.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { instance } from '@viz-js/viz';
import { CenterLoss } from 'center-loss';
import { COLORS, FONT } from './theme.js';

/** @typedef {import('./theme.js').Colors} Colors */

/** The first font of FONT, whose widths Graphviz knows. */
const DEJAVU = 'DejaVu Sans';

/** Boxes and arrows of a page. `KNOWN` and `UNKNOWN` color a box, `FILE` draws it as a sheet, and `TEXT` without a frame. */
const DIAGRAMS = {
  'getting-started': `
    rows [label="rows\\nand labels"]
    centers [label="centers"]
    heldOut [label="other rows\\nand labels"]
    classifier [label="centers and\\nthreshold"]
    file [label="file" FILE]
    decide [label="decide"]
    owl [label="'owl'" KNOWN]
    nothing [label="unknown" UNKNOWN]
    rows -> centers [label="fit"]
    centers -> classifier
    heldOut -> classifier [label="fit"]
    classifier -> file [label="save"]
    file -> decide [label="load"]
    decide -> { owl nothing }
    { rank=same rows heldOut }`,
  embeddings: `
    input [label="a text, a photo,\\na sound"]
    network [label="a trained\\nnetwork"]
    row [label="embedding\\n384 numbers"]
    near [label="nearest\\ncenter"]
    name [label="'refund'" KNOWN]
    nothing [label="unknown" UNKNOWN]
    input -> network -> row
    row -> near
    near -> name [label="near enough"]
    near -> nothing [label="too far"]`,
  edge: `
    train [label="where you train\\nNode, a server"]
    file [label="classifier\\none file" FILE]
    request [label="a request\\nwith a row" TEXT]
    worker [label="edge worker\\nloads it once"]
    name [label="'dog'" KNOWN]
    nothing [label="unknown" UNKNOWN]
    train -> file [label="save"]
    file -> worker [label="load"]
    request -> worker
    worker -> { name nothing }`,
  files: `
    object [label="loss, centers,\\nclassifier, statistics"]
    bytes [label=".safetensors" FILE]
    same [label="the same object\\nelsewhere"]
    python [label="Python\\nPyTorch, NumPy"]
    arrays [label=".npy" FILE]
    rows [label="rows and labels"]
    object -> bytes [label="save"]
    bytes -> same [label="load"]
    python -> bytes [dir=both]
    python -> arrays [dir=both]
    arrays -> rows [label="readNpy, writeNpy" dir=both]
    { rank=same bytes arrays }
    { rank=same object python }`,
  'many-machines': `
    rows1 [label="rows of\\nclasses 0 to 99" FILE]
    rows2 [label="rows of\\nclasses 100 to 199" FILE]
    rows3 [label="rows of\\nclasses 200 to 299" FILE]
    fold1 [label="machine 1\\nstatistics"]
    fold2 [label="machine 2\\nstatistics"]
    fold3 [label="machine 3\\nstatistics"]
    merged [label="statistics\\nof all rows"]
    centers [label="centers" KNOWN]
    rows1 -> fold1 [label="fold"]
    rows2 -> fold2 [label="fold"]
    rows3 -> fold3 [label="fold"]
    fold1 -> merged
    fold2 -> merged [label="merge"]
    fold3 -> merged
    merged -> centers`,
  'coming-from-pytorch': `
    train [label="PyTorch\\ntrains the network"]
    file [label="state_dict\\n.safetensors" FILE]
    loss [label="CenterLoss\\nsame centers"]
    classifier [label="OpenSetClassifier\\ndecides"]
    train -> file [label="save" dir=both]
    file -> loss [label="load" dir=both]
    loss -> classifier`,
  reliability: `
    call [label="your call"]
    checks [label="all arguments\\nare checked"]
    result [label="the result" KNOWN]
    error [label="an error with a code\\nnothing has changed" UNKNOWN]
    call -> checks
    checks -> result [label="good"]
    checks -> error [label="bad"]`,
  errors: `
    code [label="error.code"]
    data [label="rows, labels, files"]
    program [label="your program"]
    place [label="where it runs"]
    codes1 [label="ERR_SHAPE\\lERR_LABEL\\lERR_FORMAT\\l" TEXT]
    codes2 [label="ERR_OPTION\\lERR_DISPOSED\\lERR_NOT_INITIALIZED\\l" TEXT]
    codes3 [label="ERR_OUT_OF_MEMORY\\lERR_WASM_BLOCKED\\lERR_WORKER\\l" TEXT]
    code -> { data program place }
    data -> codes1
    program -> codes2
    place -> codes3`,
};

/** @param {string} dot @param {Colors} colors */
function flow(dot, { background, text, muted, grid, known, unknown }) {
  const nodes = dot
    .replaceAll('UNKNOWN', `color="${unknown}" penwidth=2`)
    .replaceAll('KNOWN', `color="${known}" penwidth=2`)
    .replaceAll('FILE', 'shape=note style=filled')
    .replaceAll('TEXT', 'color=none fillcolor=none margin="0.05,0"');
  return `digraph {
    graph [rankdir=LR bgcolor="${background}" pad=0.15 nodesep=0.2 ranksep=0.4]
    node [shape=box style="rounded,filled" fontname="${DEJAVU}" fontsize=13 fontcolor="${text}" color="${muted}" fillcolor="${grid}" margin="0.12,0.09" height=0]
    edge [fontname="${DEJAVU}" fontsize=12 fontcolor="${text}" color="${muted}" arrowsize=0.7]
    ${nodes} }`;
}

/** The words of the glossary in a plane: two classes, and a row that belongs to neither. @param {Colors} colors */
function plane({ background, text, muted, known, unknown }) {
  const center = (/** @type {number} */ x, /** @type {number} */ y) =>
    `<path d="M${x - 7} ${y}h14M${x} ${y - 7}v14" stroke="${text}" stroke-width="3"/>`;
  const rows = (/** @type {[number, number][]} */ ...points) =>
    points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="4" fill="${known}"/>`).join('');
  const word = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ label) =>
    `<text x="${x}" y="${y}" font-weight="bold" text-anchor="middle">${label}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="690" height="330" viewBox="0 0 690 330" font-family="${FONT}" font-size="13">
<rect width="690" height="330" fill="${background}"/>
<g fill="none" stroke="${muted}" stroke-width="1.5">
<circle cx="150" cy="165" r="120"/><circle cx="560" cy="195" r="120"/>
<g stroke-dasharray="4 4"><circle cx="150" cy="165" r="66"/><circle cx="560" cy="195" r="42"/></g>
<path d="M150 165L350 50" stroke="${unknown}"/>
</g>
${rows([112, 136], [185, 122], [176, 208], [106, 196], [138, 219], [194, 172], [582, 178], [540, 176], [586, 210], [546, 220])}
${center(150, 165)}${center(560, 195)}
<circle cx="350" cy="50" r="6" fill="${unknown}"/>
<g fill="${text}">
${word(150, 36, 'class owl')}${word(560, 66, 'class cat')}
<text x="362" y="30"><tspan font-weight="bold">unknown row</tspan>: farther than the threshold</text><text x="362" y="48">from every center</text>
${word(334, 92, 'distance')}${word(234, 177, 'row')}${word(150, 190, 'center')}
${word(150, 248, 'radius')}${word(150, 277, 'threshold')}${word(560, 255, 'radius')}${word(560, 307, 'threshold')}
</g>
</svg>
`;
}

/** Commands in each picture of a terminal. The first one makes the model that the others read. */
const SESSIONS = {
  'cli-fit': ['fit train.csv --tpr 0.95 -o animals.safetensors', 'predict new.csv -m animals.safetensors'],
  'cli-evaluate': ['evaluate test.csv -m animals.safetensors'],
  'cli-inspect': ['inspect animals.safetensors'],
};
const DIM = 8;

/** Rows of N(0, 1), the same for the same seed. @param {number} rows @param {number} seed */
const normal = (rows, seed) => new CenterLoss(rows, DIM, { init: 'normal', seed }).centers.toArray();

/** A CSV of rows around one center for each name. An empty name is an unknown class. @param {string[]} names */
function csv(/** @type {number} */ rows, /** @type {number} */ seed, names) {
  const [centers, noise] = [normal(names.length, 1), normal(rows, seed)];
  const lines = Array.from({ length: rows }, (_, i) => {
    const row = noise.subarray(i * DIM, (i + 1) * DIM);
    const cells = [...row].map((z, d) => (z / 2 + Number(centers[(i % names.length) * DIM + d])).toFixed(3));
    return [...cells, names[i % names.length]].join();
  });
  return `f0,f1,f2,f3,f4,f5,f6,f7,label\n${lines.join('\n')}\n`;
}

/** Runs all commands in a new folder. @returns {[name: string, lines: string[]][]} */
function record() {
  const cwd = mkdtempSync(join(tmpdir(), 'center-loss-terminal-'));
  const known = ['ant', 'bee', 'cat', 'dog'];
  writeFileSync(join(cwd, 'train.csv'), csv(240, 6, known));
  writeFileSync(join(cwd, 'test.csv'), csv(200, 3, [...known, '']));
  writeFileSync(join(cwd, 'new.csv'), csv(5, 4, [...known, '']).replaceAll(/,[^,\n]*$/gm, ''));
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
  try {
    return Object.entries(SESSIONS).map(([name, commands]) => [
      name,
      commands.flatMap((command) => {
        const { stdout, stderr } = spawnSync(process.execPath, [cli, ...command.split(' ')], { cwd, encoding: 'utf8' });
        return [`$ npx center-loss ${command}`, ...`${stderr}${stdout}`.trimEnd().split('\n')];
      }),
    ]);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** Lines in a terminal of 70 columns. @param {string[]} lines @param {Colors} colors */
function terminal(lines, { background, text, muted, grid, known }) {
  const wrapped = lines.flatMap((written) => written.match(/.{1,70}(?: |$)/g) ?? ['']);
  const height = wrapped.length * 18 + 28;
  // SVG joins usual spaces.
  const texts = wrapped.map((written, i) => {
    const color = written.startsWith('$ ') ? ` fill="${known}"` : '';
    return `<text x="18" y="${i * 18 + 28}"${color}>${written.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="590" height="${height}" viewBox="0 0 590 ${height}" font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="13" fill="${text}">
<rect width="590" height="${height}" fill="${background}"/><rect x="1" y="1" width="588" height="${height - 2}" rx="6" fill="${grid}" stroke="${muted}"/>
${texts.join('\n')}
</svg>
`;
}

const sessions = record();
const graphviz = await instance();
for (const [form, colors] of Object.entries({ '': COLORS.light, '-dark': COLORS.dark })) {
  const write = (/** @type {string} */ name, /** @type {string} */ svg) =>
    writeFileSync(new URL(`../../docs/pictures/${name}${form}.svg`, import.meta.url), svg);
  for (const [name, dot] of Object.entries(DIAGRAMS)) {
    const svg = graphviz.renderString(flow(dot, colors), { format: 'svg' });
    write(
      name,
      svg
        .replace(/^.*?(?=<svg)/s, '')
        .replace(/(\d)pt"/g, '$1"') // one unit is one pixel
        .replaceAll(`"${DEJAVU}"`, `"${FONT}"`)
        .replaceAll(/<!--.*?-->\n|<title>.*?<\/title>\n/gs, ''),
    );
  }
  write('glossary', plane(colors));
  for (const [name, lines] of sessions) write(name, terminal(lines, colors));
}
