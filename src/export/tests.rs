//! Tests of the exports on a small selection.

use super::*;

#[test]
fn each_export_has_a_name_and_a_sentence_of_its_own() {
    for (position, export) in EXPORTS.iter().enumerate() {
        assert!(EXPORTS[..position].iter().all(|other| other.name != export.name), "{}", export.name);
        assert!(export.about.ends_with('.'), "{}", export.name);
        assert_eq!(named(export.name).map(|found| found.name), Some(export.name));
    }
}
