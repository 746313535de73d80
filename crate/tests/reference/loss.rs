//! Every loss and its gradients, by the formulas of the papers.

use super::{Matrix, differences, distance, dot, matrix, norm, slope, zeros};
use crate::common::{Case, LossSpec, Radii};
use center_loss::distance::metric::Metric;
use center_loss::loss::ProxyLossKind::{self, DistanceCrossEntropy, SquaredDistanceCrossEntropy};
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::Reduction;
use center_loss::update::averages::Rule;

/// The clamps of pytorch-ood as its float32 tensors hold them.
pub(crate) const FLOOR: f64 = 1e-12_f32 as f64;
pub(crate) const CEILING: f64 = 1e12_f32 as f64;

/// Squared distance past which a row has no gradient, though it adds to the loss.
const MAX_SQUARED_DISTANCE: f64 = 1e60;

/// Rows and parameters: the centers, the radius of Deep SVDD, or nothing for cross-entropy.
pub(crate) fn operands(case: &Case) -> (Matrix, Matrix) {
    let params = match case.spec {
        LossSpec::CrossEntropy(_) => vec![],
        LossSpec::DeepSvdd { radius, .. } => vec![vec![radius]],
        _ => matrix(&case.batch.centers, case.batch.n_dim),
    };
    (matrix(&case.batch.x, case.batch.n_dim), params)
}

/// s_i
fn sample_weight(case: &Case, i: usize) -> f64 {
    case.batch.sample_weight.get(i).map_or(1.0, |&weight| weight.into())
}

fn class_weight(case: &Case, j: usize) -> f64 {
    case.class_weight.get(j).map_or(1.0, |&weight| weight.into())
}

/// A row is known if its label is not negative and it has a weight.
fn is_known(case: &Case, i: usize) -> bool {
    case.batch.labels[i] >= 0 && sample_weight(case, i) > 0.0
}

/// The class of a known row, if its label is one.
pub(crate) fn class(case: &Case, i: usize) -> Option<usize> {
    let label = if matches!(case.spec, LossSpec::DeepSvdd { .. }) { 0 } else { case.batch.labels[i] as usize };
    (is_known(case, i) && label < case.n_classes()).then_some(label)
}

/// w_i
fn weight(case: &Case, i: usize) -> f64 {
    let is_ball = matches!(case.spec, LossSpec::DeepSvdd { .. });
    sample_weight(case, i) * class(case, i).filter(|_| !is_ball).map_or(1.0, |j| class_weight(case, j))
}

/// Factor of Σ_i w_i·ℓ_i in the loss.
pub(crate) fn scale(case: &Case) -> f64 {
    let mut total = 0.0;
    for i in 0..case.batch.rows() {
        // Cross-entropy alone does not count a known row of no class.
        if is_known(case, i) && (class(case, i).is_some() || !matches!(case.spec, LossSpec::CrossEntropy(_))) {
            total += weight(case, i);
        }
    }
    match (&case.spec, case.reduction) {
        _ if total == 0.0 => 0.0,
        (LossSpec::CrossEntropy(_), _) => 1.0 / total,
        (LossSpec::DeepSvdd { nu, .. }, _) => 1.0 / (nu * total),
        (_, Reduction::Mean) => 1.0 / (total * case.n_classes() as f64),
        (_, Reduction::Batch) => 1.0 / total,
        (_, Reduction::Wen) => 0.5 / total,
        (_, Reduction::Sum) => 1.0,
    }
}

fn radius_of(radii: &Radii, j: usize) -> f64 {
    match radii {
        Radii::One(radius) => *radius,
        Radii::PerClass(radii) => radii[j].into(),
    }
}

/// Low and high clamp of an excess over the radius.
fn clamps(reduction: Reduction) -> (f64, f64) {
    if reduction == Reduction::Wen { (0.0, f64::INFINITY) } else { (FLOOR, CEILING) }
}

/// The distances of each class's rows to their center; rows without a class have none.
pub(crate) fn own_distances(case: &Case) -> Vec<Vec<f64>> {
    let LossSpec::Center(metric, ..) = case.spec else { panic!("not a center loss") };
    let (x, centers) = operands(case);
    let mut own = vec![Vec::new(); centers.len()];
    for i in 0..x.len() {
        if let Some(j) = class(case, i) {
            own[j].push(distance(metric, &x[i], &centers[j]));
        }
    }
    own
}

