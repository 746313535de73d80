// @ts-check
/** The programs that checks run, all from one template. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './process.js';

/** @import { Check, Context, Report } from './place.js' */

/** Ways in which a program hands over its report. */
const SEND = {
  print: "(report) => console.log('REPORT ' + JSON.stringify(report))",
  post: "(report) => fetch('/report', { method: 'POST', body: JSON.stringify(report) })",
  message: '(report) => postMessage(report)',
};

/** @typedef {keyof typeof SEND} Send */

/** Sends what the statements return or throw. @param {Send} send @param {string} statements @param {string} [imports] */
export const program = (send, statements, imports = '') => `${imports}
(async () => {
${statements}
})().catch((error) => ({ error: String(error?.stack ?? error) })).then(${SEND[send]});
`;

/**
 * Gives a program that runs the suites of a bundle.
 * @typedef {{ suite?: string, imports?: string, before?: string, without?: string[] }} Options `suite`: the bundle.
 * `before`: statements that come before it is loaded. `without`: suites to skip.
 * @param {Send} send @param {Options} [options]
 */
export function suiteProgram(send, { suite = 'suite.js', imports, before = '', without = [] } = {}) {
  const load = suite.endsWith('.cjs') ? 'require' : 'await import';
  const statements = `const { runSuite } = ${load}('./${suite}');\nreturn runSuite(${JSON.stringify({ without })});`;
  return program(send, `${before}\n${statements}`, imports);
}

/** Makes sure that, where WebAssembly is forbidden or missing, the import works and each use says so. */
export const BLOCKED = `const { CenterLoss, CenterLossError } = await import('center-loss');
for (let attempt = 0; attempt < 2; attempt++) {
  try {
    new CenterLoss(2, 2);
  } catch (error) {
    const named = ["'wasm-unsafe-eval'", "'center-loss/js'"].every((words) => error.message.includes(words));
    if (error instanceof CenterLossError && error.code === 'ERR_WASM_BLOCKED' && named) continue;
    throw error;
  }
  throw new Error('WebAssembly is not forbidden here');
}`;

/** How a program goes on where WebAssembly is forbidden, at its top level. */
export const FALL_BACK = `import { ensureEngine } from 'center-loss';
if (!(await ensureEngine(() => import('center-loss/js-engine')))) throw new Error('WebAssembly is not forbidden here');`;

/**
 * Writes a program into the project, runs it by a command, and gives the report that it prints.
 * @param {Context} context @param {string} file @param {string} text @param {(file: string) => string[]} command
 * @returns {Promise<Report>}
 */
export async function printedReport({ project }, file, text, command) {
  await writeFile(join(project, file), text);
  const printed = await run(command(file), project);
  const [, report] = printed.match(/^REPORT (.*)$/m) ?? [];
  if (report) return JSON.parse(report);
  throw new Error(`the program printed no report:\n${printed.slice(-3000)}`);
}

const SLIM_IMPORTS = "import { readFile } from 'node:fs/promises';\nimport { init } from 'center-loss/slim';";
const SLIM_BEFORE = "await init(readFile(new URL(import.meta.resolve('center-loss/center-loss.wasm'))));";

/** Gives the checks of a runtime that runs files. @param {(file: string) => string[]} command */
export function commandChecks(command) {
  /** @param {string} file @param {Options} [options] @returns {Check} */
  const check = (file, options) => (context) => printedReport(context, file, suiteProgram('print', options), command);
  return {
    import: check('import.js'),
    require: check('require.cjs', { suite: 'suite.cjs' }),
    slim: check('slim.js', { suite: 'suite-slim.js', imports: SLIM_IMPORTS, before: SLIM_BEFORE }),
    js: check('js.js', { suite: 'suite-js.js' }),
  };
}
