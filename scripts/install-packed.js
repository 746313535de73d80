// @ts-check
/** The package as a user has it: packed by npm, then installed from that. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const npm = promisify(execFile).bind(null, 'npm');

/** @param {string} project folder, made into a project with the package installed @returns {Promise<string>} the tarball */
export async function installPacked(project) {
  await mkdir(project, { recursive: true });
  const { stdout } = await npm(['pack', '--json', '--silent', '--pack-destination', dirname(project)], { cwd: ROOT });
  const tarball = join(dirname(project), JSON.parse(String(stdout))[0].filename);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  const install = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', tarball];
  await npm(install, { cwd: project });
  return tarball;
}
