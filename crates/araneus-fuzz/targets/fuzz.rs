//! Fuzz program: searches for faults of the target that the variable `ARANEUS_FUZZ_TARGET` names.
#![no_main]

use std::{env, panic, sync::LazyLock};

use araneus_fuzz::{TARGETS, Target};

/// Targets whose decoders may panic: the reader catches the panic, and the file is an error. The hook of libFuzzer would end
/// the process before.
const CATCHING: [&str; 3] = ["archive", "columnar", "compressed"];

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let named = env::var("ARANEUS_FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.into_iter().find(|(name, _)| *name == named);
    target.expect("ARANEUS_FUZZ_TARGET is the name of a target")
});

fn begin() {
    let (name, _) = *TARGET;
    if CATCHING.contains(&name) {
        panic::set_hook(Box::new(|_| ()));
    }
}

libfuzzer_sys::fuzz_target!(init: begin(), |data: &[u8]| (TARGET.1)(data));
