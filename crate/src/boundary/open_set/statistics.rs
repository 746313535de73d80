//! Statistics of classes, which live in one block of memory: see [`crate::open_set::statistics`].
#![allow(unsafe_code, reason = "the names that are exported")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "parts of memory that was had")]
#![allow(clippy::cast_precision_loss, reason = "sizes of 32 bits")]

use crate::boundary::{read, write};
use crate::open_set::statistics::{Covariance, Memory, Statistics};
use crate::open_set::statistics_layout::{Layout, Part};
use crate::shape::Rows;
use crate::vector::{Lanes, trap};

fn covariance_of(code: u32) -> Covariance {
    match code {
        0 => Covariance::None,
        1 => Covariance::Diagonal,
        2 => Covariance::Tied,
        _ => trap(),
    }
}

#[inline(never)]
fn statistics<'a>(address: usize, n_classes: usize, dim: usize, covariance: u32) -> Statistics<'a> {
    let covariance = covariance_of(covariance);
    let layout = Layout::new(n_classes as f64, dim as f64, covariance);
    let start = |part: Part| address + part.start as usize;
    let floats = |part: Part| write::<f32>(start(part), part.len as usize);
    let doubles = |part: Part| write::<f64>(start(part), part.len as usize);
    let memory = Memory {
        pivots: floats(layout.pivots),
        sums: floats(layout.sums),
        tied: floats(layout.tied),
        differences: floats(layout.differences),
        head: write(start(layout.head), 1),
        runs: write(start(layout.runs), n_classes),
        delta: doubles(layout.delta),
        totals: doubles(layout.totals),
    };
    Statistics::new(memory, dim, covariance)
}

/// Bytes that statistics take, also where no memory has so many.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_bytes(n_classes: f64, dim: f64, covariance: u32) -> f64 {
    Layout::new(n_classes, dim, covariance_of(covariance)).bytes
}

/// Where the totals begin, in bytes from the start; they go on to the end, as 64-bit numbers.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_totals(n_classes: usize, dim: usize, covariance: u32) -> usize {
    Layout::new(n_classes as f64, dim as f64, covariance_of(covariance)).totals.start as usize
}

/// Makes memory ready, after all of it was set to 0 or totals were written.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_restore(address: usize, n_classes: usize, dim: usize, covariance: u32) {
    statistics(address, n_classes, dim, covariance).restore();
}

/// Adds rows, of weight 1 if `weights` is 0.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_add(
    address: usize,
    n_classes: usize,
    dim: usize,
    covariance: u32,
    x: usize,
    labels: usize,
    rows: usize,
    weights: usize,
    forgetting: f64,
) {
    let x = Rows::new(read(x, rows * dim), dim);
    let weights = if weights == 0 { &[] } else { read(weights, rows) };
    statistics(address, n_classes, dim, covariance).add::<Lanes>(x, read(labels, rows), weights, forgetting);
}

/// Makes the totals those of all rows.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_settle(address: usize, n_classes: usize, dim: usize, covariance: u32) {
    statistics(address, n_classes, dim, covariance).settle::<Lanes>();
}

/// Adds the rows of other statistics, elsewhere, of the same shape.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_merge(address: usize, n_classes: usize, dim: usize, covariance: u32, other: usize) {
    let mut other = statistics(other, n_classes, dim, covariance);
    statistics(address, n_classes, dim, covariance).merge::<Lanes>(&mut other);
}

/// The means [n_classes, n_dim] in 32 bits, after [`statistics_settle`], as the others.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_centers(address: usize, n_classes: usize, dim: usize, covariance: u32, centers: usize) {
    statistics(address, n_classes, dim, covariance).centers(write(centers, n_classes * dim));
}

/// The variances [n_classes, n_dim] in 64 bits.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_variances(address: usize, n_classes: usize, dim: usize, covariance: u32, out: usize) {
    statistics(address, n_classes, dim, covariance).variances(write(out, n_classes * dim));
}

/// The tied covariance [n_dim, n_dim] in 64 bits.
#[unsafe(no_mangle)]
pub extern "C" fn statistics_covariance(address: usize, n_classes: usize, dim: usize, covariance: u32, out: usize) {
    statistics(address, n_classes, dim, covariance).tied_covariance(write(out, dim * dim));
}
