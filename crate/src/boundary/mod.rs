//! What JavaScript calls: numbers in, numbers out, no arithmetic.
//!
//! Every address is that of memory from the heap's start on (`src/heap.ts`), which no module's linker gave to anything,
//! 16-byte aligned and large enough for the shape that comes with it; no two of one call overlap. All `unsafe` of the
//! boundary rests on that one contract, which `src/memory.ts` and its callers keep. Nothing in Rust allocates:
//! `src/heap.ts` knows what is free.
//!
//! The signatures are plain C ones of 32-bit integers and doubles, so that a module of any engine, also one translated
//! to JavaScript, is called alike without glue.
//!
//! The crate makes two modules: `core`, whole in itself, and with the feature `open-set` the one of
//! [`crate::open_set`], which works in the memory of the first.
#![allow(unsafe_code, reason = "addresses from JavaScript become slices here")]
#![allow(clippy::must_use_candidate, reason = "their results go to JavaScript, where Rust can't watch over them")]
#![allow(clippy::too_many_arguments, reason = "only numbers cross the boundary, so nothing can be bundled")]

use core::slice::{from_raw_parts, from_raw_parts_mut};

use crate::groups::{Group, Groups};
use crate::loss::Reduction;
use crate::row_sum::RowSums;
use crate::vector::trap;
use crate::workspace::Layout;

#[cfg(not(feature = "open-set"))]
pub mod core_module;
#[cfg(feature = "open-set")]
pub mod open_set;

#[panic_handler]
fn on_panic(_: &core::panic::PanicInfo) -> ! {
    trap()
}

pub(crate) fn read<'a, T>(address: usize, len: usize) -> &'a [T] {
    // SAFETY: by the contract above.
    unsafe { from_raw_parts(address as *const T, len) }
}

pub(crate) fn write<'a, T>(address: usize, len: usize) -> &'a mut [T] {
    // SAFETY: by the contract above, and no two operands overlap.
    unsafe { from_raw_parts_mut(address as *mut T, len) }
}

/// The reduction by the number that TypeScript has for it.
pub(crate) fn reduction_of(code: u32) -> Reduction {
    match code {
        0 => Reduction::Mean,
        1 => Reduction::Batch,
        2 => Reduction::Wen,
        3 => Reduction::Sum,
        _ => trap(),
    }
}

/// The parts of a workspace that a pass over a batch uses.
#[inline(never)]
pub(crate) fn workspace<'a>(
    address: usize,
    labels: &[i32],
    n_dim: usize,
    slot_of_class: &'a mut [u32],
) -> (Groups<'a>, RowSums<'a>, &'a mut [f32]) {
    let layout = Layout::new(labels.len(), slot_of_class.len(), n_dim);
    let part = |offset| address + offset;
    let groups = Groups::new(labels, slot_of_class, write::<Group>(part(layout.groups), layout.groups_len));
    let (runs, totals) = (write(part(layout.runs), layout.runs_len), write(part(layout.totals), layout.totals_len));
    (groups, RowSums::new(runs, totals, n_dim), write(part(layout.sum), n_dim))
}
