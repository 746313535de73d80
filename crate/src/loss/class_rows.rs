//! Rows of a batch by class, and their parts in the gradients of the centers.
//!
//! A loss whose sums over all classes have a closed form writes each center's gradient once: the closed form, then the
//! parts of the rows of that class, summed in `f64`. The time is O((B + C)·D).

use crate::rows::shape::{Rows, item, item_mut, slice_mut, split_mut};
use crate::rows::walk_f64::{add_difference, narrow_to, widen_to};
use crate::simd::vector::{LANES, Vector};

/// End of a list.
const NO_ROW: u32 = u32::MAX;

/// Linked lists of entries: rows, which may be in more than one list under different numbers.
#[derive(Debug)]
pub(crate) struct ClassRows<'a> {
    /// Last entry of each list.
    last: &'a mut [u32],
    /// Entry before each entry in its list.
    before: &'a mut [u32],
}

impl<'a> ClassRows<'a> {
    /// Makes empty lists for `entries` entries in `links`, which has a value for each list and each entry, with any
    /// content.
    pub(crate) fn new(links: &'a mut [u32], lists: usize, entries: usize) -> Self {
        let (last, rest) = split_mut(links, lists);
        last.fill(NO_ROW);
        Self { last, before: slice_mut(rest, 0, entries) }
    }

    #[allow(clippy::cast_possible_truncation, reason = "rows fit the 32 bits of a wasm address")]
    pub(crate) fn push(&mut self, list: usize, entry: usize) {
        *item_mut(self.before, entry) = core::mem::replace(item_mut(self.last, list), entry as u32);
    }

    /// grad ← grad − Σ_i f_i·(x_i − c) over the entries of a list; `part` gives the row i of an entry and its factor f_i.
    /// `sum` is scratch.
    #[inline(never)]
    pub(crate) fn subtract<V: Vector>(
        &self,
        list: usize,
        x: Rows,
        center: &[f32],
        part: &dyn Fn(usize) -> (usize, f64),
        sum: &mut [[f64; LANES]],
        grad: &mut [f32],
    ) {
        let mut next = item(self.last, list);
        if next == NO_ROW {
            return;
        }
        widen_to::<V>(grad, sum);
        while next != NO_ROW {
            let entry = next as usize;
            let (row, factor) = part(entry);
            add_difference::<V>(x.row(row), center, -factor, sum);
            next = item(self.before, entry);
        }
        narrow_to::<V>(sum, grad);
    }
}
