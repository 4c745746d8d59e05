//! The fuzzer of `fuzz::xml`: `tools/fuzz.sh xml SECONDS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::xml(data));
