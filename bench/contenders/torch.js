// @ts-check
// PyTorch: pytorch-ood, and what one would write instead.

import { NO_TORCH, startTorch } from '../torch-process.js';

/** @type {Partial<Record<import('../shapes.js').Kind, { name: string, work: string }[]>>} */
const variants = {
  gradients: [
    { name: 'PyTorch, pytorch-ood', work: 'gradients_pytorch_ood' },
    { name: 'PyTorch, gather', work: 'gradients_gather' },
  ],
  distances: [{ name: 'PyTorch, pytorch-ood', work: 'distances_pytorch_ood' }],
  predict: [{ name: 'PyTorch, pytorch-ood', work: 'predict_pytorch_ood' }],
};

/** Starts python, if there is one with torch. */
export async function openTorch() {
  const torch = await startTorch('torch_reference.py');
  return {
    versions: torch.versions,
    close: torch.close,
    /**
     * @param {import('../shapes.js').Work} work
     * @param {import('../data.js').Data} data
     * @returns {Promise<(import('../measure.js').Contender | import('../measure.js').Missing)[]>}
     */
    async contenders({ kind, shape: { B, D, C } }, { x, target, centers }) {
      const forms = variants[kind] ?? [];
      if (forms.length === 0) return [];
      if (!torch.versions) return [{ name: 'PyTorch', group: 'peer', missing: NO_TORCH }];
      await torch.load({ shape: [B, D, C], x, target, centers });
      return forms.map(({ name, work }) => torch.contender(name, work));
    },
  };
}
