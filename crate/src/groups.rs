//! The rows of a batch by their class, so that each center is read, and its gradient written, once.
//!
//! O(B) time, and nothing that grows with the number of classes C: the one table of C entries is handed in, all
//! [`NONE`], and is left so.

use crate::shape::{at, at_mut, class_of, part};

/// No class, no row.
pub const NONE: u32 = u32::MAX;

/// The classes of a batch in the order of their first row, each with the chain of its rows in ascending order.
#[derive(Debug)]
pub struct Groups<'a> {
    slot_of_class: &'a mut [u32],
    found: &'a mut [Group],
    next: &'a mut [u32],
    len: usize,
}

/// One class of the batch.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Group {
    /// The class.
    pub class: u32,
    /// The number of its rows in the batch.
    pub count: u32,
    first: u32,
    last: u32,
}

impl<'a> Groups<'a> {
    /// The most groups that `rows` rows with `n_classes` classes can make.
    #[must_use]
    pub fn capacity(rows: usize, n_classes: usize) -> usize {
        rows.min(n_classes)
    }

    /// Groups the rows that have a class. `slot_of_class` holds [`NONE`] for every class, `groups` has
    /// [`Groups::capacity`] places and `next` one a row; what the latter two hold does not matter.
    #[allow(clippy::cast_possible_truncation, reason = "rows and classes fit the 32 bits of a wasm address")]
    #[must_use]
    pub fn new(labels: &[i32], slot_of_class: &'a mut [u32], groups: &'a mut [Group], next: &'a mut [u32]) -> Self {
        let mut len = 0;
        for (row, &label) in labels.iter().enumerate() {
            let Some(class) = class_of(label, slot_of_class.len()) else { continue };
            let row = row as u32;
            *at_mut(next, row as usize) = NONE;
            let slot = at(slot_of_class, class);
            if slot == NONE {
                *at_mut(slot_of_class, class) = len as u32;
                *at_mut(groups, len) = Group { class: class as u32, count: 1, first: row, last: row };
                len += 1;
            } else {
                let group = at_mut(groups, slot as usize);
                *at_mut(next, group.last as usize) = row;
                group.last = row;
                group.count += 1;
            }
        }
        Self { slot_of_class, found: groups, next, len }
    }

    /// The groups found.
    #[must_use]
    pub fn as_slice(&self) -> &[Group] {
        part(self.found, 0, self.len)
    }

    /// The rows of `group`, ascending.
    pub fn rows(&self, group: Group) -> impl Iterator<Item = usize> {
        let mut row = group.first;
        core::iter::from_fn(move || {
            if row == NONE {
                return None;
            }
            let current = row as usize;
            row = at(self.next, current);
            Some(current)
        })
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
