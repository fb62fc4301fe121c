//! Fuzz target: see `araneus_fuzz::archive`.
#![no_main]

// A panic of a decoder is caught and becomes the error of a damaged file. The hook of libFuzzer would end the process before.
libfuzzer_sys::fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |data: &[u8]| araneus_fuzz::archive(data));
