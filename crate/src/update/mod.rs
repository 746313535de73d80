//! Gradients of centers, and rules that move centers.
//!
//! | update | formula | file |
//! |---|---|---|
//! | gradient | ∂loss/∂c_j = −Σ_{i: y_i = j} ∂loss/∂x_i | `center_gradient` |
//! | averages | c_j ← c_j − α·Σ_{i: y_i = j}(c_j − x_i) / (1 + n_j), and others | `averages` |
//! | SGD | v ← m·v + g, c ← c − η·v | `sgd` |
//!
//! `params_hash` shows whether centers have changed.

pub mod averages;
pub mod center_gradient;
pub mod params_hash;
pub mod sgd;
