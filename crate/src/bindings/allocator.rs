//! Allocator of the module.

use core::alloc::{GlobalAlloc, Layout};

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

use crate::simd::vector::trap;

/// Alignment of all memory: that of a vector, which talc gives anyway. One constant takes less code than the layouts.
pub(super) const ALIGNMENT: usize = 16;

/// Heap of talc, with one alignment.
struct Allocator(WasmDynamicTalc);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(new_wasm_dynamic_allocator());

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