/// Summand of a row, with its floors.
fn summand(case: &Case, i: usize, x: &Matrix, params: &Matrix) -> f64 {
    let class = class(case, i);
    let has_floors = case.is_floored() && case.reduction != Reduction::Wen && is_known(case, i);
    let floors = if has_floors { case.n_classes() - usize::from(class.is_some()) } else { 0 };
    class.map_or(0.0, |y| weighted_row_loss(case, i, y, &x[i], params)) + FLOOR * floors as f64
}

/// Losses of the rows, and for each the scale of its rounding.
pub(crate) fn row_losses(case: &Case, x: &Matrix, params: &Matrix) -> Vec<(f64, f64)> {
    let losses = (0..x.len()).map(|i| {
        let one = Case { reduction: Reduction::Sum, ..case.select(&[i]) };
        let scale = loss_scale(&one, &vec![x[i].clone()], params);
        let summand = summand(case, i, x, params);
        match case.spec {
            LossSpec::DeepSvdd { nu, radius } => {
                let loss = if is_known(case, i) { weight(case, i) * radius * radius + summand / nu } else { 0.0 };
                (loss, loss)
            }
            // The loss of one row is a mean.
            LossSpec::CrossEntropy(_) => (summand, summand + 1e-9),
            // The hinge subtracts distances.
            LossSpec::Proxy(ProxyLossKind::TripletCenter, margin) => {
                let own = class(case, i).map_or(0.0, |y| distance(Metric::SqEuclidean, &x[i], &params[y]));
                (summand, weight(case, i) * (own + margin) + scale)
            }
            _ => (summand, scale),
        }
    });
    losses.collect()
}

pub(crate) fn loss(case: &Case, x: &Matrix, params: &Matrix) -> f64 {
    let sum: f64 = (0..x.len()).map(|i| summand(case, i, x, params)).sum();
    let scale = scale(case);
    let whole = match case.spec {
        LossSpec::Proxy(ProxyLossKind::Island, lambda) => lambda * repulsion(params),
        LossSpec::DeepSvdd { .. } => params[0][0] * params[0][0],
        _ => 0.0,
    };
    if scale == 0.0 { 0.0 } else { sum * scale + whole }
}

/// Every loss against proxies, with a parameter.
pub(crate) const PROXY_LOSSES: [(ProxyLossKind, f64); 6] = [
    (ProxyLossKind::Cac, 0.1),
    (DistanceCrossEntropy, 0.5),
    (SquaredDistanceCrossEntropy, 2.0),
    (ProxyLossKind::ContrastiveCenter, 1.0),
    (ProxyLossKind::TripletCenter, 5.0),
    (ProxyLossKind::Island, 0.5),
];

/// d/T of a distance cross-entropy, from the squared distance.
fn heated(kind: ProxyLossKind, temperature: f64, squared: f64) -> f64 {
    if kind == SquaredDistanceCrossEntropy { squared / temperature } else { squared.sqrt() / temperature }
}

/// w_i·ℓ(x)
fn weighted_row_loss(case: &Case, i: usize, y: usize, x: &[f64], params: &Matrix) -> f64 {
    let squared = |j: usize| distance(Metric::SqEuclidean, x, &params[j]);
    let others = || (0..params.len()).filter(|&j| j != y).map(squared);
    let row_loss = match &case.spec {
        LossSpec::Center(metric, penalty, radii) => {
            let excess = distance(*metric, x, &params[y]) - radius_of(radii, y);
            let (low, high) = if case.is_floored() { clamps(case.reduction) } else { (0.0, f64::INFINITY) };
            match penalty {
                Penalty::Hinge => excess.clamp(low, high),
                Penalty::HalfSquared => 0.5 * excess.max(0.0) * excess.max(0.0),
            }
        }
        LossSpec::Proxy(ProxyLossKind::Cac, lambda) => {
            let own = squared(y).sqrt();
            others().map(|d| (own - d.sqrt()).exp()).sum::<f64>().ln_1p() + lambda * own
        }
        LossSpec::Proxy(kind @ (DistanceCrossEntropy | SquaredDistanceCrossEntropy), temperature) => {
            let own = heated(*kind, *temperature, squared(y));
            others().map(|d| (own - heated(*kind, *temperature, d)).exp()).sum::<f64>().ln_1p()
        }
        LossSpec::Proxy(ProxyLossKind::ContrastiveCenter, delta) => 0.5 * squared(y) / (others().sum::<f64>() + delta),
        LossSpec::Proxy(ProxyLossKind::TripletCenter, margin) => {
            (0.5 * squared(y) + margin - 0.5 * others().fold(f64::INFINITY, f64::min)).max(0.0)
        }
        LossSpec::Proxy(ProxyLossKind::Island, _) => 0.5 * squared(y),
        LossSpec::DeepSvdd { .. } => {
            let center = &matrix(&case.batch.centers, x.len())[0];
            (distance(Metric::SqEuclidean, x, center) - params[0][0] * params[0][0]).max(0.0)
        }
        LossSpec::CrossEntropy(_) => {
            let (mut sum, log_sum) = (0.0, log_sum_exp(x));
            for k in 0..x.len() {
                sum += target(case, y, k) * (log_sum - x[k]);
            }
            return sample_weight(case, i) * sum;
        }
    };
    weight(case, i) * row_loss
}

