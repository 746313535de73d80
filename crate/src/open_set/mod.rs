//! The open-set head: losses beyond the core's, and the decision between a class and "unknown".
//!
//! A module of its own, `open-set.wasm`, so that who only trains with center loss need not load it. It works in the
//! memory of the core module, on the same centers.
//!
//! | what | formula | file |
//! |---|---|---|
//! | closed-set accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |
//! | statistics of classes | n, m, M and T of rows that come one after the other | `statistics` (in `statistics_layout`), `scatter` (T) |

pub mod accuracy;
mod scatter;
pub mod statistics;
pub mod statistics_layout;
