/work/main/crate/target/wasm/release/deps/wasm_bindgen_macro-5ac2fd3edb129dbe.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/wasm-bindgen-macro-0.2.130/src/lib.rs

/work/main/crate/target/wasm/release/deps/libwasm_bindgen_macro-5ac2fd3edb129dbe.so: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/wasm-bindgen-macro-0.2.130/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/wasm-bindgen-macro-0.2.130/src/lib.rs:
