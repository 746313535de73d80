// Temporary stand-in for center-loss/open-set, with its names, until it is merged.
const D = (x, c, row, j, d) => {
  let s = 0;
  for (let k = 0; k < d; k++) s += (x[row * d + k] - c[j * d + k]) ** 2;
  return s;
};
function nearest({ params, nClasses, nFeatures }, x, { score, metric = 'sqeuclidean', radius, precision }) {
  const n = x.length / nFeatures;
  const scores = new Float32Array(n);
  const near = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const d = [];
    for (let j = 0; j < nClasses; j++) {
      if (score === 'mahalanobis') {
        let s = 0;
        for (let k = 0; k < nFeatures; k++) s += (x[i * nFeatures + k] - params[j * nFeatures + k]) ** 2 * precision[k];
        d.push(s);
      } else {
        const s = D(x, params, i, j, nFeatures);
        d.push(metric === 'euclidean' || score === 'cac' ? Math.sqrt(s) : s);
      }
    }
    let b = 0;
    for (let j = 1; j < d.length; j++) if (d[j] < d[b]) b = j;
    near[i] = b;
    const e = d.map((v) => Math.exp(d[b] - v));
    const z = e.reduce((p, q) => p + q, 0);
    const others = e.reduce((p, q, j) => (j === b ? p : p + q), 0);
    if (score === 'distance' || score === 'mahalanobis') scores[i] = d[b];
    else if (score === 'normalized') scores[i] = d[b] / radius[b];
    else if (score === 'cac') scores[i] = Math.min(...d.map((v, j) => v * (1 - e[j] / z)));
    else if (score === 'softmin') scores[i] = others / z;
    else if (score === 'entropy') scores[i] = -e.reduce((p, q) => p + (q > 0 ? (q / z) * Math.log(q / z) : 0), 0);
    else if (score === 'knn-centers') {
      const s = [...d].sort((p, q) => p - q);
      scores[i] = s[0] / s[1];
    } else throw new Error(score);
  }
  return { nearest: near, scores };
}
export function classify(centers, x, options) {
  const { nearest: near, scores } = nearest(centers, x, options);
  const t = options.threshold ?? Infinity;
  return { nearest: near, scores, labels: near.map((v, i) => (scores[i] <= t ? v : -1)) };
}
export function fitThreshold(scores, { tpr = 0.95 } = {}) {
  const s = Float64Array.from(scores).sort();
  return s[Math.max(0, Math.ceil(tpr * s.length) - 1)];
}
export class OpenSetClassifier {
  constructor(centers, options) {
    this.centers = centers;
    this.options = { metric: 'sqeuclidean', ...options };
  }
  fit(x, target, { tpr = 0.95 } = {}) {
    const { params, nClasses, nFeatures } = this.centers;
    const own = Array.from(target, (y, i) => {
      const s = D(x, params, i, y, nFeatures);
      return this.options.metric === 'euclidean' ? Math.sqrt(s) : s;
    });
    if (this.options.score === 'normalized')
      this.options.radius = Float32Array.from({ length: nClasses }, (_, j) =>
        fitThreshold(own.filter((_, i) => target[i] === j)),
      );
    if (this.options.score === 'mahalanobis')
      this.options.precision = Float32Array.from({ length: nFeatures }, (_, k) => {
        let s = 0;
        target.forEach((y, i) => {
          s += (x[i * nFeatures + k] - params[y * nFeatures + k]) ** 2;
        });
        return target.length / s;
      });
    this.options.threshold = fitThreshold(this.scores(x), { tpr });
    return this;
  }
  get threshold() {
    return this.options.threshold;
  }
  classify(x) {
    return classify(this.centers, x, this.options);
  }
  scores(x) {
    return this.classify(x).scores;
  }
  dispose() {}
}
const sorted = (v) => Float64Array.from(v).sort();
export function rocCurve(known, unknown) {
  const k = sorted(known),
    u = sorted(unknown);
  const fpr = [0],
    tpr = [0],
    thresholds = [-Infinity];
  let i = 0,
    j = 0;
  while (i < k.length || j < u.length) {
    const t = Math.min(k[i] ?? Infinity, u[j] ?? Infinity);
    while (k[i] <= t) i++;
    while (u[j] <= t) j++;
    tpr.push(i / k.length);
    fpr.push(j / u.length);
    thresholds.push(t);
  }
  return { fpr, tpr, thresholds };
}
export function auroc(known, unknown) {
  const { fpr, tpr } = rocCurve(known, unknown);
  let a = 0;
  for (let i = 1; i < fpr.length; i++) a += ((fpr[i] - fpr[i - 1]) * (tpr[i] + tpr[i - 1])) / 2;
  return a;
}
export function fprAtTpr(known, unknown, { tpr: want = 0.95 } = {}) {
  const { fpr, tpr } = rocCurve(known, unknown);
  return fpr[tpr.findIndex((t) => t >= want)];
}
export function oscr(known, right, unknown) {
  const t = [...sorted([...known, ...unknown])];
  const k = [...known].map((s, i) => [s, right[i]]).sort((a, b) => a[0] - b[0]);
  const u = sorted(unknown);
  let i = 0,
    j = 0,
    c = 0,
    a = 0,
    pf = 0,
    pc = 0;
  for (const v of t) {
    while (k[i]?.[0] <= v) c += Number(k[i++][1]);
    while (u[j] <= v) j++;
    const f = j / u.length,
      r = c / k.length;
    a += ((f - pf) * (r + pc)) / 2;
    pf = f;
    pc = r;
  }
  return a;
}
