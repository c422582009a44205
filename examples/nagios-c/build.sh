#!/usr/bin/env bash
# Builds the program with Debian's clang, wasi-libc and lld: `build.sh [OUT.wasm]`. It stays a core module; the host
# makes a component of it.
set -euo pipefail
out=$(realpath -m -- "${1:-check_until.wasm}")
cd "$(dirname "$0")"
exec clang --target=wasm32-wasi -O2 -Wall -Wextra -Werror -Wl,--strip-all -o "$out" check_until.c
