//! The formulas in float64 as plain loops: the truth that the kernels are held against.
#![allow(dead_code, reason = "every test binary compiles this file and uses its part")]
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]

use center_loss::loss::reduction::Reduction;

/// Rows of equal length: `matrix[i][k]`.
pub(crate) type Matrix = Vec<Vec<f64>>;

/// The clamps of pytorch-ood as its float32 tensors hold them.
pub(crate) const FLOOR: f64 = 1e-12_f32 as f64;
pub(crate) const CEILING: f64 = 1e12_f32 as f64;

/// The squared distance past which a row moves nothing, though the loss has it.
pub(crate) const MAX_SQUARED_DISTANCE: f64 = 1e60;

/// Row-major float32 values as rows of float64 ones, which is exact.
pub(crate) fn matrix(values: &[f32], dim: usize) -> Matrix {
    values.chunks(dim).map(|row| row.iter().map(|&value| f64::from(value)).collect()).collect()
}

/// [rows, dim] of 0.
pub(crate) fn zeros(rows: usize, dim: usize) -> Matrix {
    vec![vec![0.0; dim]; rows]
}

/// ‖x − c‖² = Σ_k (x_k − c_k)²
pub(crate) fn squared_distance(x: &[f64], c: &[f64]) -> f64 {
    let mut sum = 0.0;
    for k in 0..x.len() {
        sum += (x[k] - c[k]) * (x[k] - c[k]);
    }
    sum
}

/// d_ij = ‖x_i − c_j‖²
pub(crate) fn distances(x: &Matrix, centers: &Matrix) -> Matrix {
    let mut distmat = zeros(x.len(), centers.len());
    for i in 0..x.len() {
        for j in 0..centers.len() {
            distmat[i][j] = squared_distance(&x[i], &centers[j]);
        }
    }
    distmat
}

/// Whether row i belongs to class j. Labels below 0 and from C on belong to none.
fn belongs(label: i32, class: usize) -> bool {
    usize::try_from(label) == Ok(class)
}

/// B, the number of known rows: label ≥ 0.
fn known(labels: &[i32]) -> f64 {
    labels.iter().filter(|&&label| label >= 0).count() as f64
}

/// The weight w of one entry of the sum: 1/(B·C), 1/B, 1/2B or 1; 0 if no row is known.
pub(crate) fn weight(reduction: Reduction, labels: &[i32], n_classes: usize) -> f64 {
    let known = known(labels);
    if known == 0.0 {
        return 0.0;
    }
    match reduction {
        Reduction::Mean => 1.0 / (known * n_classes as f64),
        Reduction::Batch => 1.0 / known,
        Reduction::Wen => 0.5 / known,
        Reduction::Sum => 1.0,
    }
}

/// w·Σ_ij clamp(m_ij·max(d_ij − r, 0)) over the known rows, m_ij = 1 in the column of the label and 0 elsewhere.
/// Every entry is clamped to 10⁻¹² … 10¹², those that the mask made 0 too; the `wen` reduction does not clamp.
pub(crate) fn loss(distmat: &Matrix, labels: &[i32], n_classes: usize, radius: f64, reduction: Reduction) -> f64 {
    let mut sum = 0.0;
    for i in 0..labels.len() {
        if labels[i] < 0 {
            continue;
        }
        for j in 0..n_classes {
            let mask = if belongs(labels[i], j) { 1.0 } else { 0.0 };
            // `clamp` keeps a NaN, `max` would not.
            let entry = (distmat[i][j] - radius).clamp(0.0, f64::INFINITY) * mask;
            sum += if reduction == Reduction::Wen { entry } else { entry.clamp(FLOOR, CEILING) };
        }
    }
    sum * weight(reduction, labels, n_classes)
}

