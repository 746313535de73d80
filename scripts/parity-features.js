// @ts-check
// The rows of docs/parity.md. What pytorch-ood and KaiyangZhou's code do follows from a probe of test/oracle/parity.json;
// here stand the row's name, the test of ours, where caffe-face was read, and the reasons that a number can't give.

/** @typedef {'pytorch-ood' | 'kaiyangzhou'} Peer */
/**
 * @typedef {object} Feature
 * @property {string} name
 * @property {string} [probe] of parity.json; without one neither peer can have it
 * @property {[text: string, where: string]} caffe what its source says, and its path and lines
 * @property {[file: string, test: string, text?: string] | 'no'} ours the test that proves it
 * @property {Partial<Record<Peer | 'caffe-face' | 'center-loss', string>>} [notes]
 * @property {Peer[]} [partly] whose note says why it is not the whole of it
 * @property {Partial<Record<Peer, string>>} [own] which of several right results is the peer's, if not its reduction
 * @property {(value: unknown) => string} [figure] what a peer gave, in a word; default: by how much it is off
 * @property {true} [atMost] right is a bound to stay below
 */

export const CAFFE_FACE = 'https://github.com/ydwen/caffe-face/blob/48ff38e30dd303511ac6b5f9455474453fef2644/';
const LAYER = 'src/caffe/layers/center_loss_layer.cpp';
/** All options of its layer. */
const OPTIONS = 'src/caffe/proto/caffe.proto#L1402-L1409';
/** The options of all layers, and so all that there are. */
const LAYERS = 'src/caffe/proto/caffe.proto#L310-L407';

const OPTIMIZER =
  'Nothing moves the centers but an optimizer that the user adds: compared is `torch.optim.SGD` of the same rate.';

