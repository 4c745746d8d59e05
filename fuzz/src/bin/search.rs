//! The fuzzer of `fuzz::search`: `tools/fuzz.sh search SECONDS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::search(data));
