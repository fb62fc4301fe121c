//! Sentences about changes between two runs.

use super::{Language, thousands};
use crate::temporal::{Cause, ChangeGroup, ChangeKind, Subject};

/// Returns the description of a group of changes, to be read after its count: `objects of attack changed`.
pub fn change_summary(language: &Language, group: &ChangeGroup) -> String {
    let count = group.subject_ids.len().to_string();
    let traits = group.traits.iter().map(|(name, count)| {
        let name = language.text(&format!("change.trait.{}", name.name()));
        language.fill("change.trait", &[("count", thousands(*count as u64)), ("trait", name)])
    });
    let subject = language.fill(&format!("change.subject.{}", group.subject.name()), &[("count", count)]);
    let values = [
        ("subject", subject),
        ("source", group.source.clone()),
        ("event", language.text(&format!("change.event.{}", group.what.name()))),
        ("traits", traits.collect()),
    ];
    language.fill("change.summary", &values)
}

/// Returns the description of a group of changes with its cause.
pub fn change_detail(language: &Language, group: &ChangeGroup) -> String {
    let cause = match (group.cause, group.subject, group.what) {
        (Cause::Deletion, Subject::Record, ChangeKind::Changed) => "revocation",
        (Cause::Deletion, Subject::Record, _) => "deletion-of-record",
        (cause, ..) => cause.name(),
    };
    let values = [
        ("summary", change_summary(language, group)),
        ("cause", language.text(&format!("change.cause.{cause}"))),
    ];
    language.fill("change.detail", &values)
}
