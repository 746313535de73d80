//! The classes of a batch and how many rows each has there.
//!
//! O(B) time, and nothing that grows with the number of classes C: the one table of C entries is handed in, all
//! [`NONE`], and is left so.

use crate::rows::row_sums::RowSum;
use crate::rows::shape::{at, at_mut, class_of, part};

/// No class, no place.
pub const NONE: u32 = u32::MAX;

/// The classes of a batch in the order of their first row.
#[derive(Debug)]
pub struct Groups<'a> {
    slot_of_class: &'a mut [u32],
    found: &'a mut [Group],
    len: usize,
}

/// One class of the batch.
#[cfg_attr(target_arch = "wasm32", derive(bytemuck::Zeroable))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Group {
    /// The class.
    pub class: u32,
    /// The number of its rows in the batch that are still to be taken.
    left: u32,
    /// The sum of the rows taken.
    pub(crate) sum: RowSum,
}

impl Group {
    /// Takes one of the rows, and tells whether it is the last.
    #[inline]
    pub(crate) fn take_row(&mut self) -> bool {
        self.left -= 1;
        self.left == 0
    }
}

impl<'a> Groups<'a> {
    /// The most groups that `rows` rows with `n_classes` classes can make.
    #[must_use]
    pub fn capacity(rows: usize, n_classes: usize) -> usize {
        rows.min(n_classes)
    }

    /// The classes of the rows that have one. `slot_of_class` holds [`NONE`] for every class, and `groups` has
    /// [`Groups::capacity`] places; what the latter hold does not matter.
    #[allow(clippy::cast_possible_truncation, reason = "rows and classes fit the 32 bits of a wasm address")]
    #[must_use]
    pub fn new(labels: &[i32], slot_of_class: &'a mut [u32], groups: &'a mut [Group]) -> Self {
        let mut len = 0;
        for &label in labels {
            let Some(class) = class_of(label, slot_of_class.len()) else { continue };
            let slot = at_mut(slot_of_class, class);
            if *slot == NONE {
                *slot = len as u32;
                *at_mut(groups, len) = Group { class: class as u32, left: 1, sum: RowSum::default() };
                len += 1;
            } else {
                at_mut(groups, *slot as usize).left += 1;
            }
        }
        Self { slot_of_class, found: groups, len }
    }

    /// The groups found.
    #[must_use]
    pub fn as_slice(&self) -> &[Group] {
        part(self.found, 0, self.len)
    }

    /// The place of a class among the groups, past any if it has no row in the batch.
    #[must_use]
    #[inline]
    pub fn place(&self, class: usize) -> usize {
        at(self.slot_of_class, class) as usize
    }

    /// The group at a place.
    #[inline]
    pub(crate) fn at(&mut self, place: usize) -> &mut Group {
        at_mut(self.found, place)
    }
}

impl Drop for Groups<'_> {
    /// Gives the table of classes back as it came.
    fn drop(&mut self) {
        for group in part(self.found, 0, self.len) {
            *at_mut(self.slot_of_class, group.class as usize) = NONE;
        }
    }
}
