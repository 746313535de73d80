//! Soft-boundary Deep SVDD against its formula in float64.
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
#![allow(clippy::cast_possible_truncation, reason = "drawn values become float32 inputs")]

mod common;
mod reference;

use center_loss::loss::deep_svdd::{Members, fit_radius};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use common::{TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, normal};
use proptest::collection::vec;
use proptest::prelude::*;
use reference::{Matrix, matrix, squared_distance, zeros};

#[derive(Clone, Debug)]
struct Case {
    x: Vec<f32>,
    labels: Vec<i32>,
    sample_weight: Vec<f32>,
    center: Vec<f32>,
    radius: f64,
    nu: f64,
}

impl Case {
    fn random(rows: usize, dim: usize, nu: f64, seed: u64) -> Self {
        let center = normal(dim, !seed);
        let mut case =
            Self { x: normal(rows * dim, seed), labels: vec![], sample_weight: vec![], center, radius: 0.0, nu };
        // Some rows are on either side, and none is near the boundary.
        let mut distances = case.distances(&case.members());
        distances.sort_by(f64::total_cmp);
        let gap = distances.windows(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])));
        case.radius = gap.map_or(0.5, |gap| f64::midpoint(gap[0], gap[1]));
        case
    }

    fn mixed(mut self) -> Self {
        self.labels = (0..self.rows()).map(|row| [0, 4, -1, 1][row % 4]).collect();
        self.sample_weight = (0..self.rows()).map(|row| [1.0, 0.0, 2.0, 0.5, 1.5][row % 5]).collect();
        self
    }

    fn rows(&self) -> usize {
        self.x.len() / self.center.len()
    }

    fn view(&self) -> Members<'_> {
        Members { x: Rows::new(&self.x, self.center.len()), labels: &self.labels, sample_weight: &self.sample_weight }
    }

    /// Rows of the class and their weights.
    fn members(&self) -> Vec<(usize, f64)> {
        let weight = |row: usize| self.sample_weight.get(row).map_or(1.0, |&weight| f64::from(weight));
        let is_member = |row: usize| self.labels.get(row).is_none_or(|&label| label >= 0) && weight(row) > 0.0;
        (0..self.rows()).filter(|&row| is_member(row)).map(|row| (row, weight(row))).collect()
    }

    fn distances(&self, members: &[(usize, f64)]) -> Vec<f64> {
        let (x, center) = (matrix(&self.x, self.center.len()), &matrix(&self.center, self.center.len())[0]);
        members.iter().map(|&(row, _)| squared_distance(&x[row], center).sqrt()).collect()
    }

    fn loss(&self, x: &Matrix, radius: f64) -> f64 {
        let center = &matrix(&self.center, self.center.len())[0];
        let (mut sum, mut count) = (0.0, 0.0);
        for (row, weight) in self.members() {
            sum += weight * (squared_distance(&x[row], center) - radius * radius).max(0.0);
            count += weight;
        }
        if count == 0.0 { 0.0 } else { radius * radius + sum / (self.nu * count) }
    }

    fn run(&self) -> (f64, f64, Vec<f32>) {
        let (mut grad, mut of_radius, mut again) = (vec![f32::NAN; self.x.len()], [f32::NAN], [f32::NAN]);
        let run = |grad: &mut [f32], of_radius: &mut [f32]| {
            self.view().soft_boundary::<Lanes>(&self.center, self.radius, self.nu, grad, of_radius)
        };
        let loss = run(&mut grad, &mut of_radius);
        assert_eq!(run(&mut [], &mut again).to_bits(), loss.to_bits(), "without ∂/∂x");
        assert_same_bits(&again, &of_radius, "∂/∂R without ∂/∂x");
        (loss, of_radius[0].into(), grad)
    }

    /// The distances as the kernel has them, in order.
    fn sorted(&self) -> Vec<f32> {
        let mut distances = vec![f32::NAN; self.rows()];
        let count = self.view().distances::<Lanes>(&self.center, &mut distances);
        distances.truncate(count);
        distances.sort_by(f32::total_cmp);
        distances
    }
}

#[test]
fn every_length_is_as_in_float64_and_the_slope_of_the_loss() {
    const STEP: f64 = 1e-4;
    for rows in [1, 2, 3, 15, 40] {
        for dim in [1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 65] {
            for nu in [0.05, 0.5, 1.0] {
                let plain = Case::random(rows, dim, nu, 3);
                for case in [plain.clone(), plain.mixed()] {
                    let what = format!("B = {rows}, D = {dim}, ν = {nu}, {} labels", case.labels.len());
                    let x = matrix(&case.x, dim);
                    let (loss, of_radius, of_x) = case.run();
                    let expected = case.loss(&x, case.radius);
                    assert_close(loss, expected, expected, TOLERANCE, format_args!("loss, {what}"));
                    let slope = |at: &dyn Fn(f64) -> f64| (at(STEP) - at(-STEP)) / (2.0 * STEP);
                    let expected = slope(&|step| case.loss(&x, case.radius + step));
                    assert_close(of_radius, expected, 1.0 / nu, 1e-6, format_args!("∂/∂R, {what}"));
                    let mut expected = zeros(rows, dim);
                    for i in 0..rows {
                        for k in 0..dim {
                            expected[i][k] = slope(&|step| {
                                let mut moved = x.clone();
                                moved[i][k] += step;
                                case.loss(&moved, case.radius)
                            });
                        }
                    }
                    let scale = vec![vec![1.0 / nu; dim]; rows];
                    assert_matrix_close(&of_x, &expected, &scale, 1e-6, format_args!("∂/∂x, {what}"));
                }
            }
        }
    }
}

