// Every entry of the package. A test compiles it with many settings; it never runs.
import { type CenterLoss, ensureEngine, OpenSetClassifier } from 'center-loss';
import module from 'center-loss/center-loss.wasm';
import type * as js from 'center-loss/js';
import { ClassifierPool } from 'center-loss/pool';
import { init, initSync, type JsEngine, CenterLoss as SlimLoss, type WasmSource } from 'center-loss/slim';
import { centerLossTerm } from 'center-loss/tfjs';

initSync({ module });
const source: WasmSource = new Uint8Array(8);
export const ready: Promise<void> = init(source);
export const fellBack: Promise<boolean> = ensureEngine(() => import('center-loss/js-engine'));
export const slim: CenterLoss = new SlimLoss(3, 2);
export const same: js.CenterLoss = slim;
export const engine: Promise<JsEngine> = import('center-loss/js-engine').then(({ jsEngine }) => jsEngine);

export const pool: Promise<ClassifierPool> = ClassifierPool.create(new OpenSetClassifier(slim), { workers: 2 });
export const names: Promise<(string | null)[]> = pool.then(async (pool) => (await pool.classify([1, 2])).names);

export const bridge: typeof centerLossTerm = centerLossTerm;

// @ts-expect-error an address or an object
void init(7);
