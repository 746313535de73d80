import module from 'center-loss/center-loss.wasm';
import { initSync } from 'center-loss/slim';

initSync({ module });
