// Programs of the docs that a page can run get a button that does so.
import type { MarkdownOptions } from 'vitepress';
import { MODULES } from './theme/modules.js';

/** Adds the button to each program in JavaScript whose imports all are modules that the site serves. */
export const addRunButtons: NonNullable<MarkdownOptions['config']> = (md) => {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const highlighted = fence?.(tokens, index, options, env, self) ?? '';
    const { info = '', content = '' } = tokens[index] ?? {};
    const imports = [...content.matchAll(/\bfrom '([^']+)'/g)].map(([, name = '']) => name);
    const runs = info === 'js' && imports.length > 0 && content.includes('console.log');
    if (!runs || !imports.every((name) => name in MODULES)) return highlighted;
    return `<RunnableProgram code="${encodeURIComponent(content)}">${highlighted}</RunnableProgram>`;
  };
};
