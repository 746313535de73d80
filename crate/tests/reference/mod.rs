//! Every formula in float64 as plain loops: the expected values of the tests.

mod loss;
pub(crate) mod scores;
pub(crate) mod statistics;

pub(crate) use loss::*;

use center_loss::distance::metric::Metric;

/// Rows of equal length: `matrix[i][k]`.
pub(crate) type Matrix = Vec<Vec<f64>>;

/// Row-major float32 values as rows of float64 ones, which is exact.
pub(crate) fn matrix(values: &[f32], n_dim: usize) -> Matrix {
    values.chunks(n_dim).map(|row| row.iter().map(|&value| f64::from(value)).collect()).collect()
}

pub(crate) fn zeros(rows: usize, n_dim: usize) -> Matrix {
    vec![vec![0.0; n_dim]; rows]
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for k in 0..a.len() {
        sum += a[k] * b[k];
    }
    sum
}

pub(crate) fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// Σ_k (x_k − c_k)²·w_k
pub(crate) fn mahalanobis(x: &[f64], c: &[f64], weights: &[f64]) -> f64 {
    let mut sum = 0.0;
    for k in 0..x.len() {
        sum += (x[k] - c[k]) * (x[k] - c[k]) * weights[k];
    }
    sum
}

/// ‖x − c‖², ‖x − c‖, ½‖x/‖x‖ − c/‖c‖‖² (1 with a zero vector).
pub(crate) fn distance(metric: Metric, x: &[f64], c: &[f64]) -> f64 {
    let (a, b) = if metric == Metric::Cosine { (norm(x), norm(c)) } else { (1.0, 1.0) };
    let mut sum = 0.0;
    for k in 0..x.len() {
        sum += (x[k] / a - c[k] / b) * (x[k] / a - c[k] / b);
    }
    match metric {
        Metric::SqEuclidean => sum,
        Metric::Euclidean => sum.sqrt(),
        Metric::Cosine if a == 0.0 || b == 0.0 => 1.0,
        Metric::Cosine => 0.5 * sum,
    }
}

/// d_ij = d(x_i, c_j)
pub(crate) fn distances(metric: Metric, x: &Matrix, centers: &Matrix) -> Matrix {
    x.iter().map(|x| centers.iter().map(|c| distance(metric, x, c)).collect()).collect()
}

/// ∂d/∂x. By symmetry ∂d/∂c is the same with x and c swapped.
pub(crate) fn slope(metric: Metric, x: &[f64], c: &[f64]) -> Vec<f64> {
    let (a, b, apart) = match metric {
        Metric::SqEuclidean => (1.0, 1.0, 1.0),
        Metric::Euclidean => (1.0, 1.0, distance(metric, x, c)),
        Metric::Cosine => (norm(x), norm(c), distance(metric, x, c)),
    };
    let mut slope = vec![0.0; x.len()];
    for k in 0..x.len() {
        slope[k] = match metric {
            Metric::SqEuclidean => 2.0 * (x[k] - c[k]),
            Metric::Euclidean if apart == 0.0 => 0.0,
            Metric::Euclidean => (x[k] - c[k]) / apart,
            Metric::Cosine if a == 0.0 || b == 0.0 => 0.0,
            Metric::Cosine => ((x[k] / a - c[k] / b) - apart * x[k] / a) / a,
        };
    }
    slope
}

/// argmin_j d_j, the lowest j among equals; −1 if no d_j is finite.
pub(crate) fn nearest(distances: &[f64]) -> i32 {
    let (mut class, mut least) = (-1, f64::INFINITY);
    for (j, &distance) in (0..).zip(distances) {
        if distance < least {
            (class, least) = (j, distance);
        }
    }
    class
}

/// Radius that some of these distances are within and some are not, and none is near: the middle of the widest gap.
/// At the radius itself the loss has a kink, where float32 and float64 may rightly fall on two sides.
pub(crate) fn radius_between(distances: &[f64]) -> f64 {
    let mut sorted = distances.to_vec();
    sorted.push(0.0);
    sorted.sort_by(f64::total_cmp);
    let gap = |pair: &[f64]| pair[1] - pair[0];
    // A lone distance is outside the radius; of several the least is within.
    let gaps = if sorted.len() > 2 { &sorted[1..] } else { &sorted[..] };
    gaps.windows(2).max_by(|a, b| gap(a).total_cmp(&gap(b))).map_or(0.5, |pair| f64::midpoint(pair[0], pair[1]))
}

/// ∂f/∂m_ik by central differences of two steps, so that the first error is of fourth order.
pub(crate) fn differences(at: &Matrix, f: impl Fn(&Matrix) -> f64) -> Matrix {
    const STEP: f64 = 2e-4;
    let (mut moved, mut slope) = (at.clone(), at.clone());
    for i in 0..at.len() {
        for k in 0..at[i].len() {
            let mut central = |step: f64| {
                moved[i][k] = at[i][k] + step;
                let above = f(&moved);
                moved[i][k] = at[i][k] - step;
                (above - f(&moved)) / (2.0 * step)
            };
            slope[i][k] = (4.0 * central(0.5 * STEP) - central(STEP)) / 3.0;
            moved[i][k] = at[i][k];
        }
    }
    slope
}
