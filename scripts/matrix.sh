# The runtimes and bundlers that the package is tried in.
# shellcheck shell=bash

ensure_matrix_packages() {
  cmp -s matrix/package-lock.json matrix/node_modules/.installed-lock.json && return
  # No install scripts: every program here comes inside its package.
  step "npm packages of the matrix (2 GB)" npm ci --prefix matrix --no-audit --no-fund --ignore-scripts ||
    die "the packages of the matrix could not be installed: check that npm reaches its registry and run this again."
  cp matrix/package-lock.json matrix/node_modules/.installed-lock.json
}

run_matrix() {
  ensure_matrix_packages
  ensure_bits
  node matrix/main.js "$@"
}
