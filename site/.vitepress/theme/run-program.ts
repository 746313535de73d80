// A worker that runs one program and sends what it prints. The page ends the worker when the reader stops the program.
import { format } from 'node-inspect-extracted';
import { MODULES } from './modules.js';

const print = (...values: unknown[]) => postMessage({ line: format(...values) });
Object.assign(console, { log: print, warn: print, error: print });

addEventListener('message', async ({ data: { code, folder } }: MessageEvent<{ code: string; folder: string }>) => {
  const program = code.replaceAll(/\bfrom '([^']+)'/g, (all, name) =>
    name in MODULES ? `from '${folder}${MODULES[name as keyof typeof MODULES]}'` : all,
  );
  try {
    await import(/* @vite-ignore */ URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
    postMessage({ ended: true });
  } catch (error) {
    postMessage({ line: String(error), ended: true });
  }
});
