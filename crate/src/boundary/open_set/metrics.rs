//! How well a classifier does: see [`crate::open_set::accuracy`].
#![allow(unsafe_code, reason = "the names that are exported")]

use crate::boundary::read;
use crate::open_set::accuracy;

/// The share of the known rows whose class is predicted.
#[unsafe(no_mangle)]
pub extern "C" fn accuracy(predicted: usize, labels: usize, rows: usize) -> f64 {
    accuracy::accuracy(read(predicted, rows), read(labels, rows))
}
