//! Fuzz target: see `araneus_fuzz::patterns`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| araneus_fuzz::patterns(data));
