# The demos: trainings on real data, and reports of what came of them.
# shellcheck shell=bash

FASHION_MNIST=/usr/share/datasets/fashion-mnist

# Unknown images beside the unknown digits. Where there is none to be had, the demo shows the digits alone and says so.
ensure_fashion_mnist() {
  [ -d "$FASHION_MNIST" ] && return
  step "Fashion-MNIST from apt (30 MB)" apt_install dataset-fashion-mnist 2>/dev/null ||
    say "  no Fashion-MNIST here (Debian's package dataset-fashion-mnist): the unknown are held-out digits alone"
}

run_demo() { # run_demo [open-set] [options]
  case ${1:-} in
    open-set)
      shift
      case " $* " in *" --help "*) ;; *) ensure_fashion_mnist ;; esac
      node demo/open-set/main.js "$@"
      ;;
    *) node demo/main.js "$@" ;;
  esac
}