/** @type {(string | Feature)[]} */
export const FEATURES = [
  'Center loss',
  {
    name: 'Loss, and what it divides by',
    probe: 'loss',
    figure: (value) => DIVISORS.find(([right]) => Math.abs(right - Number(value)) < 1e-6)?.[1] ?? String(value),
    caffe: ['yes, Σ/2B', `${LAYER}#L67-L69`],
    ours: ['test/centers.test.ts', 'the worked example of the reference, in every reduction', 'yes, each of them, Σ'],
  },
  {
    name: 'Loss of a distance matrix',
    probe: 'distance-matrix',
    caffe: ['no', `${LAYER}#L53-L70`],
    ours: ['test/golden.test.ts', 'a distance matrix'],
  },
  {
    name: 'Gradients of rows and centers',
    probe: 'gradients',
    caffe: ['partly', `${LAYER}#L72-L101`],
    notes: { 'caffe-face': 'Those of the rows; for the centers it has the update Δc.' },
    ours: ['test/properties.test.ts', 'gradients are the slope of the loss (central differences of the float64 loss)'],
  },
  {
    name: 'A tight cluster off the origin: 64 dimensions at 100, distance² 0.0039',
    probe: 'tight-cluster',
    caffe: ['yes', `${LAYER}#L64-L65`],
    ours: ['test/properties.test.ts', 'clusters off the origin keep their digits'],
  },
  {
    name: 'No B×C matrix: largest result of one operation, B = 256, C = 10,000 (10 MB)',
    probe: 'no-matrix',
    atMost: true,
    figure: (value) => `${(Number(value) / 1e6).toFixed(0)} MB`,
    caffe: ['yes', `${LAYER}#L49-L50`],
    ours: ['test/parity.test.ts', 'the whole memory is smaller than a B×C matrix'],
  },
  {
    name: 'Radius on the squared distance',
    probe: 'radius-squared',
    caffe: ['no', OPTIONS],
    ours: ['test/centers.test.ts', 'radius is on the squared distance'],
  },
  {
    name: 'Fixed centers',
    probe: 'fixed',
    caffe: ['yes', 'src/caffe/net.cpp#L175-L178'],
    notes: { 'caffe-face': '`lr_mult: 0`.' },
    ours: ['test/centers.test.ts', 'fixed: no center gradient, and step moves nothing'],
  },
  {
    name: 'Anchors of a magnitude, also if C < D',
    probe: 'anchors',
    caffe: ['no', `${LAYER}#L31-L33`],
    notes: { 'pytorch-ood': 'N(0, 1), the magnitude is not applied; it logs so.' },
    ours: ['test/centers.test.ts', 'every other init applies magnitude'],
  },

  'Labels and bad values',
  {
    name: 'A label below 0 is unknown and does not count',
    probe: 'label-unknown',
    caffe: ['no', `${LAYER}#L63-L65`],
    notes: { 'caffe-face': 'It reads before or past the centers.' },
    ours: ['test/properties.test.ts', 'an unknown row is a row that is not there'],
  },
  {
    name: 'A label ≥ C is an error',
    probe: 'label-too-large',
    figure: (value) => `silent ${Number(value).toFixed(2)}`,
    caffe: ['no', `${LAYER}#L63-L65`],
    notes: { 'caffe-face': 'It reads before or past the centers.' },
    ours: ['test/errors.test.ts', 'labels'],
  },
  {
    name: 'An empty batch, or none known: loss 0, gradients 0',
    probe: 'nothing-known',
    caffe: ['no', `${LAYER}#L68`],
    notes: {
      'pytorch-ood': 'Its loss is 0, but `backward` throws.',
      kaiyangzhou: 'An empty batch.',
      'caffe-face': 'It divides by the number of rows.',
    },
    ours: ['test/centers.test.ts', 'no known row: loss 0 and zero gradients'],
  },
  {
    name: 'NaN in an unknown row reaches no center',
    probe: 'nan-in-unknown-row',
    caffe: ['no', `${LAYER}#L63-L65`],
    notes: { 'caffe-face': 'It reads before or past the centers.' },
    ours: ['crate/tests/isolation.rs', 'a_bad_row_that_is_unknown_reaches_nothing'],
  },
  {
    name: 'An infinite distance to another center reaches no loss',
    probe: 'infinite-elsewhere',
    caffe: ['yes', `${LAYER}#L62-L66`],
    ours: ['crate/tests/isolation.rs', 'a_bad_center_is_no_ones_nearest_and_spoils_only_its_class'],
  },

  'Center updates',
  {
    name: 'The paper’s, Δc = Σ(c − x)/(1 + n)',
    probe: 'update-wen',
    caffe: ['yes', `${LAYER}#L84-L94`],
    notes: { 'pytorch-ood': OPTIMIZER, kaiyangzhou: OPTIMIZER },
    ours: ['test/originals.test.ts', 'Wen et al.: loss, gradient, centers after a step'],
  },

  'Decision',
  {
    name: 'Nearest class',
    probe: 'nearest',
    caffe: ['no', LAYERS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': '`predict` gives probabilities; their `argmax` is left to the user.' },
    ours: ['test/centers.test.ts', 'the lowest class wins a tie, −1 where no distance is finite'],
  },
  {
    name: 'Probabilities: softmin of the distances',
    probe: 'probabilities',
    caffe: ['no', LAYERS],
    ours: ['test/golden.test.ts', 'probabilities and nearest class'],
  },

  'Around it',
  {
    name: 'Mean of a class over batches of any size',
    probe: 'running-mean',
    caffe: ['no', OPTIONS],
    notes: { 'pytorch-ood': '`RunningCenters` weighs batches alike, whatever their rows.' },
    ours: 'no',
  },
  {
    name: 'Classes added and removed',
    probe: 'add-class',
    caffe: ['no', `${LAYER}#L12-L13`],
    ours: 'no',
  },
  {
    name: 'JavaScript: browsers, Node.js, edge; nothing else to install',
    caffe: ['no', 'INSTALL.md'],
    notes: { 'pytorch-ood': 'Python and PyTorch.', kaiyangzhou: 'Python and PyTorch.', 'caffe-face': 'C++.' },
    ours: ['test/package/tarball.test.ts', 'needs nothing at run time and runs nothing at install'],
  },
];

/** The loss of the probe of that name, by what it is divided by. @type {[number, string][]} */
const DIVISORS = [
  [8 / 9, 'Σ/(B·C)'],
  [8 / 3, 'Σ/B'],
];
