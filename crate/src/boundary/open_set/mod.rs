//! The functions of the open-set module. `src/open-set/kernels.ts` declares them for TypeScript, file by file.
pub mod center_loss;
pub mod decision;
pub mod metrics;
pub mod separation;
