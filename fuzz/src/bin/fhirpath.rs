//! The fuzzer of `fuzz::fhirpath`: `tools/fuzz.sh fhirpath SECONDS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::fhirpath(data));
