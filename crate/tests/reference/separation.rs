//! The losses that separate classes in float64, as plain loops over the formulas of their papers.
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]

use crate::reference::{Matrix, squared_distance, zeros};
use center_loss::loss::reduction::Reduction;

/// A loss with its parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// λ
    Cac(f64),
    /// δ
    ContrastiveCenter(f64),
    /// m
    TripletCenter(f64),
    /// λ₁
    Island(f64),
}

/// ℓ of one row.
pub(crate) fn of_row(kind: Kind, x: &[f64], centers: &Matrix, y: usize) -> f64 {
    let d: Vec<f64> = centers.iter().map(|c| squared_distance(x, c)).collect();
    match kind {
        Kind::Cac(lambda) => {
            let mut sum = 0.0;
            for j in 0..d.len() {
                if j != y {
                    sum += (d[y].sqrt() - d[j].sqrt()).exp();
                }
            }
            sum.ln_1p() + lambda * d[y].sqrt()
        }
        Kind::ContrastiveCenter(delta) => {
            let mut sum = 0.0;
            for j in 0..d.len() {
                if j != y {
                    sum += d[j];
                }
            }
            0.5 * d[y] / (sum + delta)
        }
        Kind::TripletCenter(margin) => {
            let mut least = f64::INFINITY;
            for j in 0..d.len() {
                if j != y {
                    least = least.min(0.5 * d[j]);
                }
            }
            (0.5 * d[y] + margin - least).max(0.0)
        }
        Kind::Island(_) => 0.5 * d[y],
    }
}

/// ∂ℓ/∂d_j by squared distances.
fn slope(kind: Kind, d: &[f64], y: usize) -> Vec<f64> {
    let mut slope = vec![0.0; d.len()];
    match kind {
        Kind::Cac(lambda) => {
            let mut sum = 0.0;
            for j in 0..d.len() {
                sum += (d[y].sqrt() - d[j].sqrt()).exp();
            }
            for j in 0..d.len() {
                let p = (d[y].sqrt() - d[j].sqrt()).exp() / sum;
                let of_root = if j == y { 1.0 - p + lambda } else { -p };
                slope[j] = if d[j] == 0.0 { 0.0 } else { of_root * 0.5 / d[j].sqrt() };
            }
        }
        Kind::ContrastiveCenter(delta) => {
            let others = d.iter().sum::<f64>() - d[y] + delta;
            for j in 0..d.len() {
                slope[j] = if j == y { 0.5 / others } else { -0.5 * d[y] / (others * others) };
            }
        }
        Kind::TripletCenter(margin) => {
            let (mut nearest, mut least) = (y, f64::INFINITY);
            for j in 0..d.len() {
                if j != y && d[j] < least {
                    (nearest, least) = (j, d[j]);
                }
            }
            if 0.5 * d[y] + margin - 0.5 * least > 0.0 {
                slope[y] = 0.5;
                slope[nearest] = -0.5;
            }
        }
        Kind::Island(_) => slope[y] = 0.5,
    }
    slope
}

/// Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1)
pub(crate) fn repulsion(centers: &Matrix) -> f64 {
    let mut sum = 0.0;
    for j in 0..centers.len() {
        for k in 0..centers.len() {
            if j != k {
                sum += cosine(&centers[j], &centers[k]) + 1.0;
            }
        }
    }
    sum
}

fn norm(c: &[f64]) -> f64 {
    c.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let mut dot = 0.0;
    for k in 0..a.len() {
        dot += a[k] * b[k];
    }
    if dot == 0.0 { 0.0 } else { dot / (norm(a) * norm(b)) }
}

/// A batch in float64.
pub(crate) struct Batch {
    pub(crate) x: Matrix,
    pub(crate) labels: Vec<i32>,
    pub(crate) centers: Matrix,
    pub(crate) class_weight: Vec<f64>,
    pub(crate) sample_weight: Vec<f64>,
    pub(crate) reduction: Reduction,
}

impl Batch {
    fn class(&self, i: usize) -> Option<usize> {
        usize::try_from(self.labels[i]).ok().filter(|&class| class < self.centers.len())
    }

    /// w_i
    fn weight(&self, i: usize) -> f64 {
        if self.labels[i] < 0 {
            return 0.0;
        }
        self.sample_weight[i] * self.class(i).map_or(1.0, |class| self.class_weight[class])
    }

