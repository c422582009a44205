#!/usr/bin/env bash
# Keeps compiled dependencies between checkouts, in the user's cache folder, so that a fresh clone need not compile
# what another has compiled. Never needed: without it everything is built, and whatever does not fit is built again.
# Arguments: take, before a build; keep, after one. WATCHKEEP_KEEP_DEPENDENCIES=no does without.
#
# One archive for each set of dependencies, compiler and settings; the oldest go when there are more than ARCHIVES or
# all together pass BYTES. Nothing of this repository's own crates is in one: cargo tells them from others by times of
# files, which a clone makes anew.
set -euo pipefail
cd "$(dirname "$0")/.."

ARCHIVES=3
BYTES=$((4 << 30))

say() { printf '== %s\n' "$*"; }

[ "${WATCHKEEP_KEEP_DEPENDENCIES:-yes}" != no ] || exit 0
base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
[ -n "$base" ] || exit 0
folder=$base/watchkeep/dependencies
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
# Says that this target folder began empty, or with an archive: one that grew for weeks holds what nobody needs.
mark=$target/.began

# What cargo calls the crates of this repository and what is built of them, as it stands in names of files.
own() {
    local metadata
    metadata=$(cargo metadata --no-deps --offline --format-version 1)
    {
        grep -o '"name":"[^"]*","version":"[^"]*","id"' <<<"$metadata"
        grep -o '"crate_types":\[[^]]*\],"name":"[^"]*"' <<<"$metadata" | sed 's/^.*"name"/"name"/'
    } | cut -d'"' -f4 | tr - _ | sort -u
}

key() {
    {
        # Of the lock file only what comes from elsewhere: a new crate of ours changes none of it.
        awk -v RS= '/\nsource = /' Cargo.lock
        sed -n '/^\[profile/,$p' Cargo.toml
        rustc -vV
        cc --version | head -1
        env | grep -E '^(RUSTFLAGS|CARGO_ENCODED_RUSTFLAGS|CARGO_PROFILE_[A-Z_]*|CARGO_BUILD_[A-Z_]*|CFLAGS|CC)=' | sort || true
    } | sha256sum | cut -c1-20
}

# Everything of others below the target folder, as paths from there.
others() {
    local names
    names=$(own | paste -sd'|')
    names=${names//_/[-_]}
    cd "$target"
    {
        find . -path '*/.fingerprint/*' -prune -type d -print
        find . -path '*/build/*' -prune -type d -name '*-????????????????' -print
        find . -path '*/deps/*' -prune -type f \( -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' -o -name '*.d' \) -print
    } | grep -E '^\./(debug|components)/' |
        grep -vE "/(lib)?($names)-[0-9a-f]{16}" |
        LC_ALL=C sort
}

take() {
    [ ! -e "$target/debug" ] && command -v zstd >/dev/null || return 0
    mkdir -p "$target"
    touch "$mark"
    local archive
    archive=$folder/$(key).tar.zst
    [ -f "$archive" ] || return 0
    say "taking compiled dependencies from $archive"
    if zstd -dcq "$archive" | tar -C "$target" -xf -; then
        touch "$archive"
    else
        say "it is damaged: compiling them instead"
        rm -rf "$archive" "$target/debug" "$target/components"
    fi
}

keep() {
    [ -e "$mark" ] && command -v zstd >/dev/null || return 0
    local archive list new
    archive=$folder/$(key).tar.zst
    list=${archive%.tar.zst}.list
    mkdir -p "$folder"
    new=$(mktemp "$folder/.new-XXXXXX")
    others >"$new"
    if ! cmp -s "$new" "$list"; then
        # Under a name of its own until it is whole: another clone may be doing the same.
        if tar -C "$target" --format=posix -cf - -T "$new" | zstd -q -3 -T0 -f -o "$new.tar.zst"; then
            mv "$new.tar.zst" "$archive"
            mv "$new" "$list"
            say "kept compiled dependencies in $archive ($(($(stat -c %s "$archive") >> 20)) MiB)"
        fi
    fi
    rm -f "$new" "$new.tar.zst" "$mark"
    shrink
}

shrink() {
    local count=0 sum=0 archive
    while IFS= read -r archive; do
        count=$((count + 1))
        sum=$((sum + $(stat -c %s "$archive")))
        if [ $count -gt 1 ] && { [ $count -gt $ARCHIVES ] || [ $sum -gt $BYTES ]; }; then
            rm -f "$archive" "${archive%.tar.zst}.list"
        fi
    done < <(ls -t "$folder"/*.tar.zst 2>/dev/null)
}

case ${1:-} in
take) take ;;
keep) keep ;;
*) printf 'usage: tests/dependencies.sh take|keep\n' >&2; exit 2 ;;
esac
