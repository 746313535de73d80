// A thread of a pool. The build makes one script of this file and all that it imports, which the pool holds as text: no
// bundler has to find a second file, and no thread loads the program around the package.
import { classifyBy, type ScoreSettings } from '../detect/classify.js';
import { useGaussians } from '../detect/covariance.js';
import { instantiate, load } from '../engine/engine.js';
import { created } from '../memory/scratch.js';
import { floatView } from '../memory/views.js';
import { CenterLossError } from '../validate/errors.js';
import { Centers, CentersArray } from '../wasm/bindings.js';
import type { Answer, Block, Start } from './messages.js';

/** Connection to the pool: the scope of a web worker, or the port of a thread of Node. */
interface Port {
  onmessage: ((event: { readonly data: Start | Block }) => void) | null;
  postMessage(answer: Answer, transfer?: ArrayBufferLike[]): void;
}

/** Answers each message of the pool, in their order. An error of another class ends the thread, which the pool hears. */
export function serve(port: Port): void {
  let classifier: Classifier | undefined;
  port.onmessage = ({ data }) => {
    try {
      if ('module' in data) {
        classifier = start(data);
        port.postMessage({});
      } else {
        const { labels, scores, nearest } = classifyBy(
          classifier as Classifier,
          data.x,
          (classifier as Classifier).settings,
        );
        const lent = data.isLent ? { x: data.x as Float32Array<ArrayBuffer> } : {};
        const transfer = [labels, scores, nearest, ...Object.values(lent)].map(({ buffer }) => buffer);
        port.postMessage({ labels, scores, nearest, ...lent }, transfer);
      }
    } catch (error) {
      if (!(error instanceof CenterLossError)) throw error;
      port.postMessage({ error: { code: error.code, message: error.message } });
    }
  };
}

interface Classifier {
  readonly rust: Centers;
  readonly nClasses: number;
  readonly nDim: number;
  readonly settings: ScoreSettings;
}

function start({ module, nClasses, nDim, params, settings }: Start): Classifier {
  load(() => instantiate(module));
  const rust = created(
    () => Centers.create(nClasses, nDim),
    params.length,
    () => `${nClasses} centers of ${nDim} dimensions`,
  );
  floatView(rust, rust.address(CentersArray.Params), params.length).set(params);
  if (settings.covariance) useGaussians(rust, () => params, nDim, settings.covariance);
  return { rust, nClasses, nDim, settings };
}