    /// s
    fn scale(&self) -> f64 {
        let mut sum = 0.0;
        for i in 0..self.labels.len() {
            sum += self.weight(i);
        }
        match self.reduction {
            _ if sum == 0.0 => 0.0,
            Reduction::Mean => 1.0 / (sum * self.centers.len() as f64),
            Reduction::Batch => 1.0 / sum,
            Reduction::Wen => 0.5 / sum,
            Reduction::Sum => 1.0,
        }
    }

    pub(crate) fn loss(&self, kind: Kind) -> f64 {
        let mut sum = 0.0;
        for i in 0..self.labels.len() {
            if let Some(y) = self.class(i) {
                sum += self.weight(i) * of_row(kind, &self.x[i], &self.centers, y);
            }
        }
        let island = if let Kind::Island(lambda) = kind { lambda * repulsion(&self.centers) } else { 0.0 };
        sum * self.scale() + if self.scale() == 0.0 { 0.0 } else { island }
    }

    /// How far the rows are from where the triplet-center loss has a kink: at 0, and where two centers are equally near.
    /// There float32 and float64 may rightly fall on two sides.
    pub(crate) fn distance_to_kink(&self, kind: Kind) -> f64 {
        let Kind::TripletCenter(margin) = kind else { return f64::INFINITY };
        let mut distance = f64::INFINITY;
        for i in 0..self.labels.len() {
            let Some(y) = self.class(i) else { continue };
            let of = |j: usize| 0.5 * squared_distance(&self.x[i], &self.centers[j]);
            let mut others: Vec<f64> = (0..self.centers.len()).filter(|&j| j != y).map(of).collect();
            others.sort_by(f64::total_cmp);
            if let [least, next, ..] = others[..] {
                distance = distance.min(next - least);
            }
            if let Some(least) = others.first() {
                distance = distance.min((of(y) + margin - least).abs());
            }
        }
        distance
    }

    pub(crate) fn gradients(&self, kind: Kind) -> Gradients {
        let (n_classes, dim) = (self.centers.len(), self.centers[0].len());
        let mut grad = Gradients {
            x: zeros(self.x.len(), dim),
            x_terms: zeros(self.x.len(), dim),
            centers: zeros(n_classes, dim),
            center_terms: zeros(n_classes, dim),
        };
        for i in 0..self.labels.len() {
            let Some(y) = self.class(i) else { continue };
            let d: Vec<f64> = self.centers.iter().map(|c| squared_distance(&self.x[i], c)).collect();
            let slope = slope(kind, &d, y);
            for j in 0..n_classes {
                for k in 0..dim {
                    let difference = self.x[i][k] - self.centers[j][k];
                    let term = self.scale() * self.weight(i) * slope[j] * 2.0 * difference;
                    grad.x[i][k] += term;
                    grad.x_terms[i][k] += term.abs();
                    grad.centers[j][k] -= term;
                    grad.center_terms[j][k] += term.abs();
                }
            }
        }
        if let Kind::Island(lambda) = kind
            && self.scale() > 0.0
        {
            self.add_repulsion(lambda, &mut grad);
        }
        grad
    }

    /// ∂/∂c_j of λ·Σ_j Σ_{k≠j} cos(c_j, c_k): 2λ·Σ_{k≠j} (u_k − cos(c_j, c_k)·u_j)/‖c_j‖.
    fn add_repulsion(&self, lambda: f64, grad: &mut Gradients) {
        for j in 0..self.centers.len() {
            for k in 0..self.centers.len() {
                let (length, other) = (norm(&self.centers[j]), norm(&self.centers[k]));
                if j == k || length == 0.0 || other == 0.0 {
                    continue;
                }
                let cosine = cosine(&self.centers[j], &self.centers[k]);
                for i in 0..self.centers[j].len() {
                    let (pushed, along) = (self.centers[k][i] / other, cosine * self.centers[j][i] / length);
                    let slope = 2.0 * lambda / length;
                    grad.centers[j][i] += slope * (pushed - along);
                    // Beside it, what float64 rounds where both cancel, as they all do in one dimension.
                    let rounding = 1e-9 * (pushed.abs() + along.abs());
                    grad.center_terms[j][i] += slope * ((pushed - along).abs() + rounding);
                }
            }
        }
    }
}

/// The gradients, and the sums of the absolute terms of each entry: the scale of its rounding.
pub(crate) struct Gradients {
    pub(crate) x: Matrix,
    pub(crate) x_terms: Matrix,
    pub(crate) centers: Matrix,
    pub(crate) center_terms: Matrix,
}
