// @ts-check
// Usage: node scripts/api-report.js [--update] — compares the public names and types of every entry with api/*.api.md,
// so that a change of them shows in review; with --update it writes them anew.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const { update } = parseArgs({ options: { update: { type: 'boolean', default: false } } }).values;
const root = fileURLToPath(new URL('..', import.meta.url));
const ENTRIES = {
  'center-loss': 'api',
  'center-loss-slim': 'slim',
  'center-loss-tfjs': 'tfjs',
  'center-loss-open-set': 'open-set/api',
  'center-loss-slim-open-set': 'slim-open-set',
  'center-loss-files': 'files/index',
};

for (const [name, entry] of Object.entries(ENTRIES)) {
  const { succeeded, apiReportChanged } = Extractor.invoke(configOf(name, entry), {
    localBuild: update,
    messageCallback: (message) => {
      // It bundles a TypeScript older than ours, and says so each time.
      if (message.messageId === 'console-compiler-version-notice') message.logLevel = ExtractorLogLevel.None;
    },
  });
  if (succeeded && (update || !apiReportChanged)) continue;
  console.error(`the public API is not what api/${name}.api.md says: look at the change, then run`);
  console.error('  node scripts/api-report.js --update');
  process.exitCode = 1;
}

/** @param {string} name @param {string} entry */
function configOf(name, entry) {
  return ExtractorConfig.prepare({
    configObjectFullPath: `${root}api-extractor.json`,
    packageJsonFullPath: `${root}package.json`,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: `<projectFolder>/dist/${entry}.d.ts`,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'NodeNext',
            target: 'ES2022',
            lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
            types: [],
          },
          files: [`dist/${entry}.d.ts`],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: '<projectFolder>/api',
        reportTempFolder: '<projectFolder>/build/api',
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
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
