/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/scopeguard-999ad50ae7b8af69.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/scopeguard-1.2.0/src/lib.rs

/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/libscopeguard-999ad50ae7b8af69.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/scopeguard-1.2.0/src/lib.rs

/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/libscopeguard-999ad50ae7b8af69.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/scopeguard-1.2.0/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/scopeguard-1.2.0/src/lib.rs:
