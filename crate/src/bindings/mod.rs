//! Classes that JavaScript sees. `#[wasm_bindgen]` writes their glue and their TypeScript declarations.
//!
//! An object owns its memory. JavaScript asks for the address of an array, writes or reads there through a view, and
//! calls a method. Only numbers, enums and these classes cross.
//!
//! No method that computes allocates: `create` and the `reserve_…` and `prepare` methods do, and they return `None` or
//! `false` where memory does not suffice. So exhausted memory never traps.
//!
//! All methods borrow mutably, also those that change nothing, and all classes have one alignment: their glue is then one
//! code that differs in the method called, which the module needs once where it is equal and compresses where it is alike.
#![allow(unsafe_code, reason = "the derives and macros of bytemuck and wasm-bindgen expand to it")]

use bytemuck::CheckedBitPattern;

mod allocator;
pub(crate) mod batch;
pub(crate) mod buffer;
pub(crate) mod center_loss;
pub(crate) mod centers;
pub(crate) mod detect;
pub(crate) mod proxy_loss;
pub(crate) mod scores;
pub(crate) mod scratch;
pub(crate) mod statistics;

#[panic_handler]
fn on_panic(_: &core::panic::PanicInfo) -> ! {
    crate::simd::vector::trap()
}

/// Converts the number of a variant to the enum; traps on any other number.
///
/// Methods take `u32` and give it the TypeScript type of the enum: an argument of the enum itself is compared with one
/// variant after the other, and each method has code that throws a message.
#[inline]
fn variant<E: CheckedBitPattern<Bits = u32>>(number: u32) -> E {
    match bytemuck::checked::try_cast(number) {
        Ok(variant) => variant,
        Err(_) => crate::simd::vector::trap(),
    }
}
