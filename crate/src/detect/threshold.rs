//! Thresholds and p-values from the order of the scores of known rows.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

use crate::rows::shape::item;

/// Smallest score t such that at least a share `tpr` of the scores is ≤ t: the k-th smallest, k/n ≥ tpr.
///
/// With `finite_sample` the share is that of n + 1 scores, the last one still unseen. If it has the distribution of the
/// others, it is ≤ t with a probability of at least `tpr` (split conformal prediction, Vovk et al. 2005; Lei et al.
/// 2018). The threshold is infinite if no score is high enough: k > n.
///
/// `sorted` ascends and is not empty; 0 < `tpr` ≤ 1.
#[must_use]
pub fn threshold(sorted: &[f64], tpr: f64, finite_sample: bool) -> f64 {
    let rank = rank(tpr, sorted.len() + usize::from(finite_sample));
    if rank > sorted.len() { f64::INFINITY } else { item(sorted, rank - 1) }
}

/// Smallest k in 1 … n with k/n ≥ share, for n ≥ 1 and share ≤ 1.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2⁵³")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "k is 1 … n")]
pub(crate) fn rank(share: f64, n: usize) -> usize {
    let quotient = |k: usize| k as f64 / n as f64;
    // The product rounds: 0.95·20 may come out on either side of 19. The quotient k/n is the `f64` nearest to its
    // value, as is a share written as 0.95, so quotients decide. `clamp` would bring a panic with a message: more than
    // a kilobyte in the module.
    let mut k = ((share * n as f64) as usize).max(1).min(n);
    while k > 1 && quotient(k - 1) >= share {
        k -= 1;
    }
    while k < n && quotient(k) < share {
        k += 1;
    }
    k
}

/// scores ← (1 + #{calibration ≥ score}) / (n + 1): the probability that one of n + 1 scores of the same distribution
/// is at least as high. It is small for an unknown row (Vovk et al. 2005). Ties count in full, which makes p-values
/// larger, never too small.
///
/// With a source of bits, ties count in part, (#{calibration > score} + U·(1 + #{calibration = score})) / (n + 1), by a
/// U of its own for each score, uniform in 0 … 1: smoothed p-values, which are uniform themselves for known rows.
///
/// `sorted` ascends.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2⁵³")]
pub fn p_values(sorted: &[f64], scores: &mut [f64], mut bits: Option<SplitMix64>) {
    for score in scores {
        let count_over = |below: usize| (sorted.len() - below) as f64;
        let mut count = 1.0 + count_over(sorted.partition_point(|calibration| *calibration < *score));
        if let Some(bits) = &mut bits {
            let above = count_over(sorted.partition_point(|calibration| *calibration <= *score));
            let uniform = (bits.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            count = above + uniform * (count - above);
        }
        *score = count / (1 + sorted.len()) as f64;
    }
}

/// Source of the bits of smoothed p-values: each seed has a stream for each class.
#[must_use]
pub fn smoothing_bits(seed: u64, stream: u64) -> SplitMix64 {
    SplitMix64::seed_from_u64(SplitMix64::seed_from_u64(stream).next_u64() ^ seed)
}
