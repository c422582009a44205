#!/usr/bin/env bash
# Installs axe-core, as the lock file has it, into `axe` below the folder that WATCHKEEP_TOOLS names, unless it is there; prints
# where its script lies.
set -euo pipefail
tools=$(realpath -m -- "${WATCHKEEP_TOOLS:?the folder for tools}")/axe
cd "$(dirname "$0")"

if ! cmp -s package-lock.json "$tools/installed.json"; then
    echo "== installing what tests/axe/package.json names with npm into $tools" >&2
    rm -rf "$tools"
    mkdir -p "$tools"
    cp package.json package-lock.json "$tools"
    npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json "$tools/installed.json"
fi
echo "$tools/node_modules/axe-core/axe.min.js"
