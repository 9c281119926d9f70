#!/usr/bin/env bash
# Makes the Python environment that `make bench` compares with, in .tools/bench.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.tools/bench
[ -e "$venv/installed" ] && exit
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  echo "python3-venv is missing: \`make setup-tests\` installs it" >&2
  exit 1
fi
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: polars scipy
touch "$venv/installed"
