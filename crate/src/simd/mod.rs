//! Lanes: the only code that names the instructions of a machine.
//!
//! Every kernel is generic over [`vector::Vector`], which wasm implements with `v128` and native code with an array in
//! the same lane order, so that both give the same bits.
//!
//! | file | content |
//! |---|---|
//! | `vector` | four `f32` lanes |
//! | `f64x4` | the same four lanes in double precision |
//! | `u32x4` | four `u32` lanes, for random numbers and products of integers |
//! | `float16` | conversions of binary16: to `f32`, from `f64` |

pub mod f64x4;
pub mod float16;
pub mod u32x4;
pub mod vector;
