//! Scores, thresholds and metrics, by their definitions.

/// p_j = e^(−d_j) / Σ_k e^(−d_k), shifted by the least d so that the sum is 1 or more.
pub(crate) fn softmin(d: &[f64]) -> Vec<f64> {
    let least = d.iter().copied().fold(f64::INFINITY, f64::min);
    let sum: f64 = d.iter().map(|d| (least - d).exp()).sum();
    d.iter().map(|d| (least - d).exp() / sum).collect()
}

/// 1 − p_j as Σ_{k≠j} p_k, which keeps the digits of what is close to 0.
fn complement(p: &[f64], j: usize) -> f64 {
    p.iter().enumerate().filter(|(k, _)| *k != j).map(|(_, p)| p).sum()
}

/// min_j d_j·(1 − p_j), over all classes.
pub(crate) fn cac(d: &[f64]) -> f64 {
    let p = softmin(d);
    (0..d.len()).map(|j| d[j] * complement(&p, j)).fold(f64::INFINITY, f64::min)
}

/// 1 − max_j p_j
pub(crate) fn uncertainty(d: &[f64]) -> f64 {
    let p = softmin(d);
    (0..d.len()).map(|j| complement(&p, j)).fold(f64::INFINITY, f64::min)
}

/// −Σ p·ln p; the logarithm of a probability close to 1 is taken from its complement.
pub(crate) fn entropy(d: &[f64]) -> f64 {
    let p = softmin(d);
    let mut sum = 0.0;
    for j in 0..d.len() {
        sum -= match p[j] {
            0.0 => 0.0,
            p if p < 0.5 => p * p.ln(),
            own => own * (-complement(&p, j)).ln_1p(),
        };
    }
    sum
}

pub(crate) fn two_least(d: &[f64]) -> (f64, f64) {
    let mut sorted = d.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[0], sorted.get(1).copied().unwrap_or(f64::INFINITY))
}

/// The least t among the scores with #{score ≤ t} / n ≥ tpr; n is one more for `finite_sample`.
pub(crate) fn threshold(scores: &[f64], tpr: f64, finite_sample: bool) -> f64 {
    let n = (scores.len() + usize::from(finite_sample)) as f64;
    let share = |t: f64| scores.iter().filter(|&&score| score <= t).count() as f64 / n;
    scores.iter().copied().filter(|&t| share(t) >= tpr).fold(f64::INFINITY, f64::min)
}

/// (1 + #{calibration ≥ score}) / (n + 1)
pub(crate) fn p_value(calibration: &[f64], score: f64) -> f64 {
    let above = calibration.iter().filter(|&&calibration| calibration >= score).count();
    (1 + above) as f64 / (1 + calibration.len()) as f64
}

/// Σ over pairs of [unknown above known] + ½·[equal], over the number of pairs; a known row counts if `counts`.
pub(crate) fn concordance(known: &[f64], unknown: &[f64], counts: impl Fn(usize) -> bool) -> f64 {
    let mut sum = 0.0;
    for i in (0..known.len()).filter(|&i| counts(i)) {
        for u in unknown {
            sum += f64::from(u8::from(*u > known[i])) + 0.5 * f64::from(u8::from(*u == known[i]));
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
    let points = thresholds(positive, negative);
    let point = points.iter().find(|(_, tp, _)| tp / positive.len() as f64 >= tpr);
    point.map_or(1.0, |(_, _, fp)| fp / negative.len() as f64)
}
