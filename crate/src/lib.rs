//! Center loss and nearest-center classification: the kernels behind the npm package `center-loss`.
//!
//! Rows x_i of an embedding `x [B, D]`, labels y_i, centers `c [C, D]`, all row-major `f32`.
//!
//! | what | formula | file |
//! |---|---|---|
//! | squared distance | d_ij = Σ_k (x_ik − c_jk)² | `rows`, `distance` |
//! | loss | w·Σ_i max(d_{i,y_i} − r, 0), the weight w by reduction | `loss` |
//! | input gradient | ∂loss/∂x_i = 2w·(x_i − c_{y_i}) where d > r, else 0 | `squared_euclidean` |
//! | center gradient | ∂loss/∂c_j = −Σ_{i: y_i = j} ∂loss/∂x_i | `squared_euclidean` |
//! | center update | c_j ← c_j − α·Σ_{i: y_i = j}(c_j − x_i) / (1 + n_j), and other averages | `rules` |
//! | nearest center | argmin_j d_ij, the lowest j among equals | `predict` |
//! | probabilities | p_ij = e^(−d_ij) / Σ_k e^(−d_ik) | `softmin` |
//!
//! Layers, each using only those before it: `vector` (four lanes; as `f64` `wide`, as `u32` `integers`) and `shape` (checked
//! views); `rows` (the walks over dimensions); `row_sum` (exact sums of rows), `groups` (the classes of a batch) and `center_gradient`
//! (where their sums go); `packed` (rows turned for a tile), `products` (the tile) and `settle` (what it leaves in doubt),
//! which make up `expansion`, many distances at once, beside `direct`, few of them, and `elimination`, one row's nearest;
//! the formulas above, of which loss, gradients and update are one `batch_pass`, and `init`; `open_set`, all that goes
//! beyond them; `bindings`, the classes that JavaScript sees.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(
    target_arch = "wasm32",
    allow(clippy::float_cmp, reason = "what wasm-bindgen writes for enums; native builds check the kernels")
)]

#[cfg(target_arch = "wasm32")]
extern crate alloc;

pub mod batch_pass;
pub mod center_gradient;
mod direct;
pub mod distance;
mod elimination;
pub mod expansion;
pub mod groups;
pub mod init;
pub mod integers;
pub mod loss;
pub mod open_set;
mod packed;
pub mod predict;
mod products;
pub mod row_sum;
pub mod rows;
pub mod rules;
mod settle;
pub mod shape;
pub mod softmin;
mod squared_euclidean;
pub mod vector;
pub mod wide;

#[cfg(target_arch = "wasm32")]
mod bindings;
