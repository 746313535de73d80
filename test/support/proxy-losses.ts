// The one list of losses of rows against all centers: every suite that tries all of them walks over it.
import {
  CACLoss,
  ContrastiveCenterLoss,
  IslandLoss,
  type ProxyLoss,
  type ProxyLossOptions,
  TripletCenterLoss,
} from 'center-loss';

interface Entry {
  readonly Loss: new (nClasses: number, nDim: number, options?: ProxyLossOptions) => ProxyLoss;
  /** Name of the option that is the loss's own parameter, and its default. */
  readonly option: string;
  readonly parameter: number;
  /** Loss of a row in float64, by its squared distances to its own and to the other centers. */
  readonly ofRow: (own: number, others: number[], parameter: number) => number;
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

export const PROXY_LOSSES = {
  CACLoss: {
    Loss: CACLoss,
    option: 'lambda',
    parameter: 0.1,
    ofRow: (own, others, lambda) =>
      Math.log1p(sum(others.map((other) => Math.exp(Math.sqrt(own) - Math.sqrt(other))))) + lambda * Math.sqrt(own),
  },
  ContrastiveCenterLoss: {
    Loss: ContrastiveCenterLoss,
    option: 'delta',
    parameter: 1,
    ofRow: (own, others, delta) => (0.5 * own) / (sum(others) + delta),
  },
  TripletCenterLoss: {
    Loss: TripletCenterLoss,
    option: 'margin',
    parameter: 5,
    ofRow: (own, others, margin) => Math.max(0, 0.5 * own + margin - 0.5 * Math.min(...others)),
  },
  IslandLoss: { Loss: IslandLoss, option: 'lambda', parameter: 0.5, ofRow: (own) => 0.5 * own },
} satisfies Record<string, Entry>;

export type ProxyLossName = keyof typeof PROXY_LOSSES;

export const PROXY_LOSS_NAMES = Object.keys(PROXY_LOSSES) as ProxyLossName[];

/** Makes a loss with a value for its own parameter. */
export function makeProxyLoss(
  name: ProxyLossName,
  nClasses: number,
  nDim: number,
  parameter: number,
  options: ProxyLossOptions = {},
): ProxyLoss {
  const { Loss, option }: Entry = PROXY_LOSSES[name];
  return new Loss(nClasses, nDim, { [option]: parameter, ...options });
}
