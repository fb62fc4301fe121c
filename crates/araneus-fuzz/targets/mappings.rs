//! Fuzz target: see `araneus_fuzz::mappings`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| araneus_fuzz::mappings(data));
