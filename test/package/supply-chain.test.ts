// The way from the sources to the registry: what workflows may do, what is locked, and what the package says is inside.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Crates that are linked into the module. A new one shows here in review. */
const CRATES =
  'allocator-api2 bytemuck cfg-if libm lock_api rand_core rand_xoshiro rust-standard-library scopeguard talc unicode-ident wasm-bindgen wasm-bindgen-shared';
/** Libraries inside the command line. */
const LIBRARIES =
  'ansi-regex cli-progress commander csv-parse d3-array d3-color d3-format d3-interpolate d3-scale d3-time d3-time-format emoji-regex fflate internmap is-fullwidth-code-point ml-matrix ml-pca string-width strip-ansi';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  needs?: string;
  environment?: string;
  permissions?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

describe('workflows', () => {
  const files = readdirSync(join(root, '.github/workflows')).sort();
  const workflows = files.map((file) => parse(read(`.github/workflows/${file}`)) as Workflow);
  const jobs = workflows.flatMap(({ jobs }) => Object.entries(jobs));
  const steps = jobs.flatMap(([, { steps }]) => steps);
  const { publish } = parse(read('.github/workflows/publish.yml')).jobs as Record<string, Job>;
  const pages = (parse(read('.github/workflows/pages.yml')).jobs as Record<string, Job>).publish;

  it.each(files)('%s names actions by commit, and says of which version', (file) => {
    const lines = read(`.github/workflows/${file}`).match(/^.*\buses:.*$/gm);
    for (const line of lines ?? ['']) expect(line).toMatch(/uses: (?:actions\/[\w-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('use no secret, and leave no credentials in a checkout', () => {
    expect(files.filter((file) => read(`.github/workflows/${file}`).includes('secrets.'))).toEqual([]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(0);
    for (const step of checkouts) expect(step.with).toEqual({ 'persist-credentials': false });
  });

  it('name one version of Node.js, and with it of npm', () => {
    const versions = steps.flatMap((step) => step.with?.['node-version'] ?? []);
    expect(new Set(versions)).toEqual(new Set([expect.stringMatching(/^\d+\.\d+\.\d+$/)]));
    expect(steps.filter(({ run }) => /npm (?:i|install|ci|exec)\b|npx/.test(run ?? ''))).toEqual([]);
  });

  it('give rights to two jobs, which have no sources and run nothing of others', () => {
    for (const { permissions } of workflows) expect([{}, { contents: 'read' }]).toContainEqual(permissions);
    const granted = [...workflows, ...jobs.map(([, job]) => job)].map(({ permissions = {} }) => permissions);
    const writing = granted.filter((permissions) => Object.values(permissions).some((right) => right !== 'read'));
    expect(writing).toEqual([{ pages: 'write', 'id-token': 'write' }, { 'id-token': 'write' }]);
    expect([pages?.permissions, publish?.permissions]).toEqual(writing);
    expect(pages?.needs).toBe('build');
    expect(pages?.steps.map(({ uses, run }) => uses?.split('@')[0] ?? run)).toEqual(['actions/deploy-pages']);
    expect(publish).toMatchObject({ needs: 'build', environment: 'npm' });
    const done = publish?.steps.map(({ uses, run }) => uses?.split('@')[0] ?? run);
    expect(done).toEqual([
      'actions/setup-node',
      'actions/download-artifact',
      'echo "$SHA512  center-loss.tgz" | sha512sum --check --strict',
      'npm publish ./center-loss.tgz --ignore-scripts --provenance --access public',
    ]);
  });
});

describe('lock files', () => {
  const locks = execFileSync('git', ['ls-files', '*package-lock.json'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');

  it.each(locks)('%s: packages are known by what they hold, and come from no other place', (path) => {
    const { packages } = JSON.parse(read(path)) as {
      packages: Record<string, { link?: boolean; resolved?: string; integrity?: string }>;
    };
    const outside = Object.entries(packages).filter(([name, { link }]) => name.includes('node_modules/') && !link);
    expect(outside.length).toBeGreaterThan(0);
    for (const [name, { resolved, integrity }] of outside) {
      expect(integrity, name).toMatch(/^sha512-/);
      expect(resolved, name).toBeUndefined();
    }
  });

  it('Cargo.lock: so are crates', () => {
    const crates = read('Cargo.lock').split('[[package]]').slice(1);
    const outside = crates.filter((crate) => !crate.includes('name = "center-loss"'));
    for (const crate of outside)
      expect(crate).toMatch(/source = "registry\+https:\/\/github\.com\/rust-lang\/crates\.io-index"\nchecksum = "/);
  });
});

it.each(readdirSync(join(root, 'dist')))('dist/%s runs no text as code and names no folder of the builder', (file) => {
  const text = readFileSync(join(root, 'dist', file), 'latin1');
  if (/\.c?js$/.test(file)) expect(text).not.toMatch(/\beval\(|\bFunction\(|\bvm\.run/);
  expect([root, homedir(), '.cargo/'].filter((folder) => text.includes(folder))).toEqual([]);
});

describe('bill of materials', () => {
  const text = read('dist/sbom.cdx.json');
  const { components } = JSON.parse(text) as {
    components: { name: string; version: string; evidence: { occurrences: { location: string }[] } }[];
  };

  it('keeps to the schema of CycloneDX', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    expect(await validator.validate(text.replace('"expression"', '"expressions"'))).not.toBeNull();
  });

  it.each([
    ['dist/center-loss.wasm', CRATES],
    ['dist/cli.js', LIBRARIES],
  ])('lists what %s holds, and the package has its licences', (file, names) => {
    const inside = components.filter(({ evidence }) => evidence.occurrences[0]?.location === file);
    expect(inside.map(({ name }) => name).sort()).toEqual(names.split(' '));
    const sections = read('dist/THIRD-PARTY-LICENSES.txt').split(/^=+$/m);
    for (const { name, version } of inside) {
      const section = sections.find((text) => text.includes(`\n${name} ${version}, in ${file}\n`));
      expect(section?.replaceAll(/\s+/g, ' '), name).toMatch(/Permission (?:is hereby granted|to use, copy)/);
    }
  });
});
