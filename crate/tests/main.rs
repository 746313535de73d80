//! The kernels on native lanes. The modules have the names of those of `src`; `reference` has every formula in float64.
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "small sizes")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
#![allow(clippy::float_cmp, reason = "many results are exact")]

mod common;
mod reference;

mod bits;
mod codes;
mod distance;
mod independence;
mod init;
mod rows;
mod simd;
mod sizes;
mod update;

mod detect {
    mod classify;
    mod precision;
    mod radii;
    mod softmin;
    mod temperature;
    mod threshold;
    mod whitened;
}

mod loss {
    mod center_loss;
    mod class_weights;
    mod cross_entropy;
    mod deep_svdd;
    pub(crate) mod gradients;
    mod proxy;
    mod reduction;
}

mod statistics {
    mod class_statistics;
}
