//! Codes of centers, kept between calls for an owner that tells of every change.

use super::buffer::Buffer;
use crate::distance::coded::{self, BLOCK, Codes, PairCodes};
use crate::rows::shape::Rows;
use crate::simd::vector::Lanes;

/// Number of rows after which codes are made: about as many cost as much time as making codes.
const WORTHWHILE_ROWS: usize = 32;

/// One class in so many may be added before the codes move to other memory.
const SPARE_SHARE: usize = 16;

/// Codes with their memory: 27 to 32 % of that of the centers for 128 dimensions or more.
#[derive(Default)]
pub(crate) struct KeptCodes {
    /// True if the owner tells of changes.
    pub(super) is_kept: bool,
    /// Rows that were compared with the centers before there were codes.
    rows: usize,
    /// Changes of centers that the codes can still follow; 0 if there are no codes.
    changes: usize,
    blocks: usize,
    codes: Buffer<PairCodes>,
    floats: Buffer<f32>,
    words: Buffer<u32>,
}

impl KeptCodes {
    /// Returns the codes for a call with some rows, if codes pay and there is memory for them.
    pub(super) fn get(&mut self, centers: Rows, rows: usize) -> Option<Codes<'_>> {
        if !self.is_kept || !coded::is_faster(rows, centers.count(), centers.dim()) {
            return None;
        }
        if self.changes == 0 {
            self.rows = self.rows.saturating_add(rows);
            if self.rows < WORTHWHILE_ROWS || !self.make(centers) {
                return None;
            }
        }
        Some(self.view(centers.dim()))
    }

    /// Makes the codes. Without memory for them, as many rows pass again before the next attempt.
    fn make(&mut self, centers: Rows) -> bool {
        let (count, dim) = (centers.count(), centers.dim());
        let blocks = (count + count / SPARE_SHARE).div_ceil(BLOCK);
        let [codes, floats, words] = coded::lengths(blocks, dim);
        self.forget();
        let fits = self.codes.reserve(codes, 1) && self.floats.reserve(floats, 1) && self.words.reserve(words, 1);
        if fits {
            (self.blocks, self.changes) = (blocks, count);
            self.view(dim).fit::<Lanes>(centers);
        } else {
            self.forget();
        }
        fits
    }

    /// Follows the change of one center, of a class that is new or no more.
    pub(super) fn change(&mut self, centers: Rows, class: usize) {
        if self.changes == 0 {
            return;
        }
        self.changes -= usize::from(class < centers.count());
        if self.changes == 0 || class >= self.blocks * BLOCK {
            return self.forget();
        }
        self.view(centers.dim()).encode(centers, class);
    }

    /// Frees the codes.
    fn forget(&mut self) {
        *self = Self { is_kept: self.is_kept, ..Self::default() };
    }

    fn view(&mut self, dim: usize) -> Codes<'_> {
        Codes::new(self.blocks, dim, &mut self.codes, &mut self.floats, &mut self.words)
    }
}
