//! The open-set head: losses beyond the core's, and the decision between a class and "unknown".
//!
//! A module of its own, `open-set.wasm`, so that who only trains with center loss need not load it. It works in the
//! memory of the core module, on the same centers.
//!
//! | what | formula | file |
//! |---|---|---|
//! | metric | ‖x − c‖², ‖x − c‖, 1 − cos(x, c) | `metric` (a pair), `matrix` (rows × centers) |
//! | penalty | e or ½e², e = max(d − r, 0) | `penalty` |
//! | weights | w_i = class[y_i]·sample[i] | `weights`, `class_weights` (from counts) |
//! | loss of the own centers | s·Σ w_i·ℓ(d(x_i, c_{y_i}), r_{y_i}), its gradients and updates | `single` |
//! | center updates | averages, and SGD | `rules`, `sgd` |
//! | radii | quantiles of d(x_i, c_{y_i}) a class | `radius` |
//! | half precision | binary16 from and to binary32 | `half` |
//! | closed-set accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |
//! | statistics of classes | n, m, M and T of rows that come one after the other | `statistics` (in `statistics_layout`), `run_sums`, `scatter` (T) |

pub mod accuracy;
pub mod class_weights;
pub mod fingerprint;
pub mod half;
pub mod matrix;
pub mod metric;
pub mod penalty;
pub mod radius;
pub mod rules;
mod run_sums;
mod scatter;
pub mod sgd;
pub mod single;
pub mod statistics;
pub mod statistics_layout;
pub mod weights;
