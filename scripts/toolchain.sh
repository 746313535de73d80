# The Rust side of the set-up: cargo, a wasm32 standard library, wasm-pack and wasm-bindgen.
# Everything heavy lands in $CACHE, in folders named by version, and is reused from there.
# shellcheck shell=bash

CACHE=${CENTER_LOSS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/center-loss}
# Set by ensure_wasm32 where the wasm build needs another compiler than the native one.
WASM_RUSTC=
LLD_MAJOR=22
WASM_PACK=0.15.0

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

apt_install() {
  command -v apt-get >/dev/null || return 1
  # A package list that is there may do; where it is missing or old, it is fetched and the install tried again.
  as_root apt-get install -y --no-install-recommends "$@" || {
    as_root apt-get update && as_root apt-get install -y --no-install-recommends "$@"
  }
}

ensure_cargo() {
  command -v cargo >/dev/null && return
  step "cargo, rustc and rustfmt from apt (no rustup here)" apt_install cargo-web rustc-web rustfmt-web libstd-rust-web-dev gcc libc6-dev ||
    die "no cargo: install Rust from https://rustup.rs (or cargo-web on Debian) and run this again."
}

has_wasm32() { # has_wasm32 RUSTC
  compgen -G "$("$1" --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)/libcore-*.rlib" >/dev/null
}

# A sysroot of our own: the host's libraries by link, and core + alloc built for wasm32 from Debian's sources.
# The crate is no_std, so that std itself is never built (25 s instead of two minutes).
build_debian_sysroot() { # build_debian_sysroot RUSTC SYSROOT
  local rustc=$1 sysroot=$2 work host
  work=$(mktemp -d) || return
  host=$("$rustc" -vV | sed -n 's/^host: //p')
  mkdir -p "$work/src" "$sysroot.part/lib/rustlib/wasm32-unknown-unknown/lib"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$work/Cargo.toml"
  printf '#![no_std]\n' >"$work/src/lib.rs"
  (cd "$work" && RUSTC=$rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$work/target \
    cargo build --release --target wasm32-unknown-unknown -Zbuild-std=core,alloc) || return
  cp "$work"/target/wasm32-unknown-unknown/release/deps/lib{core,alloc,compiler_builtins}-*.rlib \
    "$sysroot.part/lib/rustlib/wasm32-unknown-unknown/lib/" || return
  ln -sfn "$("$rustc" --print sysroot)/lib/rustlib/$host" "$sysroot.part/lib/rustlib/$host"
  mkdir -p "$sysroot.part/bin"
  printf '#!/bin/sh\nexec "%s" --sysroot "%s" "$@"\n' "$rustc" "$sysroot" >"$sysroot.part/bin/rustc"
  chmod +x "$sysroot.part/bin/rustc"
  mv "$sysroot.part" "$sysroot" && rm -rf "$work"
}

# The three ways to a wasm32 target, in the order that is quickest for the most users.
ensure_wasm32() {
  local debian=/usr/bin/rustc sysroot
  has_wasm32 rustc && return
  # Without Debian's rustc the version is empty, and no such sysroot is there.
  sysroot="$CACHE/sysroot-$($debian --version 2>/dev/null | cut -d' ' -f2 || true)"
  if [ ! -x "$sysroot/bin/rustc" ]; then
    if command -v rustup >/dev/null &&
      step "wasm32 target from rustup" timeout 300 rustup target add wasm32-unknown-unknown 2>/dev/null; then
      return
    fi
    say "  rustup can't bring the wasm32 target; building it from the system's Rust sources instead"
    step "rustc, its sources and lld-$LLD_MAJOR from apt" \
      apt_install rustc-web rust-web-src libstd-rust-web-dev "lld-$LLD_MAJOR" ||
      die "no wasm32 target: run 'rustup target add wasm32-unknown-unknown', or install rustc-web, rust-web-src, libstd-rust-web-dev and lld-$LLD_MAJOR with apt, and run this again."
    sysroot="$CACHE/sysroot-$($debian --version | cut -d' ' -f2)"
    mkdir -p "$CACHE" && rm -rf "$sysroot" "$sysroot.part"
    step "core and alloc for wasm32" build_debian_sysroot "$debian" "$sysroot" ||
      die "core could not be built for wasm32: install the wasm32-unknown-unknown target of any Rust ≥ 1.88 and run this again."
  fi
  WASM_RUSTC=$sysroot/bin/rustc
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-$LLD_MAJOR
}

ensure_toolchain() {
  ensure_cargo
  ensure_wasm32
}

# wasm-pack compiles the crate and has wasm-bindgen write the JavaScript around it.
ensure_wasm_tools() {
  local bindgen
  # The command must have the very version of the library.
  bindgen=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' Cargo.lock)
  ensure_wasm_tool wasm-pack "$WASM_PACK" "${WASM_PACK%.*}.*" wasm-pack
  ensure_wasm_tool wasm-bindgen "$bindgen" "$bindgen" wasm-bindgen-cli --no-default-features
}

# A tool that is there, else one that is compiled here. The binaries that its makers publish come without a checksum, and
# these tools write what the package runs; cargo compares what it downloads with the checksums of crates.io.
ensure_wasm_tool() { # ensure_wasm_tool NAME VERSION FITTING-VERSIONS CRATE CARGO-OPTION...
  local folder=$CACHE/$1-$2
  PATH=$folder/bin:$PATH
  has_version "$1" "$3" && return
  say "  compiling $1, once, takes a minute or two"
  step "$1 $2 from crates.io" install_tool "$2" "$folder" "${@:4}" ||
    die "no $1: run 'cargo install $4 --version $2' where crates.io can be reached, and run this again."
}

has_version() { # has_version NAME FITTING-VERSIONS
  local version
  # shellcheck disable=SC2053
  read -r _ version _ < <("$1" --version 2>/dev/null) && [[ $version == $2 ]]
}

# A debug build: the tools have little to do, and optimizing them takes three times as long. A registry may lack a version
# that the lock file of a tool names; then cargo chooses one.
install_tool() { # install_tool VERSION FOLDER CRATE CARGO-OPTION...
  local install=(cargo install "$3" --version "$1" --debug --root "$2.part" "${@:4}")
  rm -rf "$2" "$2.part"
  { "${install[@]}" --locked || "${install[@]}"; } && mv "$2.part" "$2"
}
