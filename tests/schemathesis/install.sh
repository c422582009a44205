#!/usr/bin/env bash
# Installs Schemathesis, as requirements.txt has it, into `schemathesis` below the folder that WATCHKEEP_TOOLS names, unless it is
# there; prints where its program lies.
set -euo pipefail
tools=$(realpath -m -- "${WATCHKEEP_TOOLS:?the folder for tools}")/schemathesis
cd "$(dirname "$0")"

if ! cmp -s requirements.txt "$tools/requirements.txt"; then
    echo "== installing what tests/schemathesis/requirements.txt names from PyPI into $tools" >&2
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" --disable-pip-version-check --quiet install --requirement requirements.txt >&2
    cp requirements.txt "$tools/requirements.txt"
fi
echo "$tools/bin/schemathesis"
