// @ts-check
// Usage: node scripts/third-party.js CLI.json DIST — what the package holds that others wrote, in two files of DIST: a bill
// of materials (sbom.cdx.json, CycloneDX) and the texts of the licences. Crates come from cargo, Rust's own library from
// the compiler of the module, npm packages from what esbuild put into the command line (its metafile, CLI.json).
// The files name no time and no random number, so that the same sources give the same bytes.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {{ name: string, version: string, license: string, purl: string, file: string, text: string, hash?: { alg: string, content: string } }} Part */

/** Licences that a part may have. Of those that it offers, the package uses the ones whose texts `TEXTS` finds. */
const LICENCES = [
  ...['MIT', 'ISC', 'MIT OR Apache-2.0', 'Zlib OR Apache-2.0 OR MIT'],
  ...['(MIT OR Apache-2.0) AND Unicode-3.0'],
];
const TEXTS = /^licen[cs]e(?!-apache|-zlib)/i;
const TARGET = 'wasm32-unknown-unknown';
const MODULE = 'dist/center-loss.wasm';
const CLI = 'dist/cli.js';

const [metafile = '', dist = ''] = process.argv.slice(2);
/** @param {string} path */
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
/** @param {string[]} args */
const cargo = (...args) => execFileSync('cargo', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });

const manifest = json('package.json');
const parts = [...crates(), rustLibrary(), ...npmPackages()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
for (const { name, license } of parts)
  if (!LICENCES.includes(license))
    throw new Error(`${name}: its licence is ${license}, expected one of ${LICENCES.join(', ')}`);
writeFileSync(join(dist, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials())}\n`);
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenceTexts());

/** Lists crates that are linked into the module, which macros and build scripts are not. @returns {Part[]} */
function crates() {
  const edges = ['--target', TARGET, '--edges', 'normal,no-proc-macro', '--prefix', 'none', '--format', '{p}'];
  const linked = new Set(cargo('tree', '--locked', ...edges).match(/^\S+ v\S+/gm));
  const locked = readFileSync('Cargo.lock', 'utf8').matchAll(
    /^name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"/gm,
  );
  const checksums = new Map(Array.from(locked, ([, name, version, sum = '']) => [`${name} v${version}`, sum]));
  /** @type {{ name: string, version: string, license: string, manifest_path: string }[]} */
  const packages = JSON.parse(
    cargo('metadata', '--locked', '--format-version', '1', '--filter-platform', TARGET),
  ).packages;
  return packages.flatMap(({ name, version, license, manifest_path }) => {
    const id = `${name} v${version}`;
    const content = checksums.get(id);
    // The crate of this repository is linked too, and has no checksum.
    if (!content || !linked.has(id)) return [];
    const purl = `pkg:cargo/${name}@${version}`;
    const hash = { alg: 'SHA-256', content };
    return [{ name, version, license, purl, file: MODULE, text: textIn(dirname(manifest_path)), hash }];
  });
}

/** Describes core, alloc and compiler_builtins, which every module has. @returns {Part} */
function rustLibrary() {
  const version = readFileSync('build/compiler.txt', 'utf8').split(' ')[1] ?? '';
  const text = readFileSync('crate/LICENSE-RUST-LIBRARY', 'utf8').trim();
  const purl = `pkg:generic/rust-standard-library@${version}`;
  return { name: 'rust-standard-library', version, license: 'MIT OR Apache-2.0', purl, file: MODULE, text };
}

/** Lists npm packages inside the command line. @returns {Part[]} */
function npmPackages() {
  const { packages } = json('package-lock.json');
  const inputs = Object.keys(json(metafile).inputs);
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  return [...folders].map((folder) => {
    const { name, version, license } = json(join(folder, 'package.json'));
    const content = Buffer.from(packages[folder].integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
    const hash = { alg: 'SHA-512', content };
    return { name, version, license, purl, file: CLI, text: textIn(folder), hash };
  });
}

/** Joins the texts of licences in a folder. @param {string} folder */
function textIn(folder) {
  const files = readdirSync(folder)
    .filter((name) => TEXTS.test(name))
    .sort();
  if (files.length === 0) throw new Error(`${folder} has no text of a licence that LICENCES names`);
  return files.map((name) => readFileSync(join(folder, name), 'utf8').trim()).join('\n\n');
}

function billOfMaterials() {
  const { name, version, license, description } = manifest;
  const root = `pkg:npm/${name}@${version}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        ...{ type: 'library', 'bom-ref': root, name, version, description },
        ...{ licenses: [{ expression: license }], purl: root },
      },
    },
    components: parts.map(({ name, version, license, purl, file, hash }) => ({
      ...{ type: 'library', 'bom-ref': purl, name, version, ...(hash && { hashes: [hash] }) },
      ...{ licenses: [{ expression: license }], purl, evidence: { occurrences: [{ location: file }] } },
    })),
    dependencies: [{ ref: root, dependsOn: parts.map(({ purl }) => purl) }],
  };
}

/** Joins the texts, each once, below the names of the parts that have it. */
function licenceTexts() {
  /** @type {Map<string, string[]>} */
  const byText = new Map();
  for (const { name, version, file, text } of parts)
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}, in ${file}`]);
  const sections = Array.from(byText, ([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return ['Software of others in this package, with its licences.\n', ...sections].join(`\n${'='.repeat(80)}\n\n`);
}
