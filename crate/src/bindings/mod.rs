//! Classes that JavaScript sees. `#[wasm_bindgen]` writes their glue and their TypeScript declarations.
//!
//! An object owns its memory. JavaScript asks for the address of an array, reads or writes it through a view, and calls
//! a method. Only numbers, enums and these classes cross. An address holds until a call reserves memory.
//!
//! Memory is allocated by `create`, which returns `None` if there is not enough, and by `reserve…` and `prepare`, which
//! return false. Methods that compute do not allocate. So exhausted memory never traps.
//!
//! All methods borrow mutably, even those that only read, and all classes have one alignment. Their glue then differs
//! only in the method called: the module has equal code once, and compresses similar code.
#![allow(unsafe_code, reason = "the derives and macros of bytemuck and wasm-bindgen expand to it")]

use bytemuck::CheckedBitPattern;

mod allocator;
pub(crate) mod batch;
pub(crate) mod buffer;
pub(crate) mod center_loss;
pub(crate) mod centers;
pub(crate) mod codes;
pub(crate) mod detect;
pub(crate) mod proxy_loss;
pub(crate) mod scores;
pub(crate) mod scratch;
pub(crate) mod statistics;
mod whitening;

#[panic_handler]
fn on_panic(_: &core::panic::PanicInfo) -> ! {
    crate::simd::vector::trap()
}

/// Converts a number to the enum; traps if no variant has it.
///
/// Methods take `u32`, with the TypeScript type of the enum. An argument of the enum type itself would be compared with
/// one variant after another, and each method would have code that throws a message.
#[inline]
fn variant<E: CheckedBitPattern<Bits = u32>>(number: u32) -> E {
    match bytemuck::checked::try_cast(number) {
        Ok(variant) => variant,
        Err(_) => crate::simd::vector::trap(),
    }
}
