//! Rows of a matrix: views that check their bounds, walks over dimensions, and exact sums.
//!
//! | file | content |
//! |---|---|
//! | `shape` | views of rows and labels |
//! | `walk` | walks over the dimensions of rows, ‖x − c‖² among them |
//! | `walk_f64` | walks that sum in `f64` |
//! | `row_sums` | sums of many rows, exact to the last bits of `f32` |
//! | `batch_classes` | classes of a batch, each with a slot |

pub mod batch_classes;
pub mod row_sums;
pub mod shape;
pub mod walk;
pub(crate) mod walk_f64;
