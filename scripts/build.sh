# The steps from sources to dist/: npm packages, the WebAssembly module, the TypeScript around it.
# shellcheck shell=bash

GENERATED=build/generated

ensure_node() {
  command -v node >/dev/null || die "no Node.js: install version 20 or newer from https://nodejs.org and run this again."
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
    die "Node.js $(node -v) is too old: install version 20 or newer and run this again."
}

# Packages as a lock file names them, installed once for each version of it. No install scripts: what we use needs none.
ensure_packages() { # ensure_packages FOLDER WHAT
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock.json" && return
  step "npm packages: $2" npm ci --prefix "$1" --no-audit --no-fund --ignore-scripts ||
    die "npm packages could not be installed: check that npm reaches its registry and run this again."
  cp "$1/package-lock.json" "$1/node_modules/.installed-lock.json"
}

# What a build depends on, as one number.
fingerprint() { # fingerprint PATH...
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
}

is_current() { # is_current STAMP FINGERPRINT PRODUCT
  [ -f "$1" ] && [ "$(cat "$1")" = "$2" ] && [ -e "$3" ]
}

# The core and the open-set module, each three times: with SIMD, without (portable), and that translated to JavaScript.
build_wasm() {
  local inputs
  inputs=$(fingerprint crate/src crate/Cargo.toml Cargo.toml Cargo.lock .cargo scripts package-lock.json)
  is_current build/wasm.stamp "$inputs" "$GENERATED/wasm/open-set-translated.js" && return
  ensure_toolchain
  # The stamp goes first: it must not vouch for a build that failed half-way.
  rm -rf build/wasm.stamp "$GENERATED"
  mkdir -p "$GENERATED/wasm"
  step "kernels with SIMD (cargo)" compile_simd || die "the crate does not build; see above."
  step "portable kernels (cargo)" compile_portable || die "the crate does not build without SIMD; see above."
  step "wasm-opt" optimize_wasm || die "wasm-opt failed; see above."
  step "JavaScript around and instead of it" generate_javascript || die "the JavaScript could not be made; see above."
  "${WASM_RUSTC:-rustc}" --version >build/compiler.txt
  printf '%s' "$inputs" >build/wasm.stamp
}

# A target folder of its own: the wasm compiler may be another than the native one, and they would undo each other.
compile_wasm() { # compile_wasm NAME-OF-TARGET-FOLDER [OPTION...]
  CARGO_TARGET_DIR=$PWD/target/$1 RUSTC=${WASM_RUSTC:-rustc} \
    cargo build --package center-loss --lib --release --target wasm32-unknown-unknown "${@:2}"
}

# Flags that cargo adds to those of .cargo/config.toml, and that are stronger.
flags() { # flags FLAG...
  local quoted
  quoted=$(printf '"-C", "%s", ' "$@")
  printf 'target.wasm32-unknown-unknown.rustflags = [%s]' "${quoted%, }"
}

PORTABLE=(target-cpu=mvp target-feature=-simd128)
# The module works in the core's memory. It may have the same stack, as neither calls the other. Its constants stand past
# those of the core, and the heap begins past both, at HEAP_START in src/heap.ts: scripts/inline-wasm.js sees to it.
IN_CORE_MEMORY=(link-arg=--import-memory link-arg=--global-base=66560)

compile_simd() {
  compile_wasm simd && compile_wasm open-set-simd --features open-set --config "$(flags "${IN_CORE_MEMORY[@]}")"
}

compile_portable() {
  compile_wasm portable --config "$(flags "${PORTABLE[@]}")" &&
    compile_wasm open-set-portable --features open-set --config "$(flags "${PORTABLE[@]}" "${IN_CORE_MEMORY[@]}")"
}

# No address that the kernels are given lies in the first kilobyte, the far end of the stack, so that an offset added to
# one is part of the load or store.
WASM_OPT=(node_modules/.bin/wasm-opt -O3 --converge --low-memory-unused
  --one-caller-inline-max-function-size=0 --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext
  --enable-mutable-globals --strip-debug --strip-producers --strip-target-features)

optimize_wasm() {
  local product=wasm32-unknown-unknown/release/center_loss.wasm
  # wasm2js knows none of what came after WebAssembly's first version.
  local lower=(--llvm-memory-copy-fill-lowering --llvm-nontrapping-fptoint-lowering --signext-lowering)
  "${WASM_OPT[@]}" --enable-simd target/simd/$product -o "$GENERATED/center-loss.wasm" &&
    "${WASM_OPT[@]}" --enable-simd target/open-set-simd/$product -o "$GENERATED/open-set.wasm" &&
    "${WASM_OPT[@]}" "${lower[@]}" target/portable/$product -o build/portable.wasm &&
    "${WASM_OPT[@]}" "${lower[@]}" target/open-set-portable/$product -o build/open-set-portable.wasm
}

generate_javascript() {
  node scripts/inline-wasm.js "$GENERATED/center-loss.wasm" "$GENERATED/wasm/bytes.js" &&
    node scripts/inline-wasm.js "$GENERATED/open-set.wasm" "$GENERATED/wasm/open-set-bytes.js" &&
    node_modules/.bin/wasm2js -O3 build/portable.wasm -o build/translated.js &&
    node_modules/.bin/wasm2js -O3 build/open-set-portable.wasm -o build/open-set-translated.js &&
    node scripts/translate.js build/translated.js "$GENERATED/wasm/translated.js" Kernels kernels.js &&
    node scripts/translate.js build/open-set-translated.js "$GENERATED/wasm/open-set-translated.js" \
      OpenSetKernels open-set/kernels.js
}

# It alone may use what only Node has, and so it has a check of its own.
bundle_cli() { node_modules/.bin/tsc --project tsconfig.cli.json && node scripts/bundle-cli.js src dist/cli.js; }

build_package() {
  local inputs
  inputs=$(fingerprint src scripts "$GENERATED" tsconfig.json tsconfig.cli.json package.json package-lock.json)
  is_current build/dist.stamp "$inputs" dist/center-loss.wasm && return
  rm -rf build/dist.stamp build/tsc dist
  step "TypeScript (tsc)" node_modules/.bin/tsc || die "the TypeScript sources do not compile; see above."
  cp -R "$GENERATED/wasm" build/tsc/
  step "files to publish (esbuild)" node scripts/bundle.js build/tsc dist || die "the entries could not be bundled; see above."
  step "command line (tsc, esbuild)" bundle_cli || die "the command line could not be bundled; see above."
  cp "$GENERATED"/{center-loss,open-set}.wasm src/{center-loss,open-set}.d.wasm.ts dist/
  printf '%s' "$inputs" >build/dist.stamp
}

build() {
  ensure_node
  mkdir -p build
  ensure_packages . "build and tests"
  build_wasm
  build_package
  local module
  for module in center-loss open-set; do
    say "  built: dist/$module.wasm, $(wc -c <dist/$module.wasm) bytes, $(gzip -9c dist/$module.wasm | wc -c) gzipped"
  done
}
