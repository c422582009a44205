#!/usr/bin/env bash
# Installs the OpenID provider of the tests, in the version that package-lock.json names, into the folder that
# WATCHKEEP_TOOLS names. Silent if it is there.
set -euo pipefail
cd "$(dirname "$0")"
tools=${WATCHKEEP_TOOLS:?}/oidc

if ! cmp -s package.json "$tools/installed.json"; then
    echo "== installing what package.json names with npm into $tools" >&2
    rm -rf "$tools"
    mkdir -p "$tools"
    cp package.json package-lock.json "$tools"
    npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    cp package.json "$tools/installed.json"
fi