fn log_sum_exp(z: &[f64]) -> f64 {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + z.iter().map(|z| (z - largest).exp()).sum::<f64>().ln()
}

/// w_k·((1 − ε)·[k = y] + ε/C), the weighted target of softmax cross-entropy.
fn target(case: &Case, y: usize, k: usize) -> f64 {
    let LossSpec::CrossEntropy(smoothing) = case.spec else { panic!("not cross-entropy") };
    let own = if k == y { 1.0 - smoothing } else { 0.0 };
    class_weight(case, k) * (own + smoothing / case.n_classes() as f64)
}

/// Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1)
fn repulsion(centers: &Matrix) -> f64 {
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

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    if dot(a, b) == 0.0 { 0.0 } else { dot(a, b) / (norm(a) * norm(b)) }
}

/// Scale of the rounding of a loss. The error of a distance is relative to the distance, not to its excess over the
/// radius.
pub(crate) fn loss_scale(case: &Case, x: &Matrix, params: &Matrix) -> f64 {
    match &case.spec {
        LossSpec::Center(metric, penalty, _) => {
            let without_radius = Case { spec: without_radius(&case.spec), ..case.clone() };
            let factor = if *penalty == Penalty::Hinge { 1.0 } else { 3.0 };
            // Float64 leaves squares of 10⁻¹⁶ between equal directions.
            let rounding = if *metric == Metric::Cosine { 1e-25 } else { 0.0 };
            factor * loss(&without_radius, x, params) + rounding
        }
        // Float64 rounds sums that cancel.
        LossSpec::CrossEntropy(_) | LossSpec::Proxy(ProxyLossKind::Island, _) => loss(case, x, params).abs() + 1e-9,
        LossSpec::Proxy(DistanceCrossEntropy | SquaredDistanceCrossEntropy, _) => {
            let rounding = |i: usize| {
                let Some(y) = class(case, i) else { return 0.0 };
                let derivatives = derivatives(case, y, &x[i], params, params).into_iter();
                let by_distance = |j: usize| 2.0 * distance(Metric::SqEuclidean, &x[i], &params[j]);
                weight(case, i) * derivatives.map(|(j, derivative, _)| derivative.abs() * by_distance(j)).sum::<f64>()
            };
            loss(case, x, params) + scale(case) * (0..x.len()).map(rounding).sum::<f64>() + 1e-32
        }
        _ => loss(case, x, params),
    }
}

fn without_radius(spec: &LossSpec) -> LossSpec {
    let LossSpec::Center(metric, penalty, radii) = spec else { panic!("not a center loss") };
    let radii = match radii {
        Radii::One(_) => Radii::One(0.0),
        Radii::PerClass(radii) => Radii::PerClass(vec![0.0; radii.len()]),
    };
    LossSpec::Center(*metric, *penalty, radii)
}

