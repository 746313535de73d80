#!/usr/bin/env bash
# One command for everything: ./build.sh help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=scripts/say.sh
. scripts/say.sh
# shellcheck source=scripts/toolchain.sh
. scripts/toolchain.sh
# shellcheck source=scripts/build.sh
. scripts/build.sh
# shellcheck source=scripts/python.sh
. scripts/python.sh
# shellcheck source=scripts/test.sh
. scripts/test.sh
# shellcheck source=scripts/supply-chain.sh
. scripts/supply-chain.sh
# shellcheck source=scripts/bench.sh
. scripts/bench.sh
# shellcheck source=scripts/matrix.sh
. scripts/matrix.sh

usage() {
  cat <<'TEXT'
Usage: ./build.sh VERB [options]

  build   the package into dist/
  test    build, then linters, native tests and the package's tests, in Node and in Chromium
          test --all: also every example, cold start, newcomer, reproduce, and CI's part of the matrix
  lint    build, then formatters, linters and types alone
  demo    build, then train on MNIST with and without center loss and report  (--quick, --help)
          demo open-set: train on six digits, tell the other four from them    (--quick, --help)
  bench   build, then time it against what one would use instead              (--quick, --help)
          bench coldstart: how long until the first loss                      (--quick)
          bench shapes: a heat map of efficiency over 700 shapes              (--quick, --docs)
          bench statistics: how fast rows become statistics of classes       (--quick)
          bench init: initial centers beside PyTorch                         (--quick)
          bench classes: classes that come and go, beside decisions           (--quick)
          bench open-set: its losses and scores beside PyTorch               (--quick)
  site    build, then the docs and the API reference as a site in build/site   (--serve: and show it)
  matrix  build, then run the suite of the packed package in every runtime and bundler    (--ci, --only TEXT)
  reproduce  build in two folders, compare all bytes, and leave the package in build/
  audit   check licences, sources and known faults of crates and npm packages
  newcomer  build, then pack the package and use it in empty folders, as a new user does       (WORD: trials with it)
  help    this text

Each verb sets up what it needs (npm packages, Rust's wasm32 target, Chromium for the tests) and reuses what is there.
What it builds for that is kept in ~/.cache/center-loss, or where CENTER_LOSS_CACHE says.
TEXT
}

verb=${1:-help}
[ $# -eq 0 ] || shift
started=$SECONDS
case $verb in
  build) build ;;
  test) run_tests "$@" ;;
  lint) run_lint ;;
  demo) build && link_package && node examples/mnist/main.js "$@" ;;
  bench) build && run_bench "$@" ;;
  site) build && build_site && { [ "${1:-}" != --serve ] || site/node_modules/.bin/vitepress preview site; } ;;
  reproduce) run_reproduce ;;
  audit) run_audit ;;
  newcomer) build && run_newcomer "$@" ;;
  matrix) build && ensure_toolchain && run_matrix "$@" ;;
  help | -h | --help) usage; exit ;;
  *) usage >&2; die "there is no verb '$verb'." ;;
esac
say "$verb: $((SECONDS - started)) s"
