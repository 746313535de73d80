import type { Answer, Block, Start } from './messages.js';
import { script } from './worker-text.js';

/** A thread, whichever runtime it is of. */
export interface Thread {
  /** @param transfer memory that goes over without a copy */
  post(message: Start | Block, transfer?: ArrayBuffer[]): void;
  /** Says whether the program goes on until the thread ends. */
  hold(isHeld: boolean): void;
  terminate(): void;
}

/** Functions of a pool that hear of a thread. */
export interface Listener {
  onAnswer(answer: Answer): void;
  onEnd(reason: string): void;
}

/** Worker of Node, Deno and Bun; those of browsers end with their page, and have neither `ref` nor `unref`. */
type AnyWorker = Pick<Worker, 'postMessage' | 'terminate'> & { ref?(): void; unref?(): void };

interface NodeWorker extends AnyWorker {
  on(event: string, listener: (value: never) => void): void;
}

/** Part of what runtimes have, each something else. */
interface Runtime {
  readonly Worker?: typeof Worker;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly process?: {
    /** Gives a module of Node without an import, which bundlers would follow. Node has it from 20.16 on. */
    getBuiltinModule?(name: 'worker_threads'): { Worker: new (text: string, options: object) => NodeWorker };
    getBuiltinModule?(name: 'os'): { availableParallelism(): number };
  };
}

/** Number of cores that the program may use, 1 where a runtime does not say. */
export function cores(): number {
  const { navigator, process } = globalThis as Runtime;
  return navigator?.hardwareConcurrency || (process?.getBuiltinModule?.('os').availableParallelism() ?? 1);
}

/** Address of the script, made once: a worker may read it at any time. */
let url: string | undefined;

/** Starts threads; gives none where the runtime has no threads, or allows none. */
export function startThreads(listeners: readonly Listener[]): Thread[] {
  const { Worker, process } = globalThis as Runtime;
  const workers: AnyWorker[] = [];
  try {
    if (Worker) {
      url ??= URL.createObjectURL(new Blob([`${script};thread.serve(self);`], { type: 'text/javascript' }));
      for (const listener of listeners) workers.push(webWorker(new Worker(url, { type: 'module' }), listener));
    } else {
      const text = `${script};thread.serve(process.getBuiltinModule('worker_threads').parentPort);`;
      const { Worker: Thread } = process?.getBuiltinModule?.('worker_threads') ?? {};
      if (Thread)
        for (const listener of listeners) workers.push(nodeWorker(new Thread(text, { eval: true }), listener));
    }
  } catch {
    // A stub of a runtime without threads throws, as does the sandbox of a page, and Node without --allow-worker.
    for (const worker of workers) worker.terminate();
    return [];
  }
  return workers.map((worker) => ({
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    hold: (isHeld) => (isHeld ? worker.ref?.() : worker.unref?.()),
    terminate: () => void worker.terminate(),
  }));
}

const REFUSED = 'its script was refused: a page needs blob: in the worker-src of its content security policy';

function webWorker(worker: Worker, { onAnswer, onEnd }: Listener): AnyWorker {
  worker.onmessage = ({ data }) => onAnswer(data);
  worker.onmessageerror = () => onEnd('its answer cannot be read');
  worker.onerror = (event) => {
    event.preventDefault();
    onEnd(event.message || REFUSED);
  };
  // Bun tells of the end of a worker.
  worker.addEventListener('close', () => onEnd('it was closed'));
  return worker;
}

function nodeWorker(worker: NodeWorker, { onAnswer, onEnd }: Listener): AnyWorker {
  worker.on('message', onAnswer);
  worker.on('messageerror', onEnd);
  worker.on('error', onEnd);
  worker.on('exit', (code) => onEnd(`exit code ${code}`));
  return worker;
}
