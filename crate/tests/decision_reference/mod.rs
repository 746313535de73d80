//! Scores, thresholds and metrics in float64 as plain loops: the truth that the kernels are held against.
#![allow(dead_code, reason = "every test binary compiles this file and uses its part")]
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
#![allow(clippy::float_cmp, reason = "scores tie only if they are the same")]

/// Σ_k (x_k − c_k)²·w_k
pub(crate) fn weighted(x: &[f64], c: &[f64], weights: &[f64]) -> f64 {
    let mut sum = 0.0;
    for k in 0..x.len() {
        sum += (x[k] - c[k]) * (x[k] - c[k]) * weights[k];
    }
    sum
}

/// ‖x − c‖
pub(crate) fn euclidean(x: &[f64], c: &[f64]) -> f64 {
    weighted(x, c, &vec![1.0; x.len()]).sqrt()
}

/// ½‖x/‖x‖ − c/‖c‖‖², 1 if either is zero.
pub(crate) fn cosine(x: &[f64], c: &[f64]) -> f64 {
    let zero = vec![0.0; x.len()];
    let (a, b) = (euclidean(x, &zero), euclidean(c, &zero));
    if a == 0.0 || b == 0.0 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 0..x.len() {
        sum += (x[k] / a - c[k] / b) * (x[k] / a - c[k] / b);
    }
    sum / 2.0
}

/// p_j = e^(−d_j) / Σ_k e^(−d_k)
pub(crate) fn softmin(d: &[f64]) -> Vec<f64> {
    let least = d.iter().copied().fold(f64::INFINITY, f64::min);
    let sum: f64 = d.iter().map(|d| (least - d).exp()).sum();
    d.iter().map(|d| (least - d).exp() / sum).collect()
}

/// 1 − p_j as Σ_{k≠j} p_k, which keeps the digits of what is close to 0.
fn others(p: &[f64], j: usize) -> f64 {
    let mut sum = 0.0;
    for k in 0..p.len() {
        if k != j {
            sum += p[k];
        }
    }
    sum
}

/// min_j d_j·(1 − p_j), over all classes.
pub(crate) fn cac(d: &[f64]) -> f64 {
    let p = softmin(d);
    let mut least = f64::INFINITY;
    for j in 0..d.len() {
        least = least.min(d[j] * others(&p, j));
    }
    least
}

/// 1 − max_j p_j
pub(crate) fn uncertainty(d: &[f64]) -> f64 {
    let p = softmin(d);
    (0..d.len()).map(|j| others(&p, j)).fold(f64::INFINITY, f64::min)
}

/// −Σ p·ln p, a probability close to 1 by its complement.
pub(crate) fn entropy(d: &[f64]) -> f64 {
    let p = softmin(d);
    let mut sum = 0.0;
    for j in 0..d.len() {
        sum -= match p[j] {
            0.0 => 0.0,
            p if p < 0.5 => p * p.ln(),
            p => p * (-others(&softmin(d), j)).ln_1p(),
        };
    }
    sum
}

/// The two least distances.
pub(crate) fn two_least(d: &[f64]) -> (f64, f64) {
    let mut sorted = d.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[0], sorted.get(1).copied().unwrap_or(f64::INFINITY))
}

/// The least t among the scores with #{score ≤ t} / n ≥ tpr, n one more than there are for `finite_sample`.
pub(crate) fn threshold(scores: &[f64], tpr: f64, finite_sample: bool) -> f64 {
    let n = scores.len() + usize::from(finite_sample);
    let mut least = f64::INFINITY;
    for &t in scores {
        let within = scores.iter().filter(|&&score| score <= t).count();
        if within as f64 / n as f64 >= tpr {
            least = least.min(t);
        }
    }
    least
}

/// (1 + #{calibration ≥ score}) / (n + 1)
pub(crate) fn p_value(calibration: &[f64], score: f64) -> f64 {
    let above = calibration.iter().filter(|&&calibration| calibration >= score).count();
    (1 + above) as f64 / (1 + calibration.len()) as f64
}

/// Σ over pairs of [unknown above known] + ½·[equal], over the number of pairs; a known row counts if `counts`.
pub(crate) fn concordance(known: &[f64], unknown: &[f64], counts: impl Fn(usize) -> bool) -> f64 {
    let mut sum = 0.0;
    for i in 0..known.len() {
        for u in unknown {
            if counts(i) {
                sum += if *u > known[i] {
                    1.0
                } else if *u == known[i] {
                    0.5
                } else {
                    0.0
                };
            }
        }
    }
    sum / (known.len() * unknown.len()) as f64
}

/// (threshold, TP, FP) for every distinct score, from the highest on: rows from the threshold on are positive.
pub(crate) fn thresholds(positive: &[f64], negative: &[f64]) -> Vec<(f64, f64, f64)> {
    let mut scores = [positive, negative].concat();
    scores.sort_by(|a, b| b.total_cmp(a));
    scores.dedup();
    let at_least = |side: &[f64], t: f64| side.iter().filter(|&&score| score >= t).count() as f64;
    scores.into_iter().map(|t| (t, at_least(positive, t), at_least(negative, t))).collect()
}

/// Σ (R_i − R_{i−1})·P_i, or with the mean of P_i and P_{i−1} for `trapezoid`.
pub(crate) fn aupr(positive: &[f64], negative: &[f64], trapezoid: bool) -> f64 {
    let (mut area, mut before) = (0.0, (0.0, 1.0));
    for (_, tp, fp) in thresholds(positive, negative) {
        let (recall, precision) = (tp / positive.len() as f64, tp / (tp + fp));
        let height = if trapezoid { f64::midpoint(precision, before.1) } else { precision };
        area += (recall - before.0) * height;
        before = (recall, precision);
    }
    area
}

/// FP/N at the highest threshold with TP/P ≥ tpr.
pub(crate) fn fpr_at_tpr(positive: &[f64], negative: &[f64], tpr: f64) -> f64 {
    for (_, tp, fp) in thresholds(positive, negative) {
        if tp / positive.len() as f64 >= tpr {
            return fp / negative.len() as f64;
        }
    }
    1.0
}
