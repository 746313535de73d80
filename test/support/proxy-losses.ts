// The list of losses of rows against all centers: every suite that tries all of them walks over it.
import {
  CACLoss,
  ContrastiveCenterLoss,
  DistanceCrossEntropyLoss,
  IslandLoss,
  type ProxyLoss,
  type ProxyLossOptions,
  TripletCenterLoss,
} from 'center-loss';

interface Entry {
  readonly Loss: new (nClasses: number, nDim: number, options?: ProxyLossOptions) => ProxyLoss;
  /** Name of the loss's own option, and the value that tests give it. */
  readonly option: string;
  readonly parameter: number;
}

export const PROXY_LOSSES = {
  CACLoss: { Loss: CACLoss, option: 'lambda', parameter: 0.1 },
  ContrastiveCenterLoss: { Loss: ContrastiveCenterLoss, option: 'delta', parameter: 1 },
  DistanceCrossEntropyLoss: { Loss: DistanceCrossEntropyLoss, option: 'temperature', parameter: 2 },
  TripletCenterLoss: { Loss: TripletCenterLoss, option: 'margin', parameter: 5 },
  IslandLoss: { Loss: IslandLoss, option: 'lambda', parameter: 0.5 },
} satisfies Record<string, Entry>;

export type ProxyLossName = keyof typeof PROXY_LOSSES;

export const PROXY_LOSS_NAMES = Object.keys(PROXY_LOSSES) as ProxyLossName[];

/** Makes a loss with a value for its own option. */
export function makeProxyLoss(
  name: ProxyLossName,
  nClasses: number,
  nDim: number,
  parameter: number,
  options: ProxyLossOptions & { readonly metric?: string | undefined } = {},
): ProxyLoss {
  const { Loss, option }: Entry = PROXY_LOSSES[name];
  return new Loss(nClasses, nDim, { [option]: parameter, ...options });
}
