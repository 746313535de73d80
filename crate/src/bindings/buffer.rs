//! Memory that JavaScript looks into: aligned for vectors, zeroed when it is allocated.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use bytemuck::allocation::try_zeroed_slice_box;
use bytemuck::{AnyBitPattern, NoUninit, Pod, Zeroable, try_cast_slice, try_cast_slice_mut};

use crate::shape::{part, part_mut};
use crate::vector::trap;

/// Unit of allocation: it gives every buffer the alignment of a vector.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(16))]
struct Lanes([u32; 4]);

/// Slice of `T` in memory of its own.
pub(crate) struct Buffer<T> {
    lanes: Box<[Lanes]>,
    len: usize,
    values: PhantomData<T>,
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Self { lanes: Box::default(), len: 0, values: PhantomData }
    }
}

impl<T: AnyBitPattern + NoUninit> Buffer<T> {
    /// Allocates `rows` · `width` zeros; `None` where memory does not suffice.
    pub(crate) fn zeroed(rows: usize, width: usize) -> Option<Self> {
        let len = rows.checked_mul(width)?;
        // Four values of any size fill up lanes, which are cast to whole values.
        let lanes = allocate(len.checked_next_multiple_of(4)?.checked_mul(size_of::<T>())?)?;
        Some(Self { lanes, len, values: PhantomData })
    }

    /// Makes the buffer at least `rows` · `width` long and says whether memory sufficed. Growth loses the values.
    pub(crate) fn reserve(&mut self, rows: usize, width: usize) -> bool {
        if rows.checked_mul(width).is_some_and(|len| len <= self.len) {
            return true;
        }
        // The old memory goes first: both may not fit.
        *self = Self::default();
        Self::zeroed(rows, width).map(|larger| *self = larger).is_some()
    }

    pub(crate) fn address(&self) -> usize {
        self.lanes.as_ptr().addr()
    }
}

/// Says whether memory suffices for the small allocation by which wasm-bindgen hands an object of type `T` to
/// JavaScript: it cannot fail but by a trap, so it is tried first.
pub(crate) fn fits<T>() -> bool {
    allocate(size_of::<T>() + 64).is_some()
}

#[inline(never)]
fn allocate(bytes: usize) -> Option<Box<[Lanes]>> {
    try_zeroed_slice_box(bytes.div_ceil(size_of::<Lanes>())).ok()
}

impl<T: AnyBitPattern + NoUninit> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // `cast_slice` would bring the formatting of its panic into the module.
        let Ok(values) = try_cast_slice(&self.lanes) else { trap() };
        part(values, 0, self.len)
    }
}

impl<T: AnyBitPattern + NoUninit> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let Ok(values) = try_cast_slice_mut(&mut self.lanes) else { trap() };
        part_mut(values, 0, self.len)
    }
}
