//! The functions of the open-set module. `src/open-set/kernels.ts` declares them for TypeScript, file by file.
pub mod center_loss;
pub mod decision;
pub mod metrics;
pub mod separation;
pub mod statistics;

use super::{read, write};

/// None at address 0.
fn read_unless_null<'a, T>(address: usize, len: usize) -> &'a [T] {
    if address == 0 { &[] } else { read(address, len) }
}

/// None at address 0.
fn write_unless_null<'a, T>(address: usize, len: usize) -> &'a mut [T] {
    if address == 0 { &mut [] } else { write(address, len) }
}
