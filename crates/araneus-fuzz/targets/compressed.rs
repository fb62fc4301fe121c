//! Fuzz target: see `araneus_fuzz::compressed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| araneus_fuzz::compressed(data));
