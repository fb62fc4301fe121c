//! Fuzz target: see `araneus_fuzz::configuration`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| araneus_fuzz::configuration(data));
