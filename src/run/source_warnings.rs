//! Warnings about sources that cannot raise a flag.

use std::collections::BTreeMap;

use crate::{analysis::Analysis, report::page, review, view::Audience};

/// Returns a warning for the audiences that can get no flag, or hardly any, with the sources of their records.
pub(crate) fn source_warnings<'a>(
    audiences: impl Iterator<Item = (&'a Audience, &'a Analysis)>,
) -> Vec<String> {
    let mut by_sentence: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut count = 0;
    for (audience, analysis) in audiences {
        count += 1;
        if let Some(sentence) = review::source_warning(&page::sources_seen(analysis)) {
            by_sentence.entry(sentence).or_default().push(&audience.name);
        }
    }
    let name = |(sentence, names): (String, Vec<&str>)| {
        if names.len() == count { sentence } else { format!("For {}: {sentence}", names.join(", ")) }
    };
    by_sentence.into_iter().map(name).collect()
}