#[test]
fn the_center_is_the_mean_away_from_zero() {
    for dim in [1, 3, 4, 5, 17] {
        for mut case in [Case::random(50, dim, 0.1, 4), Case::random(50, dim, 0.1, 4).mixed()] {
            for (place, value) in case.x.iter_mut().enumerate() {
                *value += (place % dim) as f32;
            }
            let mut expected = vec![0.0; dim];
            let total: f64 = case.members().iter().map(|(_, weight)| weight).sum();
            for (row, weight) in case.members() {
                for k in 0..dim {
                    expected[k] += weight * f64::from(case.x[row * dim + k]) / total;
                }
            }
            // Around 0.
            assert!(expected[0].abs() < 0.6);
            for value in &mut expected {
                if value.abs() < 0.1 {
                    *value = if *value < 0.0 { -0.1 } else { 0.1 };
                }
            }
            let (mut sums, mut center) = (vec![f64::NAN; dim], vec![f32::NAN; dim]);
            // A row that is not finite is left out.
            case.x.extend(vec![f32::NAN; dim]);
            case.labels.extend(case.labels.first().copied());
            case.sample_weight.extend(case.sample_weight.first().copied());
            assert_eq!(case.view().fit_center(&mut sums, &mut center), case.members().len() - 1);
            for (actual, expected) in center.iter().zip(expected) {
                assert_close((*actual).into(), expected, expected.abs(), TOLERANCE, format_args!("D = {dim}"));
            }
        }
    }
    let fit = |x: &[f32]| {
        let (mut sums, mut center) = ([0.0], [7.0]);
        let members = Members { x: Rows::new(x, 1), labels: &[], sample_weight: &[] };
        (members.fit_center(&mut sums, &mut center), center[0])
    };
    assert_eq!(fit(&[0.05, -0.05]), (2, 0.1), "an exact 0");
    assert_eq!(fit(&[-0.03]), (1, -0.1), "just below");
    assert_eq!(fit(&[0.25, 0.25]), (2, 0.25), "far enough");
    assert_eq!(fit(&[]), (0, 7.0), "no rows");
    assert_eq!(fit(&[f32::INFINITY]), (0, 7.0), "no finite rows");
}

#[test]
fn the_radius_leaves_out_a_part_of_nu() {
    let sorted: Vec<f32> = (1..=100).map(|i| i as f32).collect();
    for percent in 0..=100_u16 {
        let expected = if percent == 100 { 1 } else { 100 - percent };
        let nu = f64::from(percent) / 100.0;
        assert_close(fit_radius(&sorted, nu), expected.into(), 1.0, 0.0, format_args!("ν = {nu}"));
    }
    assert_close(fit_radius(&[], 0.5), 0.0, 1.0, 0.0, "no rows");
    assert_close(fit_radius(&[3.0], 0.01), 3.0, 1.0, 0.0, "one row");
}

#[test]
fn the_row_that_gave_the_radius_is_within_it() {
    for seed in 0..50 {
        let mut case = Case::random(1, 7, 0.5, seed);
        case.radius = case.sorted()[0].into();
        let (loss, of_radius, of_x) = case.run();
        assert_close(loss, case.radius * case.radius, 1.0, 0.0, "loss");
        assert_close(of_radius, 2.0 * case.radius, case.radius, 1e-6, "∂/∂R");
        assert!(of_x.iter().all(|value| *value == 0.0));
    }
}

#[test]
fn a_bad_row_spoils_only_the_loss() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut case = Case::random(9, 5, 0.5, 4);
        case.radius = 0.1;
        case.labels = vec![0; 9];
        let whole = case.run();
        case.x[3 * 5 + 1] = bad;
        let (loss, of_radius, of_x) = case.run();
        assert!(!loss.is_finite() && (loss.is_nan() || !bad.is_nan()), "{bad}");
        assert!(of_radius.is_finite());
        assert_same_bits(&of_x[15..20], &[0.0; 5], "the bad row");
        assert_same_bits(&of_x[..15], &whole.2[..15], "the rows before");
        assert_same_bits(&of_x[20..], &whole.2[20..], "the rows after");
        assert_eq!(case.sorted().len(), 8);
        case.labels[3] = -1;
        let by_label = case.run();
        case.labels[3] = 0;
        case.sample_weight = vec![1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let by_weight = case.run();
        assert!(by_label.0.is_finite());
        assert_eq!([by_label.0, by_label.1].map(f64::to_bits), [by_weight.0, by_weight.1].map(f64::to_bits));
        assert_same_bits(&by_label.2, &by_weight.2, "a row without weight is unknown");
    }
}

#[test]
fn a_batch_without_rows_has_no_loss() {
    let mut case = Case::random(3, 5, 0.5, 4);
    case.labels = vec![-1; 3];
    let (loss, of_radius, of_x) = case.run();
    assert_eq!([loss.to_bits(), of_radius.to_bits()], [0, 0]);
    assert!(of_x.iter().all(|value| value.to_bits() == 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The fitted radius is where the loss is least.
    #[test]
    fn no_other_radius_is_better(rows in 1_usize..40, seed in any::<u64>(), nu in 0.01..=1.0, others in vec(0.0..8.0, 8)) {
        let mut case = Case::random(rows, 6, nu, seed);
        case.radius = fit_radius(&case.sorted(), nu);
        let least = case.run().0;
        for other in others.into_iter().chain([case.radius * 0.99, case.radius * 1.01]) {
            case.radius = other;
            let loss = case.run().0;
            prop_assert!(least <= loss * (1.0 + 1e-6), "{least} at the fitted radius, {loss} at {other}");
        }
    }
}
