//! The fuzzer of `fuzz::json`: `tools/fuzz.sh json SECONDS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::json(data));
