# The benchmarks: of the work, and of how long a program takes to its first result.
# shellcheck shell=bash

run_bench() {
  if [ "${1:-}" = coldstart ]; then
    shift
    ensure_packages bench/coldstart "what cold starts are compared with (380 MB)"
    node bench/coldstart/main.js "$@"
  else
    node bench/main.js "$@"
  fi
}
