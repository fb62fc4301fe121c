//! Fuzz target: see `araneus_fuzz::columnar`.
#![no_main]

// A panic of a decoder is caught and rejects one file. The hook of libFuzzer would end the process before.
libfuzzer_sys::fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |data: &[u8]| araneus_fuzz::columnar(data));
