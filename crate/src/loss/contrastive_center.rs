//! Contrastive-center loss: C. Qi, F. Su, "Contrastive-center loss for deep neural networks", ICIP 2017.
//!
//! ℓ = ½·d_y / S, S = Σ_{j≠y} d_j + δ, where d is the squared Euclidean distance. The gradient ∂ℓ/∂x is f·(x − c_y) +
//! g·Σ_{j≠y} (x − c_j) with f = 1/S and g = −d_y/S²; ∂ℓ/∂c_j is −f·(x − c_y) or −g·(x − c_j).
//!
//! All sums over classes have a closed form, with m the mean of the centers and V = Σ_j ‖c_j − m‖², so that the time is
//! O((B + C)·D):
//!
//! - T = Σ_j d_j = C·‖x − m‖² + V, two positive terms.
//! - Σ_j (x − c_j) = C·(x − m).
//! - Σ_i g_i·(c_j − x_i) = G·(c_j − x̄), with G = Σ_i g_i and x̄ = Σ_i g_i·x_i / G.
//!
//! The own class is taken from these sums. A row is *far* if its own distance is more than the share [`MAX_OWN_SHARE`] of
//! T. Its sums are taken over the other classes one by one, so that no digits are lost: for any other row, S has at most
//! four times the relative error of T, and |g| is at most 3·f. Rows are far from their center by d_y > 3·Σ_{j≠y} d_j:
//! with many classes only if their own center is an outlier. A center that is not finite makes all rows far, and so do
//! squares that overflow `f32`.
//!
//! The means m and x̄ are kept as two `f32`, a value and its rounding error, since a difference to one `f32` would lose its
//! digits where the centers are far from the origin.

use crate::distance::metric::combine;
use crate::loss::class_rows::ClassRows;
use crate::loss::proxy::{Batch, Scratch, Total};
use crate::loss::reduction::Labels;
use crate::rows::shape::{Rows, item, row_if_wanted, slice, slice_mut, split_mut};
use crate::rows::walk::{for_lanes, squared_distance};
use crate::rows::walk_f64::{add_difference, add_scaled, for_each_vector, narrow_to, squared_norm};
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Largest share of the own distance in the sum of all distances for which the others are the difference of both.
const MAX_OWN_SHARE: f64 = 0.75;

/// Number of dimensions that [`Mean::own_and_total`] sums in `f32` before the sums move to `f64`: at most 32 additions in
/// each lane.
const BLOCK_DIMS: usize = 128;

/// Loss with its parameter δ > 0, which keeps the quotient finite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContrastiveCenter {
    pub(crate) delta: f64,
}

/// Factors f and g of a row in the gradients, scaled by its weight.
#[derive(Clone, Copy)]
struct Factors {
    own: f64,
    others: f64,
    is_far: bool,
}

impl ContrastiveCenter {
    /// Computes the loss of a batch and its gradients, as [`crate::loss::proxy::proxy_pass`] does.
    #[inline(never)]
    pub(crate) fn pass<V: Vector>(
        self,
        batch: &Batch,
        grad_x: &mut [f32],
        grad_centers: &mut [f32],
        scratch: &mut Scratch,
    ) -> f64 {
        let Batch { x, centers, .. } = *batch;
        let (dim, n_classes) = (x.dim(), centers.count());
        let (sum, rest) = split_mut(scratch.center_sum, dim.div_ceil(LANES));
        let x_sum = slice_mut(rest, 0, sum.len());
        let (high, low) = split_mut(slice_mut(scratch.distances, 0, 2 * dim), dim);
        let mean = Mean::new::<V>(centers, sum, high, low);
        let mut rows = ClassRows::new(scratch.links, n_classes + 1, x.count());
        let (scale, labels) = (batch.scale(), Labels::new(batch.labels, n_classes));
        let (mut total, mut factor_sum) = (Total::new(scratch.losses), 0.0);
        x_sum.fill([0.0; LANES]);
        for row in 0..x.count() {
            let grad = row_if_wanted(grad_x, row, dim);
            grad.fill(0.0);
            let (class, weight) = match batch.class_and_weight(&labels, row) {
                Ok(known) => known,
                Err(cost) => {
                    total.add(row, cost);
                    continue;
                }
            };
            let x = x.row(row);
            let (cost, factors) = self.row::<V>(&mean, x, class, weight * scale);
            total.add(row, weight * cost);
            let Some(factors) = factors.filter(|_| !grad.is_empty()) else { continue };
            if factors.is_far {
                mean.add_far_gradient::<V>(x, class, factors, sum, grad);
            } else {
                mean.add_gradient::<V>(x, class, factors, grad);
            }
            if grad_centers.is_empty() {
                continue;
            }
            slice_mut(scratch.row_accumulator, 2 * row, 2).copy_from_slice(&[factors.own, factors.others]);
            rows.push(if factors.is_far { n_classes } else { class }, row);
            if !factors.is_far {
                factor_sum += factors.others;
                add_scaled::<V>(x, factors.others, x_sum);
            }
        }
        if !grad_centers.is_empty() {
            // Centers of any value may follow, but none that is not finite where `factor_sum` is not 0.
            split_mean(x_sum, factor_sum, high, low);
            for low in low.iter_mut() {
                *low = round_to_f32(-factor_sum * f64::from(*low));
            }
            for (class, grad) in grad_centers.chunks_exact_mut(dim).enumerate() {
                let center = centers.row(class);
                if factor_sum == 0.0 {
                    grad.fill(0.0);
                } else {
                    combine::<V>(low, center, high, [factor_sum; 2], grad);
                }
                let factor = |row: usize, k: usize| item(scratch.row_accumulator, 2 * row + k);
                rows.subtract::<V>(class, x, center, &|row| (row, factor(row, 0) - factor(row, 1)), sum, grad);
                let of_far = |row| (row, factor(row, usize::from(labels.class(row) != Some(class))));
                rows.subtract::<V>(n_classes, x, center, &of_far, sum, grad);
            }
        }
        total.sum * scale
    }

