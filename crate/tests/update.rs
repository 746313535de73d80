//! Gradient descent of centers and the hash of their values. `loss::gradients` has the updates by averages.

use crate::common::{assert_close, normal};
use center_loss::simd::vector::Lanes;
use center_loss::update::params_hash::params_hash;
use center_loss::update::sgd::sgd;

#[test]
fn sgd_is_that_of_torch() {
    for len in [1, 3, 4, 5, 15, 16, 17, 33, 65] {
        for (rate, momentum) in [(0.5, 0.0), (0.1, 0.9), (0.0, 0.5)] {
            let mut centers = normal(len, 1);
            let mut velocity = vec![0.0; if momentum == 0.0 { 0 } else { len }];
            let mut expected: Vec<f64> = centers.iter().map(|&value| value.into()).collect();
            let mut buffer = vec![0.0; len];
            for step in 0..5 {
                let gradient = normal(len, 10 + step);
                sgd::<Lanes>(&mut centers, &gradient, &mut velocity, rate, momentum);
                for k in 0..len {
                    buffer[k] = momentum * buffer[k] + f64::from(gradient[k]);
                    expected[k] -= rate * buffer[k];
                }
            }
            for (actual, expected) in centers.iter().zip(expected) {
                assert_close((*actual).into(), expected, 10.0, 1e-6, format_args!("{len} values, {rate}, {momentum}"));
            }
        }
    }
}

#[test]
fn the_hash_depends_on_every_bit_and_place() {
    let values = normal(100, 1);
    let before = params_hash(&values);
    for (place, bit) in (0..100).flat_map(|place| (0..32).map(move |bit| (place, bit))) {
        let mut changed = values.clone();
        changed[place] = f32::from_bits(changed[place].to_bits() ^ (1 << bit));
        assert_ne!(params_hash(&changed), before, "bit {bit} of {place}");
    }
    let mut swapped = values.clone();
    swapped.swap(3, 4);
    assert_ne!(params_hash(&swapped), before);
    assert_eq!(params_hash(&values), before);
}
