//! Scores and thresholds, by their definitions.

/// p_j = e^(−d_j/T) / Σ_k e^(−d_k/T), shifted by the least d so that the sum is 1 or more.
pub(crate) fn softmin(d: &[f64], temperature: f64) -> Vec<f64> {
    let least = d.iter().copied().fold(f64::INFINITY, f64::min);
    let sum: f64 = d.iter().map(|d| ((least - d) / temperature).exp()).sum();
    d.iter().map(|d| ((least - d) / temperature).exp() / sum).collect()
}

/// ln Σ eˣ, shifted by the largest x.
fn log_sum_exp(x: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = x.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY { most } else { most + x.map(|x| (x - most).exp()).sum::<f64>().ln() }
}

/// ln(1 − p_j) of each class: ln Σ_{k≠j} p_k for the nearest, which keeps the digits of what is close to 0.
fn log_complements(d: &[f64], temperature: f64) -> Vec<f64> {
    let (nearest, logits) = (super::nearest(d), d.iter().map(|d| -d / temperature));
    let others = (0..).zip(logits.clone()).filter(|(j, _)| *j != nearest).map(|(_, x)| x);
    let of_nearest = log_sum_exp(others) - log_sum_exp(logits);
    let p = softmin(d, temperature);
    (0..).zip(p).map(|(j, p)| if j == nearest { of_nearest } else { (-p).ln_1p() }).collect()
}

/// ln min_j d_j·(1 − p_j), over all classes.
pub(crate) fn cac(d: &[f64], temperature: f64) -> f64 {
    let complements = log_complements(d, temperature);
    d.iter().zip(complements).map(|(d, complement)| d.ln() + complement).fold(f64::INFINITY, f64::min)
}

/// ln(1 − max_j p_j)
pub(crate) fn uncertainty(d: &[f64], temperature: f64) -> f64 {
    log_complements(d, temperature).into_iter().fold(f64::INFINITY, f64::min)
}

/// ln(−Σ p·ln p) from the logarithms of the terms; −ln p of a probability close to 1 is taken from its complement, r =
/// 1 − p: −ln p = r + r²/2 + …
pub(crate) fn entropy(d: &[f64], temperature: f64) -> f64 {
    let total = log_sum_exp(d.iter().map(|d| -d / temperature));
    let terms = d.iter().zip(log_complements(d, temperature)).map(|(d, complement)| {
        let log_p = -d / temperature - total;
        log_p
            + match complement {
                c if c < -40.0 => c,
                c if c < -0.7 => (-(-c.exp()).ln_1p()).ln(),
                _ => (-log_p).ln(),
            }
    });
    log_sum_exp(terms.collect::<Vec<_>>().into_iter())
}

/// mean_i [t_i/T + ln Σ_j e^(−d_ij/T)], t = (1 − ε)·d_y + ε·(mean of the others), ε = 1/(n + 2).
pub(crate) fn smoothed_loss(distances: &[Vec<f64>], labels: &[usize], temperature: f64) -> f64 {
    let n = distances.len() as f64;
    let smoothing = 1.0 / (n + 2.0);
    let of_row = |(d, &y): (&Vec<f64>, &usize)| {
        let others = (d.iter().sum::<f64>() - d[y]) / (d.len() as f64 - 1.0);
        let target = (1.0 - smoothing) * d[y] + smoothing * others;
        target / temperature + log_sum_exp(d.iter().map(|d| -d / temperature))
    };
    distances.iter().zip(labels).map(of_row).sum::<f64>() / n
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

/// Smoothed p-value by the definition: (#{calibration > score} + u·(1 + #{calibration = score})) / (n + 1).
pub(crate) fn smoothed_p_value(calibration: &[f64], score: f64, u: f64) -> f64 {
    let above = calibration.iter().filter(|&&calibration| calibration > score).count();
    let equal = calibration.iter().filter(|&&calibration| calibration == score).count();
    (above as f64 + u * (1 + equal) as f64) / (1 + calibration.len()) as f64
}
