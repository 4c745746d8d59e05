#!/usr/bin/env bash
# Fuzzes one entry of fuzz/src/lib.rs with libFuzzer on the stable toolchain, starting from its corpus:
#
#   tools/fuzz.sh json 600        # entry, seconds
#
# New inputs are gathered in fuzz/found/ENTRY (not committed); `tools/fuzz.sh ENTRY merge` takes those that reach new code
# into fuzz/corpus/ENTRY, as small as they get. A crash is written to fuzz/found and ends the run with an error.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
entry=$1 seconds=${2:-600}
host=$(rustc -vV | sed -n 's/^host: //p')
# The coverage that libFuzzer reads; needs no nightly compiler. `--target` keeps build scripts out of it.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1"
export CARGO_PROFILE_RELEASE_LTO=false
cargo build --release --locked --target "$host" -p healthbook-fuzz --features libfuzzer --bin "fuzz-$entry"
program="${CARGO_TARGET_DIR:-target}/$host/release/fuzz-$entry"
mkdir -p "fuzz/found/$entry" "fuzz/corpus/$entry"
if [ "$seconds" = merge ]; then
    exec "$program" -merge=1 -max_len=2048 "fuzz/corpus/$entry" "fuzz/found/$entry"
fi
exec "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -artifact_prefix=fuzz/found/ \
    -print_final_stats=1 "fuzz/found/$entry" "fuzz/corpus/$entry"
