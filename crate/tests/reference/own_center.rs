//! The loss of rows at their own centers in float64, as plain loops and by the formulas of the papers.
#![allow(dead_code, reason = "every test binary compiles this file and uses its part")]
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]

use center_loss::distance::metric::Metric;
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::Reduction;
use center_loss::update::averages::Rule;

pub(crate) type Matrix = Vec<Vec<f64>>;

pub(crate) fn norm(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for k in 0..x.len() {
        sum += x[k] * x[k];
    }
    sum.sqrt()
}

/// ‖x − c‖², ‖x − c‖, ½‖x/‖x‖ − c/‖c‖‖² (1 with a zero vector).
pub(crate) fn distance(metric: Metric, x: &[f64], c: &[f64]) -> f64 {
    let (a, b) = (norm(x), norm(c));
    let mut sum = 0.0;
    for k in 0..x.len() {
        let difference = if metric == Metric::Cosine { x[k] / a - c[k] / b } else { x[k] - c[k] };
        sum += difference * difference;
    }
    match metric {
        Metric::SqEuclidean => sum,
        Metric::Euclidean => sum.sqrt(),
        Metric::Cosine if a == 0.0 || b == 0.0 => 1.0,
        Metric::Cosine => 0.5 * sum,
    }
}

/// ∂d/∂x; that of the center is the same with x and c changed for one another, the metrics being symmetric.
pub(crate) fn slope(metric: Metric, x: &[f64], c: &[f64]) -> Vec<f64> {
    let (a, b, apart) = (norm(x), norm(c), distance(metric, x, c));
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

/// What a distance costs.
pub(crate) fn cost(penalty: Penalty, distance: f64, radius: f64) -> f64 {
    let excess = if distance - radius > 0.0 { distance - radius } else { 0.0 };
    match penalty {
        Penalty::Hinge => excess,
        Penalty::HalfSquared => 0.5 * excess * excess,
    }
}

/// A batch in float64.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) metric: Metric,
    pub(crate) penalty: Penalty,
    pub(crate) reduction: Reduction,
    pub(crate) radii: Vec<f64>,
    pub(crate) class_weight: Vec<f64>,
    pub(crate) sample_weight: Vec<f64>,
    pub(crate) labels: Vec<i32>,
}

pub(crate) struct Gradients {
    pub(crate) x: Matrix,
    pub(crate) centers: Matrix,
    /// The sum of the lengths of the terms of each center.
    pub(crate) terms: Vec<f64>,
}

impl Case {
    fn n_classes(&self) -> usize {
        self.radii.len()
    }

    /// A row is known if its label is not negative and it has a weight.
    fn is_known(&self, i: usize) -> bool {
        self.labels[i] >= 0 && self.sample_weight[i] > 0.0
    }

    pub(crate) fn class(&self, i: usize) -> Option<usize> {
        let class = usize::try_from(self.labels[i]).ok()?;
        (self.is_known(i) && class < self.n_classes()).then_some(class)
    }

    pub(crate) fn weight(&self, i: usize) -> f64 {
        self.sample_weight[i] * self.class(i).map_or(1.0, |j| self.class_weight[j])
    }

    pub(crate) fn scale(&self) -> f64 {
        let mut total = 0.0;
        for i in 0..self.labels.len() {
            if self.is_known(i) {
                total += self.weight(i);
            }
        }
        if total == 0.0 {
            return 0.0;
        }
        match self.reduction {
            Reduction::Mean => 1.0 / (total * self.n_classes() as f64),
            Reduction::Batch => 1.0 / total,
            Reduction::Wen => 1.0 / (2.0 * total),
            Reduction::Sum => 1.0,
        }
    }

    pub(crate) fn loss(&self, x: &Matrix, centers: &Matrix) -> f64 {
        let mut sum = 0.0;
        for i in 0..x.len() {
            let Some(j) = self.class(i) else { continue };
            sum += self.weight(i) * cost(self.penalty, distance(self.metric, &x[i], &centers[j]), self.radii[j]);
        }
        sum * self.scale()
    }

    pub(crate) fn gradients(&self, x: &Matrix, centers: &Matrix) -> Gradients {
        let dim = centers[0].len();
        let mut grad = Gradients {
            x: vec![vec![0.0; dim]; x.len()],
            centers: vec![vec![0.0; dim]; centers.len()],
            terms: vec![0.0; centers.len()],
        };
        for i in 0..x.len() {
            let Some(j) = self.class(i) else { continue };
            let d = distance(self.metric, &x[i], &centers[j]);
            let pull = match self.penalty {
                Penalty::Hinge if d > self.radii[j] => 1.0,
                Penalty::Hinge => 0.0,
                Penalty::HalfSquared => (d - self.radii[j]).max(0.0),
            };
            let pull = pull * self.weight(i) * self.scale();
            let (of_x, of_center) = (slope(self.metric, &x[i], &centers[j]), slope(self.metric, &centers[j], &x[i]));
            for k in 0..dim {
                grad.x[i][k] = pull * of_x[k];
                grad.centers[j][k] += pull * of_center[k];
            }
            grad.terms[j] += pull * norm(&of_center);
        }
        grad
    }

    /// Centers after a rule, which follows every row that has a direction if only that counts.
    pub(crate) fn update(&self, x: &Matrix, centers: &Matrix, rule: Rule) -> Matrix {
        let mut moved = centers.clone();
        for j in 0..centers.len() {
            let mut rows = Vec::new();
            for i in 0..x.len() {
                if self.class(i) != Some(j) {
                    continue;
                }
                let length = norm(&x[i]);
                if self.metric != Metric::Cosine {
                    rows.push(x[i].clone());
                } else if length > 0.0 {
                    rows.push(x[i].iter().map(|value| value / length).collect());
                }
            }
            if rows.is_empty() {
                continue;
            }
            let n = rows.len() as f64;
            for k in 0..centers[j].len() {
                let (mut sum, mut apart) = (0.0, 0.0);
                for row in &rows {
                    sum += row[k];
                    apart += centers[j][k] - row[k];
                }
                moved[j][k] = match rule {
                    Rule::Wen(alpha) => centers[j][k] - alpha * apart / (1.0 + n),
                    Rule::Mean(alpha) => centers[j][k] - alpha * apart / n,
                    Rule::Ema(momentum) => momentum * centers[j][k] + (1.0 - momentum) * (sum / n),
                };
            }
        }
        moved
    }
}
