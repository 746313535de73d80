//! Nearest centers by codes against direct sums, where codes are least exact and where centers change. Every other test
//! of nearest centers runs by codes as well (see [`Batch::predict`]).

use crate::common::{Batch, OwnedCodes, normal};
use center_loss::distance::coded::{self, BLOCK, PairCodes};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use proptest::prelude::*;

/// Rows that are decided by codes have the classes of direct sums.
fn check(batch: &Batch, codes: &mut OwnedCodes, what: &str) {
    let (x, centers) = batch.views();
    for (row, by_codes) in codes.predict(x, centers).into_iter().enumerate() {
        let direct = batch.select(&[row]).predict()[0];
        assert_eq!(by_codes.unwrap_or(direct), direct, "row {row}, {what}, {}", batch.shape());
    }
}

#[test]
fn rows_near_their_centers_are_decided_by_codes() {
    for (n_classes, n_dim) in [(64, 16), (65, 33), (960, 128), (100, 1030)] {
        let mut batch = Batch::of_one_class(64, n_classes, n_dim, 5);
        batch.near_centers(0.5);
        // A center that is not finite, one far from all others, and a distant origin leave the others their codes.
        batch.center_mut(1).fill(f32::INFINITY);
        batch.center_mut(2).fill(300.0);
        batch.values_mut().for_each(|value| *value += 50.0);
        let (x, centers) = batch.views();
        let mut classes = vec![7; x.count()];
        let is_decided = OwnedCodes::of(centers).view().predict::<Lanes>(x, centers, &mut classes);
        assert_eq!((is_decided, classes), (true, batch.predict()), "{}", batch.shape());
        // A row far from all centers has no code.
        let far = Rows::new(&[1e5; 1030][..n_dim], n_dim);
        assert!(!OwnedCodes::of(centers).view().predict::<Lanes>(far, centers, &mut [7]));
    }
}

#[test]
fn codes_have_less_than_a_third_of_the_bytes_of_centers() {
    for (n_dim, most) in [(128, 0.31), (512, 0.28), (4096, 0.26)] {
        let [codes, floats, words] = coded::lengths(1000, n_dim);
        let bytes = codes * size_of::<PairCodes>() + 4 * (floats + words);
        assert!((bytes as f64) < most * (4 * 1000 * BLOCK * n_dim) as f64, "D = {n_dim}: {bytes}");
    }
}

/// Places of a row between two centers, and so close to the middle that a rounding decides.
const BETWEEN: [f32; 6] = [0.5, 0.499_999_97, 0.500_000_06, 0.4999, 0.25, 1.0];

#[test]
fn rows_between_two_centers_of_any_scale() {
    for scale in [1e-30, 1e-20, 1e-12, 1e-3, 1.0, 1e5, 1e12, 1e17, 1e19] {
        for (n_dim, off) in [16, 17, 66, 130].into_iter().flat_map(|n_dim| [0.0, 1.0, 1000.0].map(|off| (n_dim, off))) {
            let mut batch = Batch::of_one_class(2 * BETWEEN.len(), 70, n_dim, 9);
            for row in 0..batch.rows() {
                let (a, b) = (batch.center(row * 5 % 70).to_vec(), batch.center(row * 11 % 70 / 2).to_vec());
                let between = BETWEEN[row % BETWEEN.len()];
                let values = a.iter().zip(&b).map(|(a, b)| a * between + b * (1.0 - between));
                batch.row_mut(row).copy_from_slice(&values.collect::<Vec<_>>());
            }
            batch.values_mut().for_each(|value| *value = (*value + off) * scale);
            let mut codes = OwnedCodes::of(batch.views().1);
            check(&batch, &mut codes, &format!("scale {scale:e}, {off} off the origin"));
        }
    }
}

/// Change of one center.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// Values of any size.
    To {
        scale: f32,
        seed: u64,
    },
    /// The values of another center: a tie.
    Copy(usize),
    NotFinite(f32),
    RemoveLast,
    Append {
        seed: u64,
    },
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (prop_oneof![Just(1.0), Just(1e-3), Just(20.0), Just(1e9), Just(1e30)], any::<u64>())
            .prop_map(|(scale, seed)| Change::To { scale, seed }),
        any::<usize>().prop_map(Change::Copy),
        prop_oneof![Just(f32::NAN), Just(f32::INFINITY)].prop_map(Change::NotFinite),
        Just(Change::RemoveLast),
        any::<u64>().prop_map(|seed| Change::Append { seed }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn codes_follow_changes(
        n_dim in 16..70_usize,
        n_classes in 60..80_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..20),
        seed: u64,
    ) {
        let mut batch = Batch::random(6, n_classes, n_dim, seed);
        let mut codes = OwnedCodes::of(batch.views().1);
        for (class, change) in changes {
            let count = batch.n_classes();
            let class = class.index(count);
            let changed = match change {
                Change::To { scale, seed } => {
                    let values = normal(n_dim, seed).into_iter().map(|value| value * scale).collect::<Vec<_>>();
                    batch.center_mut(class).copy_from_slice(&values);
                    class
                }
                Change::Copy(from) => {
                    let values = batch.center(from % count).to_vec();
                    batch.center_mut(class).copy_from_slice(&values);
                    class
                }
                Change::NotFinite(value) => {
                    batch.center_mut(class)[n_dim / 2] = value;
                    class
                }
                Change::RemoveLast => {
                    batch.centers.truncate((count - 1) * n_dim);
                    count - 1
                }
                // There is memory for 16 more.
                Change::Append { seed } => {
                    if count < 80 {
                        batch.centers.extend(normal(n_dim, seed));
                        count
                    } else {
                        0
                    }
                }
            };
            codes.view().encode(batch.views().1, changed);
            // A row at a center, which may be that of several classes.
            let center = batch.center(class % batch.n_classes()).to_vec();
            batch.row_mut(0).copy_from_slice(&center);
            check(&batch, &mut codes, "changed");
        }
    }
}
