// The pages of docs/, the API reference and the front page, as one site.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { slug } from 'github-slugger';
import { imageSize } from 'image-size';
import { type DefaultTheme, defineConfig, type MarkdownOptions } from 'vitepress';
import reference from '../api/typedoc-sidebar.json' with { type: 'json' };
import { addRunButtons } from './run-buttons.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REPOSITORY = 'https://github.com/OWNER/center-loss';

const pages = (...names: [text: string, page: string][]) => names.map(([text, page]) => ({ text, link: `/${page}` }));

/** Links each group of the sidebar to its list. A group without a link would be a button that holds a second one. */
const linked = (items: DefaultTheme.SidebarItem[], above = ''): DefaultTheme.SidebarItem[] =>
  items.map((item) => {
    if (item.items === undefined) return item;
    const link = item.link ?? `${above}#${slug(item.text ?? '')}`;
    return { ...item, link, items: linked(item.items, link) };
  });

/** Folder of the file that a page is made of. The index of the search knows only one path, which is the real one. */
const folderOf = ({ realPath, path }: { realPath?: string; path: string }) => dirname(realPath ?? path);

/**
 * Gives each picture its size, so that nothing moves when it comes, and adds its dark form if there is one. The theme shows
 * one of the two.
 */
const addPictures: NonNullable<MarkdownOptions['config']> = (md) => {
  const light = md.renderer.rules.image;
  md.renderer.rules.image = (tokens, index, options, env, self) => {
    const render = () => light?.(tokens, index, options, env, self) ?? '';
    const token = tokens[index];
    const source = token?.attrGet('src') ?? '';
    const pathOf = (picture: string) => join(folderOf(env), picture);
    if (token === undefined || !existsSync(pathOf(source))) return render();
    const { width, height } = imageSize(readFileSync(pathOf(source)));
    token.attrSet('width', String(width));
    token.attrSet('height', String(height));
    const dark = source.replace(/\.\w+$/, '-dark$&');
    if (!existsSync(pathOf(dark))) return render();
    token.attrJoin('class', 'light-only');
    const first = render();
    token.attrSet('src', dark);
    token.attrSet('class', 'dark-only');
    return first + render();
  };
};

/** Points links to files that are no pages to the repository. */
const linkToRepository: NonNullable<MarkdownOptions['config']> = (md) => {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const link = token.type === 'link_open' ? (token.attrGet('href') ?? '') : '';
      if (!link.startsWith('../')) continue;
      const [path = '', anchor] = link.split('#');
      const target = relative(ROOT, resolve(folderOf(env), path));
      if (target.startsWith('site/')) continue;
      const anchored = anchor === undefined ? target : `${target}#${anchor}`;
      token.attrSet('href', target === 'README.md' ? `${REPOSITORY}#readme` : `${REPOSITORY}/blob/main/${anchored}`);
      token.attrSet('target', '_blank');
    }
  });
};

/** Makes the empty corner of a table a cell: a screen reader would announce a heading without a name. */
const addCorners: NonNullable<MarkdownOptions['config']> = (md) => {
  md.core.ruler.push('corners', ({ tokens }) => {
    for (const [i, token] of tokens.entries()) {
      if (token.type !== 'th_open' || tokens[i + 1]?.content !== '') continue;
      for (const part of [token, tokens[i + 2]]) if (part) part.tag = 'td';
    }
  });
};

export default defineConfig({
  title: 'center-loss',
  description: 'Teach a network to keep each class in one tight cluster, and refuse what fits no class.',
  base: '/center-loss/',
  cleanUrls: true,
  srcDir: '..',
  srcExclude: ['*.md', '!(docs|site)/**', '.github/**', 'site/node_modules/**'],
  rewrites: { 'site/index.md': 'index.md', 'docs/:page': ':page', 'site/api/:page(.*)': 'api/:page' },
  outDir: '../build/site',
  cacheDir: '../build/site-cache',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/center-loss/logo.svg' }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    image: { lazyLoading: true },
    // Links of the docs have the anchors that GitHub gives.
    anchor: { slugify: slug },
    config(md) {
      addPictures(md);
      linkToRepository(md);
      addCorners(md);
      addRunButtons(md);
    },
  },
  vite: {
    publicDir: join(ROOT, 'build/site-public'),
    plugins: [
      {
        // Pages become components, and those of docs/ would look for Vue from where they are.
        name: 'packages-of-the-site',
        enforce: 'pre',
        resolveId(source, importer, options) {
          if (!/^vue(\/|$)/.test(source)) return;
          if (options.ssr) return { id: source, external: true };
          if (!importer?.startsWith(join(ROOT, 'docs/'))) return;
          return this.resolve(source, join(ROOT, 'site/index.md'), { ...options, skipSelf: true });
        },
      },
    ],
    worker: { format: 'es' },
    build: { chunkSizeWarningLimit: 3000 },
  },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/what-it-does', activeMatch: '^/(?!api/)[^/]+' },
      { text: 'API', link: '/api/', activeMatch: '/api/' },
      { text: 'npm', link: 'https://www.npmjs.com/package/center-loss' },
    ],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    sidebar: {
      '/': [
        {
          text: 'Begin',
          items: pages(['What center loss does', 'what-it-does'], ['Getting started', 'getting-started']),
        },
        {
          text: 'Train',
          items: pages(
            ['With TensorFlow.js', 'training'],
            ['From embeddings', 'embeddings'],
            ['Coming from PyTorch', 'coming-from-pytorch'],
            ['Losses', 'losses'],
          ),
        },
        {
          text: 'Decide',
          items: pages(
            ['Known or unknown', 'open-set'],
            ['At the edge', 'edge'],
            ['Many cores', 'many-cores'],
            ['Many machines', 'many-machines'],
          ),
        },
        {
          text: 'Files and tools',
          items: pages(['Files and Python', 'files'], ['Command line', 'cli'], ['Its input', 'cli-input']),
        },
        {
          text: 'Look up',
          items: pages(
            ['Glossary', 'glossary'],
            ['Errors', 'errors'],
            ['Runtimes', 'runtimes'],
            ['Parity with pytorch-ood', 'parity'],
            ['Accuracy', 'accuracy'],
            ['Performance', 'performance'],
            ['Reliability', 'reliability'],
          ),
        },
      ],
      '/api/': linked(reference),
    },
    footer: { message: 'MIT license. The digits are those of MNIST.' },
  },
});
