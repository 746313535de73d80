# The benchmarks: of the work, of how it grows, of all shapes, and of how long a program takes to its first result.
# shellcheck shell=bash

ensure_peers() { ensure_packages bench/peers "what the package is timed against, and a newer Node (390 MB)"; }

run_bench() {
  local which=${1:-}
  case $which in
    coldstart)
      shift
      ensure_packages bench/coldstart "what cold starts are compared with (380 MB)"
      node bench/coldstart/main.js "$@"
      ;;
    scaling) shift && node bench/scaling/main.js "$@" ;;
    open-set) shift && node bench/open-set/main.js "$@" ;;
    init) shift && node bench/init/main.js "$@" ;;
    init) shift && node bench/init/main.js "$@" ;;
    statistics) shift && node bench/statistics/main.js "$@" ;;
    shapes) shift && node bench/efficiency/main.js "$@" ;;
    *) ensure_peers && node bench/main.js "$@" ;;
  esac
}
