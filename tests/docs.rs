//! The pages in `docs/` that are made from the program's tables are the ones it makes.
//!
//! `ARANEUS_WRITE_DOCS=1 cargo test --test docs` writes them.

#![expect(clippy::disallowed_methods, reason = "a test may be asked to write what it would compare")]

use std::{env, fs, path::Path};

use araneus::{output, run};

fn check(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if env::var_os("ARANEUS_WRITE_DOCS").is_some() {
        fs::write(&path, made).expect("docs can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/{name} differs from the tables; ARANEUS_WRITE_DOCS=1 cargo test --test docs writes it"
    );
}

#[test]
fn the_configuration_page_is_the_one_made_from_the_keys() {
    check("configuration.md", &run::configuration_markdown());
}

#[test]
fn the_metrics_page_is_the_one_made_from_the_metrics() {
    check("metrics.md", &output::metrics_markdown());
}

#[test]
fn the_identity_page_is_the_one_made_from_the_rules_and_formats() {
    check("formats-and-rules.md", &output::rules_markdown());
}