/// Distance to the nearest kink of the loss, where float32 and float64 may rightly differ: a distance equal to the
/// radius, a triplet loss of 0, two other centers that are equally near.
pub(crate) fn distance_to_kink(case: &Case) -> f64 {
    let (x, params) = operands(case);
    let centers = matrix(&case.batch.centers, case.batch.n_dim);
    let mut least = f64::INFINITY;
    for i in 0..x.len() {
        let Some(y) = class(case, i) else { continue };
        let half_squared = |j: usize| 0.5 * distance(Metric::SqEuclidean, &x[i], &centers[j]);
        let kink = match &case.spec {
            LossSpec::Center(metric, _, radii) => (distance(*metric, &x[i], &centers[y]) - radius_of(radii, y)).abs(),
            LossSpec::DeepSvdd { .. } => (2.0 * half_squared(0) - params[0][0] * params[0][0]).abs(),
            LossSpec::Proxy(ProxyLossKind::TripletCenter, margin) => {
                let mut others: Vec<f64> = (0..centers.len()).filter(|&j| j != y).map(half_squared).collect();
                others.sort_by(f64::total_cmp);
                let between = if let [first, second, ..] = others[..] { second - first } else { f64::INFINITY };
                others.first().map_or(f64::INFINITY, |first| (half_squared(y) + margin - first).abs().min(between))
            }
            _ => f64::INFINITY,
        };
        least = least.min(kink);
    }
    least
}

/// Gradients, and for each entry the scale of its rounding.
pub(crate) struct Gradients {
    pub(crate) x: Matrix,
    pub(crate) x_terms: Matrix,
    pub(crate) params: Matrix,
    pub(crate) param_terms: Matrix,
}

/// ∂loss/∂x and ∂loss/∂params, by the chain rule through the distances.
pub(crate) fn gradients(case: &Case, x: &Matrix, params: &Matrix) -> Gradients {
    let (rows, n_dim, scale) = (x.len(), case.batch.n_dim, scale(case));
    let metric = if let LossSpec::Center(metric, ..) = case.spec { metric } else { Metric::SqEuclidean };
    // Float64 rounds a direction by 10⁻¹⁶.
    let rounding = if metric == Metric::Cosine { 1e-8 } else { 0.0 };
    let param_dim = params.first().map_or(0, Vec::len);
    let mut grad = Gradients {
        x: zeros(rows, n_dim),
        x_terms: vec![vec![rounding; n_dim]; rows],
        params: zeros(params.len(), param_dim),
        param_terms: vec![vec![rounding; param_dim]; params.len()],
    };
    let ball = matrix(&case.batch.centers[..n_dim.min(case.batch.centers.len())], n_dim);
    let mut outside = 0.0;
    for i in 0..rows {
        let Some(y) = class(case, i) else { continue };
        if let LossSpec::CrossEntropy(_) = case.spec {
            let (all, log_sum): (f64, f64) = ((0..n_dim).map(|k| target(case, y, k)).sum(), log_sum_exp(&x[i]));
            for j in 0..n_dim {
                let p = (x[i][j] - log_sum).exp();
                let factor = scale * sample_weight(case, i);
                grad.x[i][j] = factor * (p * all - target(case, y, j));
                grad.x_terms[i][j] = factor * (p * all + target(case, y, j));
            }
            continue;
        }
        let is_ball = matches!(case.spec, LossSpec::DeepSvdd { .. });
        let centers = if is_ball { &ball } else { params };
        for (j, derivative, size) in derivatives(case, y, &x[i], centers, params) {
            let (derivative, size) = (derivative * scale * weight(case, i), size * scale * weight(case, i));
            outside += derivative;
            let (slope_x, slope_center) = (slope(metric, &x[i], &centers[j]), slope(metric, &centers[j], &x[i]));
            // A squared distance rounds each component relative to itself, other metrics relative to the vector's length.
            let term = |of: &[f64], k: usize| if metric == Metric::SqEuclidean { of[k].abs() } else { norm(of) };
            for k in 0..n_dim {
                grad.x[i][k] += derivative * slope_x[k];
                grad.x_terms[i][k] += size * term(&slope_x, k);
                if !is_ball {
                    grad.params[j][k] += derivative * slope_center[k];
                    grad.param_terms[j][k] += size * term(&slope_center, k);
                }
            }
        }
    }
    match case.spec {
        LossSpec::DeepSvdd { radius, .. } if scale > 0.0 => {
            grad.params = vec![vec![2.0 * radius * (1.0 - outside)]];
            grad.param_terms = vec![vec![2.0 * radius * (1.0 + outside)]];
        }
        LossSpec::Proxy(ProxyLossKind::Island, lambda) if scale > 0.0 => add_repulsion(lambda, params, &mut grad),
        _ => {}
    }
    grad
}

