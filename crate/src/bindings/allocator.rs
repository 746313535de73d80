//! Allocator of the module.

use core::alloc::{GlobalAlloc, Layout};

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

use crate::simd::vector::trap;

/// Alignment of all memory: that of a vector, which talc gives anyway. A constant takes less code.
pub(super) const ALIGNMENT: usize = 16;

/// Heap of talc.
struct Allocator(WasmDynamicTalc);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(new_wasm_dynamic_allocator());

// SAFETY: talc fulfills the contract; its memory is aligned as layouts ask, since none asks for more than `ALIGNMENT`.
unsafe impl GlobalAlloc for Allocator {
    /// Allocates, or traps where memory does not suffice: the handler of the standard library would format a message.
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises what talc asks for.
        let memory = unsafe { self.0.alloc(aligned(layout)) };
        if memory.is_null() {
            trap();
        }
        memory
    }

    /// Allocates zeros; null where memory does not suffice.
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises what talc asks for.
        unsafe { self.0.alloc_zeroed(aligned(layout)) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller promises what talc asks for.
        unsafe { self.0.dealloc(memory, aligned(layout)) }
    }
}

/// The same size with the one alignment.
#[inline]
fn aligned(layout: Layout) -> Layout {
    match Layout::from_size_align(layout.size(), ALIGNMENT) {
        Ok(aligned) if layout.align() <= ALIGNMENT => aligned,
        _ => trap(),
    }
}