    /// Computes ℓ of a row, and the factors of its gradients times `scale`; none if ℓ or a factor is not finite.
    fn row<V: Vector>(self, mean: &Mean, x: &[f32], class: usize, scale: f64) -> (f64, Option<Factors>) {
        let n = mean.centers.count();
        let [mut own, all] = mean.own_and_total::<V>(x, class);
        let mut others = all - own;
        // A sum that overflows or is NaN makes a row far, too.
        let is_far = !(own <= MAX_OWN_SHARE * all && all < f64::INFINITY);
        if is_far {
            own = squared_distance::<V>(x, mean.centers.row(class));
            others = mean.others(class).map(|c| squared_distance::<V>(x, c)).sum();
        }
        let divisor = others + self.delta;
        let cost = 0.5 * own / divisor;
        let others = if n > 1 { -scale * own / divisor / divisor } else { 0.0 };
        let factors = Factors { own: scale / divisor, others, is_far };
        let is_f32 = |factor: f64| round_to_f32(factor).is_finite();
        // The factor of a row at an infinite distance to another center is 0.
        let is_active = cost.is_finite() && factors.own > 0.0 && is_f32(factors.own) && is_f32(others * mean.n);
        (cost, is_active.then_some(factors))
    }
}

/// Mean m of the centers, as the sum of two `f32` for each dimension, and V.
struct Mean<'a> {
    centers: Rows<'a>,
    high: &'a [f32],
    low: &'a [f32],
    /// V
    spread: f64,
    /// C
    n: f64,
}

/// high + low ← sum / divisor
#[inline(never)]
fn split_mean(sum: &[[f64; LANES]], divisor: f64, high: &mut [f32], low: &mut [f32]) {
    for ((sum, high), low) in sum.as_flattened().iter().zip(high).zip(low) {
        let mean = sum / divisor;
        *high = round_to_f32(mean);
        *low = round_to_f32(mean - f64::from(*high));
    }
}

impl<'a> Mean<'a> {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn new<V: Vector>(centers: Rows<'a>, sum: &mut [[f64; LANES]], high: &'a mut [f32], low: &'a mut [f32]) -> Self {
        let n = centers.count() as f64;
        sum.fill([0.0; LANES]);
        (0..centers.count()).for_each(|class| add_scaled::<V>(centers.row(class), 1.0, sum));
        split_mean(sum, n, high, low);
        // Σ_j ‖c_j − high‖² is V + C·‖low‖². It is at most 2V, since `high` is the `f32` nearest to m.
        let spread: f64 = (0..centers.count()).map(|class| squared_distance::<V>(centers.row(class), high)).sum();
        let spread = spread - n * squared_norm::<V>(low);
        Self { centers, high, low, spread, n }
    }

    /// Centers of the other classes.
    fn others(&self, class: usize) -> impl Iterator<Item = &[f32]> {
        (0..self.centers.count()).filter(move |&other| other != class).map(|other| self.centers.row(other))
    }

    /// d_y and T, which may overflow.
    #[inline(never)]
    fn own_and_total<V: Vector>(&self, x: &[f32], class: usize) -> [f64; 2] {
        let rows = [x, self.centers.row(class), self.high, self.low];
        let mut totals = [0.0; 2];
        for start in (0..x.len()).step_by(BLOCK_DIMS) {
            let mut sums = [V::splat(0.0); 2];
            let len = BLOCK_DIMS.min(x.len() - start);
            for_each_vector::<V, 4>(rows.map(|row| slice(row, start, len)), |[x, c, high, low]| {
                let differences = [x.sub(c), x.sub(high).sub(low)];
                sums = [0, 1].map(|k| differences[k].mul_add(differences[k], sums[k]));
            });
            totals = [0, 1].map(|k| totals[k] + f64::from(sums[k].sum()));
        }
        [totals[0], self.n * totals[1] + self.spread]
    }

    /// grad ← (f − g)·(x − c_y) + g·C·(x − m)
    fn add_gradient<V: Vector>(&self, x: &[f32], class: usize, factors: Factors, grad: &mut [f32]) {
        let [own, all] = [factors.own - factors.others, factors.others * self.n];
        // The smaller factor may be below all `f32`, but matters only relative to the larger one.
        let scale = if own > -all { own } else { -all };
        let [own, all, scale] = [own / scale, all / scale, scale].map(|factor| V::splat(round_to_f32(factor)));
        let rows = [x, self.centers.row(class), self.high, self.low];
        for_lanes::<V, 4, 1>(rows, [grad], |[x, c, high, low], _| {
            [own.mul_add(x.sub(c), all.mul(x.sub(high).sub(low))).mul(scale)]
        });
    }

    /// grad ← f·(x − c_y) + g·Σ_{j≠y} (x − c_j), summed over the classes. `sum` is scratch.
    #[inline(never)]
    fn add_far_gradient<V: Vector>(
        &self,
        x: &[f32],
        class: usize,
        factors: Factors,
        sum: &mut [[f64; LANES]],
        grad: &mut [f32],
    ) {
        sum.fill([0.0; LANES]);
        add_difference::<V>(x, self.centers.row(class), factors.own, sum);
        self.others(class).for_each(|c| add_difference::<V>(x, c, factors.others, sum));
        narrow_to::<V>(sum, grad);
    }
}