/// ∂loss/∂d_ij: w in the column of the label where the loss moves with d_ij, so not on a clamp nor within the
/// radius, nor past the farthest distance; 0 elsewhere.
pub(crate) fn slope(distmat: &Matrix, labels: &[i32], n_classes: usize, radius: f64, reduction: Reduction) -> Matrix {
    let (low, high) = if reduction == Reduction::Wen { (0.0, f64::INFINITY) } else { (FLOOR, CEILING) };
    let weight = weight(reduction, labels, n_classes);
    let mut slope = zeros(labels.len(), n_classes);
    for i in 0..labels.len() {
        for j in 0..n_classes {
            let excess = distmat[i][j] - radius;
            if belongs(labels[i], j) && excess > low && excess < high && distmat[i][j] <= MAX_SQUARED_DISTANCE {
                slope[i][j] = weight;
            }
        }
    }
    slope
}

/// The gradients, by the chain rule through d_ij.
pub(crate) struct Gradients {
    /// ∂loss/∂x_ik = Σ_j ∂loss/∂d_ij · 2·(x_ik − c_jk)
    pub(crate) x: Matrix,
    /// ∂loss/∂c_jk = −Σ_i ∂loss/∂d_ij · 2·(x_ik − c_jk)
    pub(crate) centers: Matrix,
    /// The sum of the absolute terms of each entry of `centers`.
    pub(crate) center_terms: Matrix,
}

/// ∂loss/∂x and ∂loss/∂c, see [`Gradients`].
pub(crate) fn gradients(x: &Matrix, centers: &Matrix, slope: &Matrix) -> Gradients {
    let (n_classes, dim) = (centers.len(), centers[0].len());
    let mut grad =
        Gradients { x: zeros(x.len(), dim), centers: zeros(n_classes, dim), center_terms: zeros(n_classes, dim) };
    for i in 0..x.len() {
        for j in 0..n_classes {
            if slope[i][j] == 0.0 {
                continue;
            }
            for k in 0..dim {
                let term = slope[i][j] * 2.0 * (x[i][k] - centers[j][k]);
                grad.x[i][k] += term;
                grad.centers[j][k] -= term;
                grad.center_terms[j][k] += term.abs();
            }
        }
    }
    grad
}

/// Centers after an update, and the sum of the absolute terms of each of their values.
pub(crate) struct Update {
    /// c_j − α·Σ_i (c_j − x_i) / (1 + n_j)
    pub(crate) centers: Matrix,
    /// |c_j| + α·Σ_i |c_j − x_i| / (1 + n_j)
    pub(crate) terms: Matrix,
}

/// The rule of Wen et al. (ECCV 2016, eq. 4), see [`Update`]: the sum over the n_j rows of class j, those within the
/// radius too, but none past the farthest distance or with a NaN.
pub(crate) fn wen_update(x: &Matrix, labels: &[i32], centers: &Matrix, alpha: f64) -> Update {
    let mut update = Update { centers: centers.clone(), terms: centers.clone() };
    for j in 0..centers.len() {
        let mut rows = Vec::new();
        for i in 0..x.len() {
            if belongs(labels[i], j) && squared_distance(&x[i], &centers[j]) <= MAX_SQUARED_DISTANCE {
                rows.push(i);
            }
        }
        let rate = alpha / (1.0 + rows.len() as f64);
        for k in 0..centers[j].len() {
            let (mut sum, mut terms) = (0.0, 0.0);
            for &i in &rows {
                sum += centers[j][k] - x[i][k];
                terms += (centers[j][k] - x[i][k]).abs();
            }
            update.centers[j][k] = centers[j][k] - rate * sum;
            update.terms[j][k] = centers[j][k].abs() + rate * terms;
        }
    }
    update
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

/// p_j = e^(m − d_j) / Σ_k e^(m − d_k), m = min d, which keeps the sum at 1 or more.
pub(crate) fn softmin(distances: &[f64]) -> Vec<f64> {
    let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
    let mut sum = 0.0;
    for &distance in distances {
        sum += (least - distance).exp();
    }
    distances.iter().map(|distance| (least - distance).exp() / sum).collect()
}

/// The distances of the rows to their own centers; rows without a class have none.
pub(crate) fn own_distances(distmat: &Matrix, labels: &[i32], n_classes: usize) -> Vec<f64> {
    let mut own = Vec::new();
    for i in 0..labels.len() {
        for j in 0..n_classes {
            if belongs(labels[i], j) {
                own.push(distmat[i][j]);
            }
        }
    }
    own
}
