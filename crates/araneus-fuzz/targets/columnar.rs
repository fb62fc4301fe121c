//! Fuzz target: see `araneus_fuzz::columnar`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| araneus_fuzz::columnar(data));
