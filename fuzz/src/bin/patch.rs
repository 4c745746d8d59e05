//! The fuzzer of `fuzz::patch`: `tools/fuzz.sh patch SECONDS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::patch(data));
