# Python and its packages, for what is tried with them. Nobody needs them for the package.
# shellcheck shell=bash

# What the pinned packages need.
PYTHON_MINOR=11
# Set by ensure_python_packages: the python that has them, or why there is none.
VENV_PYTHON=
NO_PYTHON=

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.{11..14}; do
    [ -n "$candidate" ] && "$candidate" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, $PYTHON_MINOR))" \
      2>/dev/null && printf '%s' "$candidate" && return
  done
  return 1
}

# An environment with the packages of a file, made once for each version of the file and of Python.
ensure_python_packages() { # ensure_python_packages FOLDER WHAT
  local python venv
  NO_PYTHON="no Python ≥ 3.$PYTHON_MINOR with venv"
  python=$(find_python) || return
  venv=$CACHE/venv-$(cd "$1" && { cat requirements*.txt; "$python" -VV; } | cksum | cut -d' ' -f1)
  if [ ! -f "$venv/.installed" ]; then
    rm -rf "$venv"
    NO_PYTHON="pip could not install them"
    step "Python packages: $2" install_python_packages "$python" "$venv" "$1/requirements-test.txt" || return
  fi
  VENV_PYTHON=$venv/bin/python
}

install_python_packages() { # install_python_packages PYTHON VENV REQUIREMENTS
  # Wheels only: what would have to be compiled is no matter of a test.
  "$1" -m venv "$2" && "$2/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --requirement "$3" &&
    touch "$2/.installed"
}

test_ray() {
  if ensure_python_packages examples/ray "Ray, wasmtime (130 MB)"; then
    # Ray would tell its makers that it was used.
    check "Ray: partitions folded by the same WebAssembly, and merged" \
      env RAY_USAGE_STATS_ENABLED=0 PYTHONDONTWRITEBYTECODE=1 "$VENV_PYTHON" -m pytest --quiet -p no:cacheprovider examples/ray/test
  else
    say "  Ray: skipped, $NO_PYTHON"
  fi
}
