//! Memory that JavaScript views: aligned for vectors, as the allocator aligns everything, and zeroed when it is
//! allocated.

use alloc::boxed::Box;
use core::ops::{Deref, DerefMut};

use bytemuck::Zeroable;
use bytemuck::allocation::try_zeroed_slice_box;

/// Slice of `T` that owns its memory.
pub(crate) struct Buffer<T>(Box<[T]>);

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T: Zeroable> Buffer<T> {
    /// Allocates `rows` · `width` zeros.
    pub(crate) fn zeroed(rows: usize, width: usize) -> Option<Self> {
        try_zeroed_slice_box(rows.checked_mul(width)?).ok().map(Self)
    }

    /// Makes the buffer at least `rows` · `width` long. Growth loses the values, also on failure.
    #[inline(never)]
    pub(crate) fn reserve(&mut self, rows: usize, width: usize) -> bool {
        if rows.checked_mul(width).is_some_and(|len| len <= self.len()) {
            return true;
        }
        // Free the old memory first: there may not be enough for both.
        *self = Self::default();
        Self::zeroed(rows, width).map(|larger| *self = larger).is_some()
    }
}

impl<T> Buffer<T> {
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    pub(crate) fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

/// Returns true if there is memory for the small allocation in which wasm-bindgen passes a `T` to JavaScript. That
/// allocation traps on failure, so it is tried here first.
pub(crate) fn fits<T>() -> bool {
    Buffer::<u8>::zeroed(size_of::<T>() + 64, 1).is_some()
}
