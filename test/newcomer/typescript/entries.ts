// Every entry. It is compiled without the types of the DOM and of Node, and never runs.
import { type CenterLoss, ensureEngine } from 'center-loss';
import module from 'center-loss/center-loss.wasm';
import { ClassCenters } from 'center-loss/js';
import { init, initSync, CenterLoss as SlimLoss } from 'center-loss/slim';
import { centerLossTerm } from 'center-loss/tfjs';

export const loss: CenterLoss = new SlimLoss(3, 2);
export const centers: ClassCenters = new ClassCenters(3, 2);
export const ready: Promise<void> = init('https://example.org/center-loss.wasm');
export const fellBack: Promise<boolean> = ensureEngine(() => import('center-loss/js-engine'));
initSync({ module });
export const bridge: typeof centerLossTerm = centerLossTerm;
