#!/usr/bin/env bash
# Builds the component: `build.sh [OUT.wasm]`. componentize-js is installed first if it is missing, into .tools here
# or into the folder that WATCHKEEP_TOOLS names; `build.sh --tools` does only that.
set -euo pipefail
out=$(realpath -m -- "${1:-js-check.wasm}")
cd "$(dirname "$0")"
tools=${WATCHKEEP_TOOLS:-$PWD/.tools}/js

if ! cmp -s package.json "$tools/installed.json"; then
    echo "== installing what package.json names with npm into $tools" >&2
    rm -rf "$tools"
    mkdir -p "$tools"
    cp package.json package-lock.json "$tools"
    npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    cp package.json "$tools/installed.json"
fi
[ "${1:-}" != --tools ] || exit 0

# The world, and what it includes, in one folder.
wit=$(mktemp -d)
trap 'rm -rf "$wit"' EXIT
mkdir "$wit/deps"
cp wit/world.wit "$wit"
cp -r ../../wit/0.1.0 "$wit/deps/watchkeep"
node "$tools/node_modules/@bytecodealliance/componentize-js/src/cli.js" check.js \
    --wit "$wit" --world-name js-check --disable fetch-event --out "$out" >&2
