//! Classes that JavaScript sees. `#[wasm_bindgen]` writes their glue and their TypeScript declarations.
//!
//! An object owns its memory. JavaScript asks for the address of an array, writes or reads there through a view, and
//! calls a method. Only numbers, enums and these classes cross.
//!
//! No method that computes allocates: `create` and the `reserve_…` and `prepare` methods do, and they return `None` or
//! `false` where memory does not suffice. So exhausted memory never traps.
#![allow(unsafe_code, reason = "the derives and macros of bytemuck and wasm-bindgen expand to it")]

pub(crate) mod batch;
pub(crate) mod buffer;
pub(crate) mod center_loss;
pub(crate) mod centers;
pub(crate) mod detect;
pub(crate) mod proxy_loss;
pub(crate) mod scores;
pub(crate) mod statistics;
pub(crate) mod workspace;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[panic_handler]
fn on_panic(_: &core::panic::PanicInfo) -> ! {
    crate::vector::trap()
}
