// @ts-check
/** docs/runtimes.md. */
import { notes, table } from './table.js';

/** @import { Outcome } from './check.js' */

/** @param {Outcome[]} outcomes @param {number} tests */
export const page = (outcomes, tests) => `# Runtimes

Written by \`./build.sh matrix\`, which packs the package as npm would publish it, installs that, and runs one suite of
${tests} tests (the references' results, properties, errors, memory, bits equal to those of a native build) in each place.
A number is the tests passed there. One is of places without WebAssembly, one of shared memory, and two call for a garbage
collection: not everywhere is there all of that. An interpreter (\`--jitless\`) also leaves out those of memory and the
random ones, which would take it minutes.

${table(outcomes)}

${LEGEND}
${notes(outcomes)
  .map((note) => `\n- ${note}`)
  .join('')}
`;

const LEGEND = `- \`import\`, \`require\`: the default entry. \`slim\`: \`center-loss/slim\` with the file of the module. \`js\`: \`center-loss/js\`.
- \`blocked\`: WebAssembly is forbidden or missing, and the error says so at first use, not at import.
- \`dry run\`: what would be deployed holds the module as a file and no bytes.`;
