#!/usr/bin/env bash
# Format, lint and tests of the crates that a change touches, and of those alone: `tests/all.sh` has the rest. A change is
# what is not committed yet, and what is committed and not in the branch that this one follows. Arguments: names of
# crates, instead of looking for changes.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '== %s\n' "$*"; }

changed() {
    local base
    base=$(git merge-base HEAD '@{upstream}' 2>/dev/null) || base=HEAD
    git diff --name-only "$base"
    git ls-files --others --exclude-standard
}

# Of each file the crate whose folder is the nearest above it, by the name in its manifest. Guests of tests and the
# fuzzer's programs are workspaces of their own: what is in them belongs to whoever tests it.
crates() {
    local file folder
    while IFS= read -r file; do
        case $file in
        tests/programs/*) file=host/engine/ ;;
        tests/fuzz/targets/*) file=tests/fuzz/ ;;
        wit/*) file=sdk/rust/ ;;
        plugins/*/tests/end_to_end/*) printf 'watchkeep-end-to-end\n' ;;
        esac
        folder=${file%/*}
        while [ "$folder" != "${folder%/*}" ] && ! [ -f "$folder/Cargo.toml" ]; do folder=${folder%/*}; done
        [ -f "$folder/Cargo.toml" ] && sed -n 's/^name = "\(.*\)"/\1/p;T;q' "$folder/Cargo.toml"
    done | sort -u
}

# Of the end-to-end tests those whose own file was changed, and how the harness does.
stories() {
    local file
    printf 'test(/^harness::/)'
    for file in "${files[@]}"; do
        case $file in
        tests/end-to-end/tests/suite/main.rs | tests/end-to-end/tests/suite/every_commit.rs) ;;
        tests/end-to-end/tests/suite/*.rs) file=${file##*/} && printf ' + test(/^%s::/)' "${file%.rs}" ;;
        plugins/*/tests/end_to_end/*) file=${file#plugins/} && printf ' + test(/^%s::/)' "${file%%/*}" ;;
        esac
    done
}

# The names of the programs of tests that these crates have, from cargo's metadata.
tests_of() {
    python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] in sys.argv[1:] and package["name"] != "watchkeep-daemon":
        for target in package["targets"]:
            if "test" in target["kind"]:
                print(target["name"])
' "$@" | sort -u
}

if [ $# -gt 0 ]; then
    files=() crates=("$@")
else
    mapfile -t files < <(changed)
    mapfile -t crates < <(printf '%s\n' "${files[@]}" | crates)
fi
has() { [[ " ${crates[*]} " == *" $1 "* ]]; }
# It looks at documents, manifests and sizes, whatever was changed.
has watchkeep-tidy || crates+=(watchkeep-tidy)

say "format"
cargo fmt --all --check
say "crates: ${crates[*]}"

# Programs that stand for all crates together: beside them cargo takes every dependency as `make test` does, and compiles
# none of them twice. Neither has a target of those that are asked for, so they are not built unless they are meant.
packages=(--package watchkeep-daemon --package watchkeep-bench)
targets=(--lib)
filters=()
for crate in "${crates[@]}"; do
    packages+=(--package "$crate")
    # Hosts that are killed hundreds of times and whole interpreters that are compiled are for `make test`.
    filter="package($crate) - test(every_commit) - test(languages)"
    case $crate in
    watchkeep-daemon) targets+=(--bin watchkeep --test program) ;;
    watchkeep-bench) targets+=(--bin watchkeep-bench) ;;
    watchkeep-end-to-end) filter="package($crate) and ($(stories))" ;;
    esac
    filters+=("($filter)")
done
mapfile -t programs < <(cargo metadata --no-deps --offline --format-version 1 | tests_of "${crates[@]}")
for program in "${programs[@]}"; do targets+=(--test "$program"); done

say "lint"
cargo clippy --quiet "${packages[@]}" "${targets[@]}" -- -D warnings
if has watchkeep-end-to-end; then
    # What they start.
    cargo build --quiet --workspace --bin watchkeep --bin watchkeep-lab --test program
fi
say "tests"
cargo nextest run "${packages[@]}" "${targets[@]}" --status-level slow -E "$(printf '%s + ' "${filters[@]}" | sed 's/ + $//')"
