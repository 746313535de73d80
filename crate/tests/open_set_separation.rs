//! The losses that separate classes, against their papers' formulas in float64.

mod common;
mod reference;
#[path = "reference/separation.rs"]
mod separation;

use center_loss::loss::cac::Cac;
use center_loss::loss::contrastive_center::ContrastiveCenter;
use center_loss::loss::island::{HalfSquared, repulsion};
use center_loss::loss::proxy::{Batch as View, ProxyLoss, Scratch, ScratchSizes, proxy_pass};
use center_loss::loss::reduction::Reduction;
use center_loss::loss::triplet_center::TripletCenter;
use center_loss::loss::weights::Weights;
use center_loss::rows::shape::{Rows, class_of};
use center_loss::simd::vector::{LANES, Lanes};
use center_loss::update::sgd::sgd;
use common::{Batch, REDUCTIONS, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, normal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use reference::{Matrix, matrix};
use separation::Kind;

const KINDS: [Kind; 4] = [Kind::Cac(0.1), Kind::ContrastiveCenter(1.0), Kind::TripletCenter(5.0), Kind::Island(0.5)];

/// A batch, how much its rows count and how their sum becomes the loss.
#[derive(Clone, Debug)]
struct Case {
    batch: Batch,
    /// [C] or empty.
    class_weight: Vec<f32>,
    /// [B] or empty.
    sample_weight: Vec<f32>,
    reduction: Reduction,
}

#[derive(Clone, Debug)]
struct Gradients {
    loss: f64,
    x: Vec<f32>,
    centers: Vec<f32>,
}

fn row_loss(kind: Kind) -> Box<dyn ProxyLoss> {
    match kind {
        Kind::Cac(lambda) => Box::new(Cac { lambda }),
        Kind::ContrastiveCenter(delta) => Box::new(ContrastiveCenter { delta }),
        Kind::TripletCenter(margin) => Box::new(TripletCenter { margin }),
        Kind::Island(_) => Box::new(HalfSquared),
    }
}

impl Case {
    fn new(batch: Batch, reduction: Reduction) -> Self {
        Self { batch, class_weight: vec![], sample_weight: vec![], reduction }
    }

    /// With weights of 0 … 1.5.
    fn weighted(mut self) -> Self {
        let weight = |i: usize| f32::from(u8::try_from((i * 7 + 3) % 4).unwrap()) / 2.0;
        self.class_weight = (0..self.batch.n_classes()).map(weight).collect();
        self.sample_weight = (0..self.batch.rows()).map(|row| weight(row + 1)).collect();
        self
    }

    /// ∂loss/∂x and, if they are wanted, ∂loss/∂centers.
    fn run(&self, kind: Kind, grad_x: &mut [f32], grad_centers: &mut [f32]) -> f64 {
        let Batch { x, labels, centers, dim } = &self.batch;
        let sizes = ScratchSizes::new(labels.len(), self.batch.n_classes(), *dim);
        let mut room = Scratch {
            distances: &mut vec![f32::NAN; sizes.distances],
            row_accumulator: &mut vec![f64::NAN; sizes.row_accumulator],
            center_accumulator: &mut vec![f64::NAN; sizes.center_accumulator],
        };
        let centers = Rows::new(centers, *dim);
        let weights = Weights { class: &self.class_weight, sample: &self.sample_weight };
        let view = View { x: Rows::new(x, *dim), labels, centers, weights, reduction: self.reduction };
        let mut loss = proxy_pass::<Lanes>(&*row_loss(kind), &view, grad_x, grad_centers, &mut room);
        if let Kind::Island(lambda) = kind {
            loss += repulsion::<Lanes>(lambda, &view, &mut vec![[f64::NAN; LANES]; dim.div_ceil(LANES)], grad_centers);
        }
        loss
    }

    fn evaluate(&self, kind: Kind) -> f64 {
        self.run(kind, &mut [], &mut [])
    }

    fn gradients(&self, kind: Kind) -> Gradients {
        let mut x = vec![f32::NAN; self.batch.x.len()];
        let mut centers = vec![f32::NAN; self.batch.centers.len()];
        let loss = self.run(kind, &mut x, &mut centers);
        let mut alone = vec![f32::NAN; x.len()];
        assert_eq!(self.run(kind, &mut alone, &mut []).to_bits(), loss.to_bits(), "without ∂/∂centers");
        assert_same_bits(&alone, &x, "∂/∂x without ∂/∂centers");
        assert_eq!(self.evaluate(kind).to_bits(), loss.to_bits(), "without gradients");
        Gradients { loss, x, centers }
    }

    fn reference(&self) -> separation::Batch {
        let weights = |values: &[f32], count| {
            if values.is_empty() { vec![1.0; count] } else { values.iter().map(|&value| value.into()).collect() }
        };
        separation::Batch {
            x: matrix(&self.batch.x, self.batch.dim),
            labels: self.batch.labels.clone(),
            centers: matrix(&self.batch.centers, self.batch.dim),
            class_weight: weights(&self.class_weight, self.batch.n_classes()),
            sample_weight: weights(&self.sample_weight, self.batch.rows()),
            reduction: self.reduction,
        }
    }

    fn select(&self, rows: &[usize]) -> Self {
        let sample_weight = rows.iter().filter_map(|&row| self.sample_weight.get(row)).copied().collect();
        Self { batch: self.batch.select(rows), sample_weight, ..self.clone() }
    }
}

/// Value, ∂/∂x and ∂/∂centers against float64.
fn check(case: &Case, kind: Kind) {
    let what = format!(
        "{kind:?}, {:?}, B = {}, C = {}, D = {}",
        case.reduction,
        case.batch.rows(),
        case.batch.n_classes(),
        case.batch.dim
    );
    let (actual, reference) = (case.gradients(kind), case.reference());
    let loss = reference.loss(kind);
    assert_close(actual.loss, loss, loss, TOLERANCE, format_args!("loss, {what}"));
    let expected = reference.gradients(kind);
    assert_matrix_close(&actual.x, &expected.x, &expected.x_terms, TOLERANCE, format_args!("∂/∂x, {what}"));
    let what = format_args!("∂/∂centers, {what}").to_string();
    assert_matrix_close(&actual.centers, &expected.centers, &expected.center_terms, TOLERANCE, what);
}

/// Around the lanes, the runs of vectors, the tiles, the blocks of rows and the runs of sums.
const SHAPES: [(usize, usize, usize); 30] = [
    (1, 1, 1),
    (1, 2, 1),
    (2, 2, 3),
    (3, 3, 4),
    (5, 4, 5),
    (7, 5, 7),
    (8, 7, 8),
    (9, 8, 9),
    (15, 9, 15),
    (16, 3, 16),
    (17, 5, 17),
    (31, 15, 31),
    (33, 16, 32),
    (32, 17, 33),
    (47, 4, 63),
    (48, 5, 64),
    (63, 3, 65),
    (64, 6, 2),
    (65, 2, 3),
    (129, 3, 5),
    (5, 63, 6),
    (17, 64, 5),
    (16, 65, 17),
    (3, 128, 4),
    (33, 129, 3),
    (2, 5, 1025),
    // Where distances are expanded, and with rows left for which that does not pay.
    (24, 96, 16),
    (257, 97, 17),
    (290, 100, 16),
    (25, 130, 40),
];

#[test]
fn every_length_is_as_in_float64() {
    for (rows, n_classes, dim) in SHAPES {
        for kind in KINDS {
            for reduction in REDUCTIONS {
                let case = Case::new(Batch::random(rows, n_classes, dim, 5), reduction);
                check(&case, kind);
                check(&case.weighted(), kind);
            }
        }
    }
}

#[test]
fn clusters_far_from_the_origin_are_as_in_float64() {
    for (kind, n_classes) in KINDS.into_iter().flat_map(|kind| [(kind, 5), (kind, 100)]) {
        let mut batch = Batch::random(40, n_classes, 19, 8);
        for value in batch.x.iter_mut().chain(&mut batch.centers) {
            // 2⁻⁷ apart near 1000: what float32 still has there.
            *value = 1000.0 + (*value * 16.0).round() / 128.0;
        }
        check(&Case::new(batch, Reduction::Batch), kind);
    }
}

/// ∂f/∂m_ik by central differences.
fn differences(at: &Matrix, f: impl Fn(&Matrix) -> f64) -> Matrix {
    const STEP: f64 = 1e-5;
    let (mut moved, mut slope) = (at.clone(), at.clone());
    for i in 0..at.len() {
        for k in 0..at[i].len() {
            let mut value_at = |step: f64| {
                moved[i][k] = at[i][k] + step;
                f(&moved)
            };
            slope[i][k] = (value_at(STEP) - value_at(-STEP)) / (2.0 * STEP);
            moved[i][k] = at[i][k];
        }
    }
    slope
}

/// The kernels against the slope of the reference's loss, which knows nothing of derivatives.
#[test]
fn gradients_are_the_slope_of_the_loss() {
    for (rows, n_classes, dim) in [(1, 2, 1), (4, 3, 5), (9, 5, 7), (6, 9, 4)] {
        for kind in KINDS {
            for reduction in REDUCTIONS {
                let what = format!("{kind:?}, {reduction:?}, B = {rows}, C = {n_classes}, D = {dim}");
                let case = Case::new(Batch::random(rows, n_classes, dim, 2), reduction).weighted();
                let actual = case.gradients(kind);
                let mut reference = case.reference();
                let terms = reference.gradients(kind);
                // What the differences have of rounding and curvature.
                let scale = |terms: &Matrix| -> Matrix {
                    terms.iter().map(|row| row.iter().map(|term| term + 1e-2).collect()).collect()
                };
                let x = reference.x.clone();
                let of_x = differences(&x, |x| {
                    let moved = separation::Batch { x: x.clone(), ..case.reference() };
                    moved.loss(kind)
                });
                assert_matrix_close(&actual.x, &of_x, &scale(&terms.x_terms), 1e-5, format_args!("∂/∂x, {what}"));
                let centers = std::mem::take(&mut reference.centers);
                let of_centers = differences(&centers, |centers| {
                    let moved = separation::Batch { centers: centers.clone(), ..case.reference() };
                    moved.loss(kind)
                });
                let what = format_args!("∂/∂centers, {what}").to_string();
                assert_matrix_close(&actual.centers, &of_centers, &scale(&terms.center_terms), 1e-5, what);
            }
        }
    }
}

#[test]
fn class_anchor_clustering_looks_at_the_last_class() {
    // d = [1, 2, 3], what pytorch-ood 0.3.3 takes for 0.862, 1.551 and 2.408: it leaves the last class out.
    let batch = |label| Batch { x: vec![0.0], labels: vec![label], centers: vec![1.0, 2.0, 3.0], dim: 1 };
    for (label, expected) in [(0, 0.407_606), (1, 1.407_606), (2, 2.407_606)] {
        let loss = Case::new(batch(label), Reduction::Batch).evaluate(Kind::Cac(0.0));
        assert_close(loss, expected, 1.0, 1e-6, format_args!("y = {label}"));
        let loss = Case::new(batch(label), Reduction::Batch).evaluate(Kind::Cac(0.5));
        assert_close(loss, expected + 0.5 * f64::from(label + 1), 1.0, 1e-6, format_args!("anchor, y = {label}"));
    }
}

#[test]
fn distances_beyond_all_exponents_leave_the_loss_exact() {
    // One dimension, d = |x − c|: from e^−60000 to e^60000.
    let centers = vec![0.0, 30_000.0, -60_000.0];
    for (label, expected) in [(0, 0.0), (1, 30_000.0), (2, 60_000.0)] {
        let batch = Batch { x: vec![0.0], labels: vec![label], centers: centers.clone(), dim: 1 };
        let actual = Case::new(batch, Reduction::Sum).gradients(Kind::Cac(0.0));
        assert_close(actual.loss, expected, 1.0 + expected, 1e-7, format_args!("y = {label}"));
        assert!(actual.x.iter().chain(&actual.centers).all(|value| value.is_finite()));
    }
    // A loss of e^−40 next to which 1 is all that float64 keeps of 1 + e^−40.
    let batch = Batch { x: vec![0.0], labels: vec![0], centers: vec![0.0, 40.0], dim: 1 };
    let actual = Case::new(batch, Reduction::Sum).gradients(Kind::Cac(0.0));
    assert_close(actual.loss, (-40.0_f64).exp(), (-40.0_f64).exp(), 1e-5, "a small loss");
}

#[test]
fn a_row_on_a_center_has_a_gradient_of_the_others_alone() {
    let batch = Batch { x: vec![1.0, 2.0], labels: vec![0], centers: vec![1.0, 2.0, 4.0, 6.0], dim: 2 };
    let actual = Case::new(batch, Reduction::Batch).gradients(Kind::Cac(0.1));
    let p = 1.0 / (1.0 + 5.0_f64.exp());
    for (k, direction) in [0.6, 0.8].into_iter().enumerate() {
        assert_close(actual.x[k].into(), p * direction, p, TOLERANCE, "∂/∂x");
        assert_eq!(actual.centers[k].to_bits() << 1, 0, "∂/∂c of the own center");
        assert_close(actual.centers[2 + k].into(), -p * direction, p, TOLERANCE, "∂/∂c of the other");
    }
}

#[test]
fn the_lowest_of_the_nearest_other_centers_is_pushed() {
    let centers = vec![5.0, 1.0, -1.0, 1.0];
    let batch = Batch { x: vec![0.0], labels: vec![0], centers, dim: 1 };
    let actual = Case::new(batch, Reduction::Batch).gradients(Kind::TripletCenter(5.0));
    assert_close(actual.loss, 12.5 + 5.0 - 0.5, 17.0, TOLERANCE, "loss");
    assert_same_bits(&actual.centers, &[5.0, -1.0, 0.0, 0.0], "∂/∂centers");
    assert_same_bits(&actual.x, &[-4.0], "∂/∂x");
    // At 0 exactly, and with the margin kept by far, nothing is pulled.
    for (own, margin) in [(1.0, 0.0), (0.0, 0.5), (0.5, 0.1)] {
        let batch = Batch { x: vec![0.0], labels: vec![0], centers: vec![own, 1.0], dim: 1 };
        let actual = Case::new(batch, Reduction::Batch).gradients(Kind::TripletCenter(margin));
        assert_eq!(actual.loss.to_bits(), 0.0_f64.to_bits(), "d = {own}, m = {margin}");
        assert_same_bits(&actual.centers, &[0.0, 0.0], "∂/∂centers");
    }
}

/// That row without weight, in a batch that is otherwise the same.
fn without(case: &Case, row: usize) -> Case {
    let mut sample_weight =
        if case.sample_weight.is_empty() { vec![1.0; case.batch.rows()] } else { case.sample_weight.clone() };
    sample_weight[row] = 0.0;
    Case { sample_weight, ..case.clone() }
}

const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// By the sum, whose weights do not depend on the other rows.
#[test]
fn a_bad_row_spoils_only_the_loss() {
    for (rows, n_classes, dim) in [(3, 2, 1), (17, 5, 7), (67, 4, 5), (18, 66, 33), (40, 100, 17)] {
        let labels = (0..rows).map(|row| i32::try_from(row % n_classes).unwrap()).collect();
        let batch = Batch::with_labels(labels, n_classes, dim, 3);
        for kind in KINDS {
            for row in [0, 1, rows - 1] {
                for bad in BAD {
                    let mut case = Case::new(batch.clone(), Reduction::Sum);
                    let expected = without(&case, row).gradients(kind);
                    case.batch.row_mut(row)[dim - 1] = bad;
                    let what = format!("{bad} in row {row} of {rows}, {kind:?}");
                    let actual = case.gradients(kind);
                    assert!(!actual.loss.is_finite(), "{what}: {}", actual.loss);
                    assert!(!bad.is_nan() || actual.loss.is_nan(), "{what}");
                    assert_same_bits(&actual.x, &expected.x, format_args!("∂/∂x, {what}"));
                    assert_same_bits(&actual.centers, &expected.centers, format_args!("∂/∂centers, {what}"));
                }
            }
        }
    }
}

#[test]
fn a_bad_row_that_does_not_count_reaches_nothing() {
    for kind in KINDS {
        for reduction in REDUCTIONS {
            for bad in BAD {
                let labels = (0..20).map(|row| row % 4).collect();
                let whole = Case::new(Batch::with_labels(labels, 4, 7, 3), reduction);
                let mut by_label = whole.clone();
                by_label.batch.labels[3] = -1;
                let mut by_sample = without(&whole, 3);
                let mut by_class = whole.clone();
                by_class.class_weight = vec![1.0, 1.0, 1.0, 0.0];
                let expected = [by_label.gradients(kind), by_sample.gradients(kind), by_class.gradients(kind)];
                assert_eq!(expected[0].loss.to_bits(), expected[1].loss.to_bits(), "a row without weight is unknown");
                assert_same_bits(&expected[0].x, &expected[1].x, "a row without weight is unknown, ∂/∂x");
                assert_same_bits(&expected[0].centers, &expected[1].centers, "a row without weight, ∂/∂centers");
                for case in [&mut by_label, &mut by_sample, &mut by_class] {
                    case.batch.row_mut(3)[2] = bad;
                }
                for (case, expected) in [by_label, by_sample, by_class].iter().zip(expected) {
                    let actual = case.gradients(kind);
                    assert_eq!(actual.loss.to_bits(), expected.loss.to_bits(), "{bad}, {kind:?}");
                    assert_same_bits(&actual.x, &expected.x, format_args!("∂/∂x, {bad}, {kind:?}"));
                    assert_same_bits(&actual.centers, &expected.centers, format_args!("{bad}, {kind:?}"));
                }
            }
        }
    }
}

#[test]
fn a_batch_without_weight_has_no_loss() {
    for kind in KINDS {
        for reduction in REDUCTIONS {
            for labels in [vec![], vec![-1, -5, -1], vec![0, 1, 1]] {
                let mut case = Case::new(Batch::with_labels(labels, 3, 5, 1), reduction);
                case.sample_weight = vec![0.0; case.batch.rows()];
                let actual = case.gradients(kind);
                assert_eq!(actual.loss.to_bits(), 0.0_f64.to_bits(), "{kind:?}, {:?}", case.batch.labels);
                assert!(actual.x.iter().chain(&actual.centers).all(|value| value.to_bits() == 0), "{kind:?}");
            }
        }
    }
}

#[test]
fn a_known_row_of_no_class_counts_and_spoils_only_by_nan() {
    for kind in KINDS {
        let mut case = Case::new(Batch::with_labels(vec![0, 9, 1], 3, 5, 1), Reduction::Batch);
        check(&case, kind);
        let expected = case.gradients(kind);
        case.batch.row_mut(1)[0] = f32::NAN;
        let actual = case.gradients(kind);
        assert!(actual.loss.is_nan(), "{kind:?}");
        assert_same_bits(&actual.x, &expected.x, "∂/∂x");
        assert_same_bits(&actual.centers, &expected.centers, "∂/∂centers");
    }
}

#[test]
fn a_bad_center_that_plays_no_part_reaches_nothing() {
    // Far away it has no likelihood, is not the nearest, and is not the row's own.
    for bad in BAD {
        let mut case = Case::new(Batch::with_labels(vec![0, 1, 0, 1, 1], 5, 7, 3), Reduction::Batch);
        case.batch.centers[4 * 7 + 2] = bad;
        let mut whole = case.clone();
        whole.batch.centers[4 * 7 + 2] = 1e6;
        for kind in [Kind::TripletCenter(5.0), Kind::Cac(0.1)] {
            if bad.is_nan() && kind == Kind::Cac(0.1) {
                continue;
            }
            let (actual, expected) = (case.gradients(kind), whole.gradients(kind));
            assert_same_bits(&actual.x, &expected.x, format_args!("∂/∂x, {bad}, {kind:?}"));
            assert_same_bits(&actual.centers, &expected.centers, format_args!("∂/∂centers, {bad}, {kind:?}"));
        }
        let island = case.gradients(Kind::Island(0.5));
        assert!(island.loss.is_nan(), "the island loss is of all centers");
        assert!(island.x.iter().chain(&island.centers).all(|value| value.is_finite()), "{bad}");
    }
}

#[test]
fn a_gradient_too_long_for_float32_is_none() {
    // ∂ℓ/∂d_j = −½·d_y/δ² is −10⁶⁰ where a row is on another center than its own, and its difference 0.
    let batch = Batch { x: vec![1.0, 3.0], labels: vec![0, 0], centers: vec![0.0, 1.0], dim: 1 };
    let actual = Case::new(batch, Reduction::Sum).gradients(Kind::ContrastiveCenter(1e-30));
    assert_close(actual.loss, 0.5e30, 0.5e30, TOLERANCE, "loss");
    assert_close(actual.x[0].into(), 0.0, 1.0, 0.0, "∂/∂x of the row that is too close");
    assert_close(actual.x[1].into(), 0.75 - 9.0 / 8.0, 1.0, TOLERANCE, "∂/∂x of the other");
    assert_close(actual.centers[0].into(), -0.75, 1.0, TOLERANCE, "∂/∂c");
}

#[test]
fn centers_that_point_away_have_no_island() {
    // Opposite ones, one of no direction, one as short as float32 has them.
    let mut sum = [[0.0; LANES]];
    let island = |centers: &[f32], sum: &mut [[f64; LANES]], grad: &mut [f32]| {
        let weights = Weights::NONE;
        let x = Rows::new(&[0.0, 0.0], 2);
        let view = View { x, labels: &[0], centers: Rows::new(centers, 2), weights, reduction: Reduction::Batch };
        repulsion::<Lanes>(1.0, &view, sum, grad)
    };
    assert_close(island(&[3.0, 4.0, -6.0, -8.0], &mut sum, &mut []), 0.0, 1.0, 1e-12, "opposite");
    assert_close(island(&[3.0, 4.0, 6.0, 8.0], &mut sum, &mut []), 4.0, 1.0, 1e-12, "parallel");
    assert_close(island(&[3.0, 4.0, 0.0, 0.0], &mut sum, &mut []), 2.0, 1.0, 1e-12, "no direction");
    let mut grad = [1.0; 4];
    assert_close(island(&[3.0, 4.0, 1e-45, 0.0], &mut sum, &mut grad), 2.0 * 1.6, 1.0, 1e-12, "short");
    assert!(grad.iter().all(|value| value.is_finite()));
}

#[test]
fn a_million_rows_lose_nothing() {
    // Equal rows: each sum is known, and each addition rounds the same way.
    let rows = 1_000_000;
    let batch = Batch { x: vec![0.1; rows], labels: vec![0; rows], centers: vec![0.0, 2.7], dim: 1 };
    for kind in KINDS {
        let all = Case::new(batch.clone(), Reduction::Batch).gradients(kind);
        let one = Case::new(batch.select(&[0]), Reduction::Batch).gradients(kind);
        assert_close(all.loss, one.loss, one.loss, 1e-9, format_args!("loss, {kind:?}"));
        for (all, one) in all.centers.iter().zip(&one.centers) {
            assert_close((*all).into(), (*one).into(), one.abs().into(), 2e-6, format_args!("∂/∂centers, {kind:?}"));
        }
    }
}

#[test]
fn descent_is_that_of_torch() {
    for len in [1, 3, 4, 5, 15, 16, 17, 33] {
        for (rate, momentum) in [(0.5, 0.0), (0.1, 0.9), (0.0, 0.5)] {
            let mut centers = normal(len, 1);
            let mut velocity = vec![0.0; if momentum == 0.0 { 0 } else { len }];
            let mut expected: Vec<f64> = centers.iter().map(|&value| value.into()).collect();
            let mut expected_velocity = vec![0.0; len];
            for step in 0..4 {
                let gradient = normal(len, 2 + step);
                sgd::<Lanes>(&mut centers, &gradient, &mut velocity, rate, momentum);
                for k in 0..len {
                    expected_velocity[k] = momentum * expected_velocity[k] + f64::from(gradient[k]);
                    expected[k] -= rate * expected_velocity[k];
                }
            }
            for (actual, expected) in centers.iter().zip(expected) {
                assert_close((*actual).into(), expected, 10.0, 1e-6, format_args!("{len} values, {rate}, {momentum}"));
            }
        }
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let shape = (1_usize..=70, 1_usize..=20, any::<u64>(), select(&REDUCTIONS), any::<bool>());
    shape.prop_flat_map(|(n_classes, dim, seed, reduction, weighted)| {
        let label = -2..=i32::try_from(n_classes).expect("few classes") + 1;
        vec(label, 0..=80).prop_map(move |labels| {
            let case = Case::new(Batch::with_labels(labels, n_classes, dim, seed), reduction);
            if weighted { case.weighted() } else { case }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_batch_is_as_in_float64(case in cases(), kind in select(&KINDS)) {
        prop_assume!(case.reference().distance_to_kink(kind) > 1e-4);
        check(&case, kind);
    }

    #[test]
    fn a_row_is_alone_in_every_batch(case in cases(), kind in select(&KINDS)) {
        let case = Case { reduction: Reduction::Sum, ..case };
        let all = case.gradients(kind);
        let dim = case.batch.dim;
        for row in 0..case.batch.rows() {
            let alone = case.select(&[row]).gradients(kind);
            assert_same_bits(&alone.x, &all.x[row * dim..][..dim], format_args!("row {row}"));
        }
    }

    /// Weights are as good as repeated rows.
    #[test]
    fn a_weight_of_two_is_a_row_twice(case in cases(), kind in select(&KINDS)) {
        prop_assume!(case.batch.rows() > 0 && class_of(case.batch.labels[0], case.batch.n_classes()).is_some());
        let mut case = Case { sample_weight: vec![1.0; case.batch.rows()], ..case };
        let mut rows: Vec<usize> = (0..case.batch.rows()).collect();
        rows.push(0);
        let twice = case.select(&rows).gradients(kind);
        case.sample_weight[0] = 2.0;
        let actual = case.gradients(kind);
        assert_close(actual.loss, twice.loss, twice.loss, 1e-9, "loss");
        let terms = case.reference().gradients(kind).center_terms;
        for ((actual, twice), scale) in actual.centers.iter().zip(&twice.centers).zip(terms.iter().flatten()) {
            assert_close((*actual).into(), (*twice).into(), *scale, TOLERANCE, "∂/∂centers");
        }
    }
}
