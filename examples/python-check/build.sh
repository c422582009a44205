#!/usr/bin/env bash
# Builds the component: `build.sh [OUT.wasm]`. componentize-py is installed first if it is missing, into .tools here
# or into the folder that WATCHKEEP_TOOLS names; `build.sh --tools` does only that.
set -euo pipefail
out=$(realpath -m -- "${1:-python-check.wasm}")
cd "$(dirname "$0")"
tools=${WATCHKEEP_TOOLS:-$PWD/.tools}/python

if ! cmp -s requirements.txt "$tools/requirements.txt"; then
    echo "== installing $(cat requirements.txt) from PyPI into $tools" >&2
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" --disable-pip-version-check --quiet install --requirement requirements.txt
    cp requirements.txt "$tools/requirements.txt"
fi
[ "${1:-}" != --tools ] || exit 0
exec "$tools/bin/componentize-py" --quiet --wit-path ../../wit/0.1.0 --wit-path wit \
    --world example:python-check/python-check componentize check --output "$out"
