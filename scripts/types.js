// @ts-check
// Usage: node scripts/types.js FROM TO REPORTS — the declarations that tsc wrote, as one file for each entry, and reports
// of the public API in a folder.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const [from = '', to = '', reports = ''] = process.argv.slice(2).map((path) => resolve(path));
const root = fileURLToPath(new URL('..', import.meta.url));

/** Package that stands for the index: TypeScript finds the one of its own name in `dist`. */
const STAND_IN = 'center-loss-index';

await mkdir(reports, { recursive: true });
rollUp('index', 'index', 'center-loss');
await standInForIndex();
await rollUpBeside('slim', 'entries/slim');
await rollUpBeside('js-engine', 'entries/js-engine');
await rollUpBeside('tfjs', 'tfjs');
await rollUpBeside('pool', 'pool/index');
for (const name of ['index', 'slim', 'js-engine', 'tfjs', 'pool']) {
  const text = withoutPrivate(await readFile(join(to, `${name}.d.ts`), 'utf8'));
  await writeFile(join(to, `${name}.d.ts`), text);
  // `require` finds the same names, in modules of another kind.
  await writeFile(join(to, `${name}.d.cts`), text.replaceAll("'./index.js'", "'./index.cjs'"));
}

/**
 * Drops private members, which TypeScript declares without types, and declares `Symbol.dispose` for programs whose `lib`
 * has none, as the types of Node do.
 * @param {string} text
 */
function withoutPrivate(text) {
  const members = text
    .replaceAll('\r', '')
    .replaceAll(/(?:^ +\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^ +private (?!constructor).*;\n/gm, '');
  if (/^ +private (?!constructor)/m.test(members)) throw new Error('a private member is declared in another way');
  const constant = /^\/\*\* [^\n]*\ndeclare const dispose: typeof Symbol\.dispose;\n\n/m;
  if (!constant.test(members)) return members;
  const named = members.replace(constant, '').replace(/^ {4}\[dispose\]\(\): void;$/m, '    [Symbol.dispose](): void;');
  return `${named}
declare global {
    interface SymbolConstructor {
        readonly dispose: unique symbol;
    }
}
`;
}

/** Makes a package of the declarations of the index, for the other entries to import. */
async function standInForIndex() {
  const folder = join(from, 'node_modules', STAND_IN);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), `{ "name": "${STAND_IN}", "types": "index.d.ts" }\n`);
  await cp(join(to, 'index.d.ts'), join(folder, 'index.d.ts'));
}

/**
 * Rolls up an entry that imports the index. Its file imports that of the index: a second declaration of a class would be
 * another class.
 * @param {string} name @param {string} source
 */
async function rollUpBeside(name, source) {
  const report = `center-loss-${name}`;
  await edit(join(from, `${source}.d.ts`), /(['"])\.{1,2}\/index\.js\1/g, `'${STAND_IN}'`);
  rollUp(name, source, report);
  const standIn = new RegExp(`(['"])${STAND_IN}\\1`, 'g');
  await edit(join(to, `${name}.d.ts`), standIn, "'./index.js'");
  await edit(join(reports, `${report}.api.md`), standIn, "'center-loss'");
}

/** @param {string} path @param {RegExp} what @param {string} by */
async function edit(path, what, by) {
  const text = await readFile(path, 'utf8');
  if (!what.test(text)) throw new Error(`${path} has nothing like ${what}`);
  await writeFile(path, text.replace(what, by));
}

/** @param {string} name of the entry @param {string} source of it @param {string} report */
function rollUp(name, source, report) {
  const { succeeded } = Extractor.invoke(configOf(name, source, report), {
    localBuild: true,
    messageCallback: (message) => {
      // It bundles a TypeScript older than ours, and says so each time.
      if (message.messageId === 'console-compiler-version-notice') message.logLevel = ExtractorLogLevel.None;
    },
  });
  if (!succeeded) throw new Error(`the types of ${name} cannot be rolled up; see above`);
}

/** @param {string} name of the entry @param {string} source of it @param {string} report */
function configOf(name, source, report) {
  const entry = join(from, `${source}.d.ts`);
  return ExtractorConfig.prepare({
    configObjectFullPath: `${root}api-extractor.json`,
    packageJsonFullPath: `${root}package.json`,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'NodeNext',
            target: 'ES2022',
            lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
            types: [],
          },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder: reports,
        reportTempFolder: join(reports, 'temp'),
        includeForgottenExports: true,
      },
      dtsRollup: { enabled: true, untrimmedFilePath: join(to, `${name}.d.ts`) },
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          // Everything here is public: no release tags.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          'ae-undocumented': { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
          'ae-unresolved-link': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}