/// Derivatives of the loss ℓ of a row: (j, ∂ℓ/∂d_j, the scale of its rounding) for each distance d_j that ℓ depends on.
fn derivatives(case: &Case, y: usize, x: &[f64], centers: &Matrix, params: &Matrix) -> Vec<(usize, f64, f64)> {
    let d: Vec<f64> = centers.iter().map(|c| distance(Metric::SqEuclidean, x, c)).collect();
    let each = |f: &dyn Fn(usize) -> f64| (0..d.len()).map(|j| (j, f(j), f(j).abs())).collect();
    match &case.spec {
        LossSpec::Center(metric, penalty, radii) => {
            let own = distance(*metric, x, &centers[y]);
            let excess = own - radius_of(radii, y);
            let (low, high) = if case.is_floored() { clamps(case.reduction) } else { (0.0, f64::INFINITY) };
            let is_near = !case.is_floored() || own <= MAX_SQUARED_DISTANCE;
            let (derivative, size) = if *penalty == Penalty::Hinge { (1.0, 1.0) } else { (excess, own) };
            if excess > low && excess < high && is_near { vec![(y, derivative, size)] } else { vec![(y, 0.0, size)] }
        }
        LossSpec::Proxy(ProxyLossKind::Cac, lambda) => {
            let sum: f64 = d.iter().map(|d_j| (d[y].sqrt() - d_j.sqrt()).exp()).sum();
            each(&|j| {
                let p = (d[y].sqrt() - d[j].sqrt()).exp() / sum;
                let root_derivative = if j == y { 1.0 - p + lambda } else { -p };
                if d[j] == 0.0 { 0.0 } else { root_derivative * 0.5 / d[j].sqrt() }
            })
        }
        LossSpec::Proxy(kind @ (DistanceCrossEntropy | SquaredDistanceCrossEntropy), temperature) => {
            let heated: Vec<f64> = d.iter().map(|&d_j| heated(*kind, *temperature, d_j)).collect();
            let terms: Vec<f64> = heated.iter().map(|d_j| (heated[y] - d_j).exp()).collect();
            let others = (0..d.len()).filter(|&j| j != y).map(|j| terms[j]).sum::<f64>();
            let derivative = |j: usize| {
                let slope = if j == y { others } else { -terms[j] } / (1.0 + others);
                match kind {
                    SquaredDistanceCrossEntropy => slope / temperature,
                    _ if d[j] == 0.0 => 0.0,
                    _ => slope * 0.5 / (temperature * d[j].sqrt()),
                }
            };
            // The rounding of a distance, relative to it, is an absolute one of its exponent. The least float32 count as 0.
            let size = |j: usize| derivative(j).abs() * (1.0 + heated[j] + heated[y]) + 1e-32;
            (0..d.len()).map(|j| (j, derivative(j), size(j))).collect()
        }
        LossSpec::Proxy(ProxyLossKind::ContrastiveCenter, delta) => {
            let others = (0..d.len()).filter(|&j| j != y).map(|j| d[j]).sum::<f64>() + delta;
            each(&|j| if j == y { 0.5 / others } else { -0.5 * d[y] / (others * others) })
        }
        LossSpec::Proxy(ProxyLossKind::TripletCenter, margin) => {
            let (mut nearest, mut least) = (y, f64::INFINITY);
            for j in 0..d.len() {
                if j != y && d[j] < least {
                    (nearest, least) = (j, d[j]);
                }
            }
            let is_active = 0.5 * d[y] + margin - 0.5 * least > 0.0;
            if is_active { vec![(y, 0.5, 0.5), (nearest, -0.5, 0.5)] } else { vec![] }
        }
        LossSpec::Proxy(ProxyLossKind::Island, _) => vec![(y, 0.5, 0.5)],
        LossSpec::DeepSvdd { .. } => {
            if d[0] > params[0][0] * params[0][0] {
                vec![(0, 1.0, 1.0)]
            } else {
                vec![]
            }
        }
        LossSpec::CrossEntropy(_) => panic!("cross-entropy has no distances"),
    }
}

