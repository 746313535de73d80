//! Temperature of the softmin of distances, by the likelihood of the labels of held-out rows (Guo et al. 2017).
//!
//! β = 1/T minimizes f(β) = mean_i [β·t_i + ln Σ_j e^(−β·d_ij)], which is convex in β. The target distance t_i gives a
//! share of 1 − ε to the row's own class and ε to the others, equally, with ε = 1/(n + 2) of n rows (Platt 1999): rows
//! that are all nearest to their own class would drive T to 0 without it.
//!
//! f'(β) = mean_i [t_i − E_i d] and f''(β) = mean_i Var_i d, by the probabilities at β, are computed in `f64` from gaps
//! d_ij − min_j d_ij. A pass over the rows takes one exponential for each distance that counts; about ten passes are
//! needed.

use crate::rows::shape::class_of;

/// Largest β·(d_j − d₁) that counts: e⁻⁴⁰ is below the rounding of a sum that has the term 1.
const MAX_EXPONENT: f64 = 40.0;
/// Bound of T, in units of the mean gap between the nearest and the average class: with a larger T scores of rows would
/// differ by less than float32 can tell. It is reached where the own class is not nearer than the others on average.
const MAX_GAPS: f64 = 100.0;
/// Relative width of the last step.
const TOLERANCE: f64 = 1e-12;
/// Bound of the passes; Newton's method needs about ten, and halving each time would need 60.
const MAX_PASSES: usize = 100;
/// Range of a temperature: its inverse is a normal `f32`.
const RANGE: (f64, f64) = (1e-30, 1e30);

/// Mean and variance of the gaps of a row.
struct Moments {
    mean: f64,
    variance: f64,
}

/// Returns T for `distances` [rows, classes]. Rows without a class at a finite distance are left out, and distances that
/// are not finite count as no class. T is 1 where all distances of each row are equal.
#[must_use]
pub fn fit(distances: &[f32], labels: &[i32], n_classes: usize) -> f64 {
    // A chunk length of 0 would panic. Without classes no label has one.
    let rows = || {
        distances.chunks_exact(n_classes.max(1)).zip(labels).filter_map(|(row, &label)| {
            let own = *row.get(class_of(label, n_classes)?)?;
            let min = row.iter().copied().fold(f32::INFINITY, |a, b| if b < a { b } else { a });
            own.is_finite().then(|| (row, f64::from(own) - f64::from(min), f64::from(min)))
        })
    };
    #[allow(clippy::cast_precision_loss, reason = "rows fit the 32 bits of a wasm address")]
    let n = rows().count() as f64;
    let smoothing = 1.0 / (n + 2.0);
    let (mut target, mut spread) = (0.0, 0.0);
    for (row, own, min) in rows() {
        let Moments { mean, .. } = moments(row, min, 0.0);
        let classes = row.iter().fold(0.0, |count, distance| count + if distance.is_finite() { 1.0 } else { 0.0 });
        if classes > 1.0 {
            let others = (mean * classes - own) / (classes - 1.0);
            target += (own + smoothing * (others - own)) / n;
            spread += mean / n;
        }
    }
    if spread == 0.0 {
        return 1.0;
    }
    let slope = |beta: f64| {
        rows().fold((target, 0.0), |(slope, curvature), (row, _, min)| {
            let Moments { mean, variance } = moments(row, min, beta);
            (slope - mean / n, curvature + variance / n)
        })
    };
    // f' < 0 at `low` and f' ≥ 0 at `high`, once it is finite.
    let (mut low, mut high) = (1.0 / (MAX_GAPS * spread), f64::INFINITY);
    let mut beta = low;
    for pass in 0..MAX_PASSES {
        let (slope, curvature) = slope(beta);
        if slope >= 0.0 {
            high = beta;
            if pass == 0 {
                break;
            }
        } else {
            low = beta;
        }
        let newton = beta - slope / curvature;
        let bound = if high < f64::INFINITY { high } else { 10.0 * low };
        // A step out of the bracket, also NaN, becomes a halving or a tenfold β.
        let next = match newton > low && newton < bound {
            true => newton,
            false if high < f64::INFINITY => 0.5 * (low + high),
            false => bound,
        };
        let step = (next - beta).abs();
        beta = next;
        if step <= TOLERANCE * beta {
            break;
        }
    }
    (1.0 / beta).clamp(RANGE.0, RANGE.1)
}

/// Mean and variance of the gaps d_j − `min` by p_j = e^(−β·(d_j − min)) / Σ.
fn moments(distances: &[f32], min: f64, beta: f64) -> Moments {
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    for distance in distances {
        let gap = f64::from(*distance) - min;
        let exponent = beta * gap;
        // NaN is not below either, and at β = 0 an infinite gap is NaN.
        if exponent < MAX_EXPONENT {
            let term = libm::exp(-exponent);
            total += term;
            first += term * gap;
            second += term * gap * gap;
        }
    }
    let mean = first / total;
    Moments { mean, variance: second / total - mean * mean }
}
