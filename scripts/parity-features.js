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

const IJCV = 'The code of the IJCV 2019 paper has it: [ydwen/centerloss](https://github.com/ydwen/centerloss).';
const ANY_MATRIX = 'By hand: `forward` takes any matrix of distances; its centers give squared Euclidean ones.';
const CENTERS_ONLY = 'The centers alone.';
const TRAPEZOIDS = 'By trapezoids; here those are `{ method: "trapezoid" }`.';
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
    ours: ['test/centers/class-centers.test.ts', 'the worked example of the reference, in every reduction', 'yes, each of them, Σ'],
  },
  {
    name: 'Loss of a distance matrix',
    probe: 'distance-matrix',
    caffe: ['no', `${LAYER}#L53-L70`],
    ours: ['test/oracle/golden.test.ts', 'a distance matrix'],
  },
  {
    name: 'Gradients of rows and centers',
    probe: 'gradients',
    caffe: ['partly', `${LAYER}#L72-L101`],
    notes: { 'caffe-face': 'Those of the rows; for the centers it has the update Δc.' },
    ours: ['test/contracts/properties.test.ts', 'gradients are the slope of the loss (central differences of the float64 loss)'],
  },
  {
    name: 'A tight cluster off the origin: 64 dimensions at 100, distance² 0.0039',
    probe: 'tight-cluster',
    caffe: ['yes', `${LAYER}#L64-L65`],
    ours: ['test/contracts/properties.test.ts', 'clusters off the origin keep their digits'],
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
    ours: ['test/centers/class-centers.test.ts', 'radius is on the squared distance'],
  },
  {
    name: 'Radius on the distance, ½·max(0, ‖x − c‖ − ρ)²',
    probe: 'radius-distance',
    caffe: ['no', OPTIONS],
    notes: { 'pytorch-ood': 'Given Euclidean distances: without the square.', 'caffe-face': IJCV },
    ours: ['test/oracle/center-loss.test.ts', 'IJCV 2019, $name'],
  },
  {
    name: 'Radius per class',
    probe: 'radius-per-class',
    caffe: ['no', OPTIONS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': 'A tensor in place of the number is broadcast; neither documented nor saved.' },
    ours: ['test/losses/center-loss.test.ts', 'are for the loss what one radius was'],
  },
  {
    name: 'Radius fitted to a quantile of the distances',
    probe: 'fit-radius',
    caffe: ['no', OPTIONS],
    ours: ['test/losses/center-loss-float64.test.ts', 'radii are the least distances that hold the share'],
  },
  {
    name: 'Euclidean distance',
    probe: 'metric-euclidean',
    caffe: ['no', OPTIONS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': ANY_MATRIX },
    ours: ['test/oracle/center-loss.test.ts', 'loss and gradients'],
  },
  {
    name: 'Cosine distance',
    probe: 'metric-cosine',
    caffe: ['no', OPTIONS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': ANY_MATRIX, 'caffe-face': IJCV },
    ours: ['test/oracle/center-loss.test.ts', 'loss and gradients'],
  },
  {
    name: 'Class weights',
    probe: 'class-weight',
    caffe: ['no', OPTIONS],
    ours: ['test/losses/center-loss-float64.test.ts', 'loss and gradients in every metric, weighted'],
  },
  {
    name: 'Sample weights',
    probe: 'sample-weight',
    caffe: ['no', OPTIONS],
    ours: ['test/losses/center-loss-float64.test.ts', 'loss and gradients in every metric, weighted'],
  },
  {
    name: 'Class weights from counts: balanced, effective number',
    probe: 'class-weights-balanced',
    caffe: ['no', OPTIONS],
    ours: [
      'test/losses/class-weights.test.ts',
      "effective number: Cui's (1 − β)/(1 − β^n), with the classes as their sum",
    ],
  },
  {
    name: 'Rows in half precision, centers in float32',
    probe: 'half-precision',
    caffe: ['no', `${LAYER}#L112`],
    ours: ['test/losses/center-loss-float64.test.ts', 'is computed as its float32 values'],
  },
  {
    name: 'Fixed centers',
    probe: 'fixed',
    caffe: ['yes', 'src/caffe/net.cpp#L175-L178'],
    notes: { 'caffe-face': '`lr_mult: 0`.' },
    ours: ['test/centers/class-centers.test.ts', 'fixed: no center gradient, and step moves nothing'],
  },
  {
    name: 'Anchors of a magnitude, also if C < D',
    probe: 'anchors',
    caffe: ['no', `${LAYER}#L31-L33`],
    notes: { 'pytorch-ood': 'N(0, 1), the magnitude is not applied; it logs so.' },
    ours: ['test/centers/class-centers.test.ts', 'every other init applies magnitude'],
  },

  'Labels and bad values',
  {
    name: 'A label below 0 is unknown and does not count',
    probe: 'label-unknown',
    caffe: ['no', `${LAYER}#L63-L65`],
    notes: { 'caffe-face': 'It reads before or past the centers.' },
    ours: ['test/contracts/properties.test.ts', 'an unknown row is a row that is not there'],
  },
  {
    name: 'A label ≥ C is an error',
    probe: 'label-too-large',
    figure: (value) => `silent ${Number(value).toFixed(2)}`,
    caffe: ['no', `${LAYER}#L63-L65`],
    notes: { 'caffe-face': 'It reads before or past the centers.' },
    ours: ['test/contracts/errors.test.ts', 'labels'],
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
    ours: ['test/centers/class-centers.test.ts', 'no known row: loss 0 and zero gradients'],
  },
  {
    name: 'NaN in an unknown row reaches no center',
    probe: 'nan-in-unknown-row',
    caffe: ['no', `${LAYER}#L63-L65`],
    notes: { 'caffe-face': 'It reads before or past the centers.' },
    ours: ['crate/tests/independence.rs', 'a_bad_row_that_does_not_count_reaches_nothing'],
  },
  {
    name: 'An infinite distance to another center reaches no loss',
    probe: 'infinite-elsewhere',
    caffe: ['yes', `${LAYER}#L62-L66`],
    ours: ['crate/tests/independence.rs', 'a_bad_center_spoils_only_its_class'],
  },

  'Center updates',
  {
    name: 'The paper’s, Δc = Σ(c − x)/(1 + n)',
    probe: 'update-wen',
    caffe: ['yes', `${LAYER}#L84-L94`],
    notes: { 'pytorch-ood': OPTIMIZER, kaiyangzhou: OPTIMIZER },
    ours: ['test/oracle/originals.test.ts', 'Wen et al.: loss, gradient, centers after a step'],
  },
  {
    name: 'By the mean, Δc = Σ(c − x)/n',
    probe: 'update-mean',
    caffe: ['no', `${LAYER}#L94`],
    notes: { 'pytorch-ood': OPTIMIZER, kaiyangzhou: OPTIMIZER, 'caffe-face': IJCV },
    ours: ['test/losses/center-loss-float64.test.ts', 'the averaging rules'],
  },
  {
    name: 'By a moving average',
    probe: 'update-ema',
    caffe: ['no', `${LAYER}#L94`],
    notes: { 'pytorch-ood': OPTIMIZER, kaiyangzhou: OPTIMIZER },
    ours: ['test/losses/center-loss-float64.test.ts', 'the averaging rules'],
  },
  {
    name: 'By SGD on the loss',
    probe: 'update-sgd',
    caffe: ['no', `${LAYER}#L94`],
    notes: { 'caffe-face': 'Momentum and weight decay of its solver act on Δc.' },
    ours: ['test/oracle/center-loss.test.ts', 'three steps of SGD'],
  },
  {
    name: 'How often each center was moved',
    probe: 'update-counts',
    caffe: ['no', `${LAYER}#L86-L89`],
    ours: ['test/losses/center-loss-float64.test.ts', 'without a new option it is the core to the last bit'],
  },
  {
    name: 'A warning when 100 gradients moved no center',
    probe: 'update-forgotten',
    figure: () => '',
    caffe: ['not needed', `${LAYER}#L76-L94`],
    notes: { 'caffe-face': 'The update is part of the layer.' },
    ours: ['test/losses/center-loss.test.ts', 'are spoken of once, after a hundred gradients'],
  },

  'With it, and in its place',
  {
    name: 'Softmax and center loss in one call',
    probe: 'softmax-center',
    caffe: ['partly', 'face_example/face_train_test.prototxt#L1156-L1181'],
    notes: {
      kaiyangzhou: 'A recipe in its README; the cross-entropy is that of PyTorch.',
      'caffe-face': 'Two layers of a net.',
    },
    ours: ['test/losses/softmax-cross-entropy.test.ts', 'is both losses, with λ in the loss and in ∂/∂x'],
  },
  {
    name: 'Label smoothing',
    probe: 'label-smoothing',
    caffe: ['no', 'src/caffe/layers/softmax_loss_layer.cpp#L97-L108'],
    notes: { 'pytorch-ood': 'PyTorch has it.', kaiyangzhou: 'PyTorch has it.' },
    ours: ['test/losses/softmax-cross-entropy.test.ts', 'of any batch is as in float64'],
  },
  {
    name: 'Class anchor clustering (Miller 2021)',
    probe: 'cac',
    caffe: ['no', LAYERS],
    notes: {
      'pytorch-ood':
        'Given Euclidean distances; its own are squared. It leaves out the last class in place of the row’s own.',
    },
    ours: [
      'test/losses/proxy-loss.test.ts',
      'of class anchor clustering does not leave out the last class, as pytorch-ood does',
    ],
  },
  {
    name: 'Contrastive-center loss (Qi & Su 2017)',
    probe: 'contrastive-center',
    caffe: ['no', LAYERS],
    ours: ['test/losses/proxy-loss.test.ts', 'is as in float64 for any batch, and its gradients are the slope'],
  },
  {
    name: 'Triplet-center loss (He 2018)',
    probe: 'triplet-center',
    caffe: ['no', LAYERS],
    ours: ['test/losses/proxy-loss.test.ts', 'is as in float64 for any batch, and its gradients are the slope'],
  },
  {
    name: 'Island loss (Cai 2018)',
    probe: 'island',
    caffe: ['no', LAYERS],
    ours: ['test/losses/proxy-loss.test.ts', 'is as in float64 for any batch, and its gradients are the slope'],
  },
  {
    name: 'Deep SVDD with a soft boundary, R² + Σmax(0, d² − R²)/(νn)',
    probe: 'deep-svdd',
    caffe: ['no', LAYERS],
    notes: { 'pytorch-ood': 'Its one-class objective, without R² and ν.' },
    ours: ['test/losses/deep-svdd-loss.test.ts', 'with ν = $nu is that of PyTorch, and so are its gradients'],
  },
  {
    name: 'Deep SVDD: center from a first pass',
    probe: 'svdd-center',
    caffe: ['no', LAYERS],
    notes: { 'pytorch-ood': 'It takes a center; the one that it has else is N(0, 1).' },
    ours: ['test/losses/deep-svdd-loss.test.ts', 'has the mean as its center, away from 0'],
  },

  'Decision',
  {
    name: 'Nearest class',
    probe: 'nearest',
    caffe: ['no', LAYERS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': '`predict` gives probabilities; their `argmax` is left to the user.' },
    ours: ['test/centers/class-centers.test.ts', 'the lowest class wins a tie, −1 where no distance is finite'],
  },
  {
    name: 'Probabilities: softmin of the distances',
    probe: 'probabilities',
    caffe: ['no', LAYERS],
    ours: ['test/oracle/golden.test.ts', 'probabilities and nearest class'],
  },
  {
    name: 'Score: distance of the nearest',
    probe: 'score-distance',
    caffe: ['no', LAYERS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': 'By hand: the minimum of its distances.' },
    ours: ['test/detect/classify.test.ts', 'as SciPy and scikit-learn'],
  },
  {
    name: 'Score: distance by the radius of the class',
    probe: 'score-normalized',
    caffe: ['no', LAYERS],
    ours: ['test/detect/classify.test.ts', 'against float64'],
  },
  {
    name: 'Score: CAC’s (Miller 2021)',
    probe: 'score-cac',
    caffe: ['no', LAYERS],
    notes: { 'pytorch-ood': 'Minus the maximum of d·(1 − softmin d), not the minimum.' },
    ours: ['test/detect/classify.test.ts', 'cac by the minimum over all classes, of which the nearest has it'],
  },
  {
    name: 'Score: softmin',
    probe: 'score-softmin',
    caffe: ['no', LAYERS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': 'By hand: its score of logits, `MaxSoftmax.score(-d)`, is this minus 1.' },
    ours: ['test/detect/classify.test.ts', 'scores keep their digits where the nearest class is as good as certain'],
  },
  {
    name: 'Score: entropy of the softmin',
    probe: 'score-entropy',
    caffe: ['no', LAYERS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': 'By hand: its score of logits, `Entropy.score(-d)`.' },
    ours: ['test/detect/classify.test.ts', 'as SciPy and scikit-learn'],
  },
  {
    name: 'Score: Mahalanobis, one diagonal covariance',
    probe: 'score-mahalanobis',
    caffe: ['no', LAYERS],
    partly: ['pytorch-ood'],
    notes: { 'pytorch-ood': 'With a full covariance, the sum of the squares in place of their mean.' },
    ours: ['test/detect/classify.test.ts', 'mahalanobis, and the precision'],
  },
  {
    name: 'Score: nearest by second nearest',
    probe: 'score-knn-centers',
    caffe: ['no', LAYERS],
    ours: ['test/detect/classify.test.ts', 'against float64'],
  },
  {
    name: 'Threshold for a share of the known rows',
    probe: 'threshold',
    caffe: ['no', LAYERS],
    ours: ['test/detect/threshold.test.ts', 'is the smallest score with at least that share not above it'],
  },
  {
    name: 'Conformal p-values',
    probe: 'conformal',
    caffe: ['no', LAYERS],
    ours: ['test/detect/threshold.test.ts', 'p-values count the calibration scores that are as high'],
  },
  {
    name: 'Centers, radius and threshold saved and loaded',
    probe: 'saved',
    caffe: ['partly', 'src/caffe/net.cpp#L856-L866'],
    partly: ['pytorch-ood', 'kaiyangzhou'],
    notes: { 'pytorch-ood': CENTERS_ONLY, kaiyangzhou: CENTERS_ONLY, 'caffe-face': CENTERS_ONLY },
    ours: ['test/io/open-set.test.ts', 'is the same after saving: $score, per class $perClass'],
  },

  'Measures, with equal scores on both sides',
  {
    name: 'AUROC',
    probe: 'auroc',
    caffe: ['no', LAYERS],
    ours: ['test/metrics/roc.test.ts', 'AUROC is the share of the pairs in the right order'],
  },
  {
    name: 'AUROC of scores of 18 to 27',
    probe: 'auroc-large',
    caffe: ['no', LAYERS],
    notes: {
      'pytorch-ood':
        'Scores that are not all from 0 to 1 go through a sigmoid in float32, which makes large ones equal.',
    },
    ours: ['test/metrics/roc.test.ts', 'scores that differ as float64 only do not tie'],
  },
  {
    name: 'AUPR of the known, average precision',
    probe: 'aupr-in',
    caffe: ['no', LAYERS],
    notes: { 'pytorch-ood': TRAPEZOIDS },
    ours: ['test/metrics/roc.test.ts', 'as scikit-learn and pytorch-ood'],
  },
  {
    name: 'AUPR of the unknown, average precision',
    probe: 'aupr-out',
    caffe: ['no', LAYERS],
    notes: { 'pytorch-ood': TRAPEZOIDS },
    ours: ['test/metrics/roc.test.ts', 'as scikit-learn and pytorch-ood'],
  },
  {
    name: 'False positive rate at 95 % true positives',
    probe: 'fpr95',
    own: { 'pytorch-ood': 'unknown' },
    caffe: ['no', LAYERS],
    notes: { 'pytorch-ood': 'Positive are the unknown; ours has either.' },
    ours: [
      'test/metrics/roc.test.ts',
      'the defaults of the metrics are those of papers: FPR95 of unknown rows, average precision',
    ],
  },
  {
    name: 'OSCR',
    probe: 'oscr',
    caffe: ['no', LAYERS],
    notes: {
      'pytorch-ood': 'Its value depends on the order of equal scores, and its thresholds are the known rows’ alone.',
    },
    ours: [
      'test/metrics/roc.test.ts',
      'OSCR is that of the rows that are classified correctly, and AUROC if all are',
    ],
  },

  'Around it',
  {
    name: 'Mean of a class over batches of any size',
    probe: 'running-mean',
    caffe: ['no', OPTIONS],
    notes: { 'pytorch-ood': '`RunningCenters` weighs batches alike, whatever their rows.' },
    ours: ['test/statistics/class-statistics.test.ts', 'covariance %s, in two batches and merged of two'],
  },
  {
    name: 'Classes added and removed',
    probe: 'add-class',
    caffe: ['no', `${LAYER}#L12-L13`],
    ours: [
      'test/centers/named-centers.test.ts',
      'predicts the names of the nearest classes, as they come, change and go',
    ],
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
