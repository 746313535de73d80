//! Statistics of classes, added batch by batch and merged across machines.
//!
//! | file | content |
//! |---|---|
//! | `class_statistics` | count, mean, variance and scatter of each class |
//! | `scatter` | scatter matrices Σ w·v·vᵀ |

pub mod class_statistics;
pub(crate) mod scatter;
