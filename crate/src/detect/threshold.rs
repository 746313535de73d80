//! Where scores of known rows end: thresholds and p-values, by order alone.

use crate::rows::shape::item;

/// The least score t such that at least a share `tpr` of the scores is ≤ t: the k-th smallest, k/n ≥ tpr.
///
/// With `finite_sample` the share is that of n + 1, one more that is yet to come: if it comes from where the others
/// come from, it is ≤ t with a probability of at least `tpr` (split conformal prediction, Vovk et al. 2005; Lei et al.
/// 2018). Infinite if no score is high enough for that: k > n.
///
/// `sorted` ascends and has a value at least, and 0 < `tpr` ≤ 1.
#[must_use]
pub fn threshold(sorted: &[f64], tpr: f64, finite_sample: bool) -> f64 {
    let rank = rank(tpr, sorted.len() + usize::from(finite_sample));
    if rank > sorted.len() { f64::INFINITY } else { item(sorted, rank - 1) }
}

/// The least k of 1 … n with k/n ≥ share, of n ≥ 1 and a share up to 1.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2⁵³")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "k is 1 … n")]
pub(crate) fn rank(share: f64, n: usize) -> usize {
    let quotient = |k: usize| k as f64 / n as f64;
    // The product rounds, and 0.95·20 may come out on either side of 19. A quotient of counts is the float64 that is
    // nearest to it, as is the share that a person wrote down as 0.95: so it is quotients that are compared.
    // Not by `clamp`, which has a panic with a message: that takes more than a kilobyte in the module.
    let mut k = ((share * n as f64) as usize).max(1).min(n);
    while k > 1 && quotient(k - 1) >= share {
        k -= 1;
    }
    while k < n && quotient(k) < share {
        k += 1;
    }
    k
}

/// scores ← (1 + #{calibration ≥ score}) / (n + 1), the probability that one of n + 1 scores from where the n come from
/// is as high as that: small for an unknown row (Vovk et al. 2005; ties count in full, which errs on the safe side).
///
/// `sorted` ascends.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2⁵³")]
pub fn p_values(sorted: &[f64], scores: &mut [f64]) {
    for score in scores {
        let below = sorted.partition_point(|calibration| *calibration < *score);
        *score = (1 + sorted.len() - below) as f64 / (1 + sorted.len()) as f64;
    }
}
