#!/usr/bin/env bash
# Prints where the component (or core module) of examples/NAME lies: built by its own build.sh, once for each content
# of what it is made of. Tests and benchmarks ask here. Whoever is second waits for the first.
set -euo pipefail
name=$1
cd "$(dirname "$0")/.."
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
export WATCHKEEP_TOOLS=${WATCHKEEP_TOOLS:-$target/tools}
built=$target/examples-built
mkdir -p "$built" "$WATCHKEEP_TOOLS"

content=$(find "examples/$name" wit -name .tools -prune -o -name target -prune -o -name '*.wasm' -prune -o -name '*.md' -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
component=$built/$name-$content.wasm
exec 9>"$built/$name.lock"
flock 9
if ! [ -f "$component" ]; then
    "examples/$name/build.sh" "$component.tmp" >&2
    mv "$component.tmp" "$component"
fi
printf '%s\n' "$component"
