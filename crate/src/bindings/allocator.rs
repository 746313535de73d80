//! Allocator of the module.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

use crate::simd::vector::trap;

/// Alignment of all memory: that of a vector, which talc gives anyway. One constant takes less code than the layouts.
pub(super) const ALIGNMENT: usize = 16;

/// Bytes of a page of WebAssembly.
const PAGE_BYTES: usize = 1 << 16;

/// Memory of the module, which grows by a quarter where it can: each growth costs the runtime a time that rises with
/// the memory and with the objects of JavaScript.
#[derive(Debug)]
struct Growth {
    /// End of the memory that talc has.
    end: Option<NonNull<u8>>,
}

// SAFETY: it neither allocates nor uses the allocator that holds it.
unsafe impl Source for Growth {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        // Free memory at the end counts, so that the last of it can be used.
        // SAFETY: `end` is what talc gave for the heap.
        let free = talc.source.end.map_or(0, |end| end.addr().get() - unsafe { talc.reserved(end) }.up_to.addr().get());
        // One page more than the size holds what talc adds to it.
        let least = layout.size().saturating_sub(free).div_ceil(PAGE_BYTES) + 1;
        let pages = least.max(memory_size::<0>() / 4);
        let (first, pages) = grown(pages).or_else(|| grown(least)).ok_or(())?;
        let (start, bytes) = (first * PAGE_BYTES, pages * PAGE_BYTES);
        // The end of 4 GB is no address.
        let [start, new_end] = [start, start.saturating_add(bytes)].map(core::ptr::without_provenance_mut);
        talc.source.end = match talc.source.end.take() {
            // SAFETY: the memory before `start` is talc's, the new memory is nobody's.
            Some(end) if end.as_ptr() == start => Some(unsafe { talc.extend(end, new_end) }),
            // SAFETY: the new memory is nobody's.
            _ => unsafe { talc.claim(start, bytes) },
        };
        Ok(())
    }
}

/// Grows the memory, and returns the first new page with the number of pages.
fn grown(pages: usize) -> Option<(usize, usize)> {
    let first = memory_grow::<0>(pages);
    (first != usize::MAX).then_some((first, pages))
}

/// Heap of talc, with one alignment.
struct Allocator(TalcSyncCell<Growth, WasmBinning>);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(TalcSyncCell::new_wasm(Growth { end: None }));
// SAFETY: talc fulfills the contract; its memory is aligned as layouts ask, since none asks for more than `ALIGNMENT`.
unsafe impl GlobalAlloc for Allocator {
    /// Allocates, or traps if there is not enough memory: the handler of the standard library would format a message.
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: talc has the contract of `alloc`, which the caller keeps.
        let memory = unsafe { self.0.alloc(aligned(layout)) };
        if memory.is_null() {
            trap();
        }
        memory
    }

    /// Allocates zeros; returns null if there is not enough memory.
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: talc has the contract of `alloc_zeroed`, which the caller keeps.
        unsafe { self.0.alloc_zeroed(aligned(layout)) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: talc has the contract of `dealloc`, which the caller keeps; `aligned` gives the layout of the
        // allocation.
        unsafe { self.0.dealloc(memory, aligned(layout)) }
    }
}

/// Layout of the same size with [`ALIGNMENT`].
#[inline]
fn aligned(layout: Layout) -> Layout {
    match Layout::from_size_align(layout.size(), ALIGNMENT) {
        Ok(aligned) if layout.align() <= ALIGNMENT => aligned,
        _ => trap(),
    }
}