/// Adds ∂/∂c_j of λ·Σ_j Σ_{k≠j} cos(c_j, c_k): 2λ·Σ_k (u_k − cos(c_j, c_k)·u_j)/‖c_j‖, where the term k = j is 0 except
/// for rounding.
fn add_repulsion(lambda: f64, centers: &Matrix, grad: &mut Gradients) {
    for j in 0..centers.len() {
        for k in 0..centers.len() {
            let (length, other) = (norm(&centers[j]), norm(&centers[k]));
            if length == 0.0 || other == 0.0 {
                continue;
            }
            let cosine = cosine(&centers[j], &centers[k]);
            for i in 0..centers[j].len() {
                let (pushed, along) = (centers[k][i] / other, cosine * centers[j][i] / length);
                let slope = 2.0 * lambda / length;
                grad.params[j][i] += slope * (pushed - along);
                // The kernel rounds in float64 where both cancel, as they all do in one dimension.
                let rounding = 1e-9 * (pushed.abs() + along.abs());
                grad.param_terms[j][i] += slope * ((pushed - along).abs() + rounding);
            }
        }
    }
}

/// ∂loss/∂x and ∂loss/∂params by finite differences of [`loss`], which contains no derivative.
pub(crate) fn finite_differences(case: &Case) -> (Matrix, Matrix) {
    let (x, params) = operands(case);
    (differences(&x, |x| loss(case, x, &params)), differences(&params, |params| loss(case, &x, params)))
}

/// The centers after an update, the sum of the absolute terms of each value, and the number of rows that each center
/// follows. Rows within the radius count. Rows past `MAX_SQUARED_DISTANCE` do not; by cosine, zero vectors do not.
pub(crate) fn update(case: &Case, rule: Rule) -> (Matrix, Matrix, Vec<u32>) {
    let LossSpec::Center(metric, ..) = case.spec else { panic!("not a center loss") };
    let (x, centers) = operands(case);
    let (mut moved, mut terms, mut counts) = (centers.clone(), centers.clone(), vec![]);
    for j in 0..centers.len() {
        let mut rows: Matrix = Vec::new();
        for i in 0..x.len() {
            if class(case, i) != Some(j) {
                continue;
            }
            if metric == Metric::Cosine && norm(&x[i]) > 0.0 {
                rows.push(x[i].iter().map(|value| value / norm(&x[i])).collect());
            }
            if metric != Metric::Cosine && distance(Metric::SqEuclidean, &x[i], &centers[j]) <= MAX_SQUARED_DISTANCE {
                rows.push(x[i].clone());
            }
        }
        let n = rows.len() as f64;
        counts.push(rows.len() as u32);
        let rate = match rule {
            Rule::Wen(alpha) => alpha / (1.0 + n),
            Rule::Mean(alpha) => alpha / n.max(1.0),
            Rule::Ema(momentum) => (1.0 - momentum) / n.max(1.0),
        };
        for k in 0..centers[j].len() {
            let (mut sum, mut size) = (0.0, 0.0);
            for row in &rows {
                sum += centers[j][k] - row[k];
                size += (centers[j][k] - row[k]).abs();
            }
            moved[j][k] = centers[j][k] - rate * sum;
            terms[j][k] = centers[j][k].abs() + rate * size;
        }
    }
    (moved, terms, counts)
}

/// Center loss of pytorch-ood over a distance matrix, with floors and ceilings, and ∂loss/∂distmat. Every entry of the
/// masked matrix is clamped, also where the mask makes it 0; the `Wen` reduction does not clamp.
pub(crate) fn distmat_loss(distmat: &Matrix, labels: &[i32], radius: f64, reduction: Reduction) -> (f64, Matrix) {
    let n_classes = distmat.first().map_or(0, Vec::len);
    let known = labels.iter().filter(|&&label| label >= 0).count() as f64;
    let weight = match reduction {
        _ if known == 0.0 => 0.0,
        Reduction::Mean => 1.0 / (known * n_classes as f64),
        Reduction::Batch => 1.0 / known,
        Reduction::Wen => 0.5 / known,
        Reduction::Sum => 1.0,
    };
    let (low, high) = clamps(reduction);
    let (mut sum, mut slope) = (0.0, zeros(labels.len(), n_classes));
    for i in 0..labels.len() {
        for j in 0..n_classes {
            if labels[i] < 0 {
                continue;
            }
            let excess = distmat[i][j] - radius;
            let mask = if labels[i] as usize == j { 1.0 } else { 0.0 };
            // `clamp` keeps a NaN, `max` would not.
            sum += (excess.clamp(0.0, f64::INFINITY) * mask).clamp(low, high);
            if mask == 1.0 && excess > low && excess < high && distmat[i][j] <= MAX_SQUARED_DISTANCE {
                slope[i][j] = weight;
            }
        }
    }
    (sum * weight, slope)
}
