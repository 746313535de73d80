// @ts-check
// Usage: node scripts/lint-comments.js — finds doc comments whose first word is not a verb or a noun: a reader can't tell
// from "What becomes of the sum" what the comment is about. CONTRIBUTING.md has the rules for comments.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

const FIRST_WORDS =
  /^(what|that|those|these|of|who|whom|whose|whether|as|so|not|none|nothing|nobody|but|only|past|such)\b/i;
const FILES = ['*.rs', '*.ts', '*.js', '*.py', '*.sh'];

const paths = execFileSync('git', ['ls-files', '--', ...FILES], { encoding: 'utf8' })
  .trim()
  .split('\n');
let found = 0;
for (const path of paths) {
  const text = await readFile(path, 'utf8').catch(() => '');
  for (const { line, comment } of docComments(text, path)) {
    if (!FIRST_WORDS.test(comment)) continue;
    console.error(`${path}:${line}: ${comment.slice(0, 80)}`);
    found += 1;
  }
}
if (found > 0) {
  console.error(`${found} doc comments begin with a word that has no subject: begin with a verb or a noun`);
  process.exitCode = 1;
}

/**
 * Lists doc comments with the number of their first line: `///` and `//!` in Rust, `/**` elsewhere, and the comment at
 * the top of a file.
 * @param {string} text @param {string} path
 */
function* docComments(text, path) {
  const lines = text.split('\n');
  const doc = path.endsWith('.rs') ? /^\s*\/\/[/!] ?(.*)/ : /^\s*\/\*\*\s?(.*?)(\s*\*\/)?$/;
  let isInside = false;
  for (const [i, line] of lines.entries()) {
    const match = doc.exec(line);
    const opening = match?.[1] ?? '';
    if (match && !isInside) {
      const comment = opening === '' ? (lines[i + 1] ?? '').replace(/^\s*(\*|\/\/[/!]) ?/, '') : opening;
      yield { line: i + 1, comment: comment.trim() };
    }
    isInside = match !== null && path.endsWith('.rs');
  }
  const top = lines.findIndex((line) => /^(\/\/|#) /.test(line) && !/^(\/\/ @ts|# shellcheck)/.test(line));
  if (top >= 0 && top < 4) yield { line: top + 1, comment: (lines[top] ?? '').replace(/^(\/\/|#) /, '') };
}
