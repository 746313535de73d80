//! Center loss and nearest-center classification: the kernels behind the npm package `center-loss`.
//!
//! Rows x_i of an embedding `x [B, D]`, labels y_i, centers `c [C, D]`, all row-major `f32`.
//!
//! `simd` is the lowest layer, `rows` uses it, the folders of formulas use both and each other, and `bindings` uses all:
//!
//! | folder | content |
//! |---|---|
//! | `simd` | lanes: the only code with instructions of a machine |
//! | `rows` | checked views, walks over dimensions, exact sums of rows |
//! | `distance` | distances of rows to centers |
//! | `update` | gradients of centers, and rules that move centers |
//! | `loss` | losses and their gradients |
//! | `init` | initial centers |
//! | `detect` | nearest class, scores, thresholds |
//! | `metrics`, `statistics` | quality of decisions; means, variances and scatter of classes |
//! | `bindings` | classes that JavaScript sees; no arithmetic |
//!
//! The `mod.rs` of each folder lists its formulas and their files.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(
    target_arch = "wasm32",
    allow(clippy::float_cmp, reason = "what wasm-bindgen writes for enums; native builds check the kernels")
)]

#[cfg(target_arch = "wasm32")]
extern crate alloc;

pub mod detect;
pub mod distance;
pub mod init;
pub mod loss;
pub mod metrics;
pub mod rows;
pub mod simd;
pub mod statistics;
pub mod update;

#[cfg(target_arch = "wasm32")]
mod bindings;
