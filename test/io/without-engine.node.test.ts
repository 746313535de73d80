// Files of arrays and centers need no engine: they are read before the slim entry has one.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ClassCenters } from 'center-loss';
import { expect, it } from 'vitest';

it('centers and half precision are read before init, objects after it', () => {
  using centers = new ClassCenters(1, 2);
  const { base64 } = centers.toJSON();
  const program = `
    import { ClassCenters, loadCenters, toFloats } from 'center-loss/slim';
    const bytes = Buffer.from('${base64}', 'base64');
    console.log(loadCenters(bytes).nDim, toFloats({ dtype: 'F16', shape: [1], data: Uint16Array.of(0x3c00) })[0]);
    try {
      ClassCenters.load(bytes);
    } catch ({ code }) {
      console.log(code);
    }`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  });
  expect(printed.trim().split('\n')).toEqual(['2 1', 'ERR_NOT_INITIALIZED']);
});
