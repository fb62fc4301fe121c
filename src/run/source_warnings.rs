//! Warnings about sources that cannot raise a flag.

use std::collections::BTreeMap;

use crate::{analysis::Analysis, report::page, review, view::Audience};

/// Says which audiences can get no flag, or hardly any, with the sources of which they see a record.
pub(crate) fn source_warnings<'a>(
    readers: impl Iterator<Item = (&'a Audience, &'a Analysis)>,
) -> Vec<String> {
    let mut of_sentence: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut count = 0;
    for (audience, analysis) in readers {
        count += 1;
        if let Some(sentence) = review::source_warning(&page::sources_seen(analysis)) {
            of_sentence.entry(sentence).or_default().push(&audience.name);
        }
    }
    let name = |(sentence, names): (String, Vec<&str>)| {
        if names.len() == count { sentence } else { format!("For {}: {sentence}", names.join(", ")) }
    };
    of_sentence.into_iter().map(name).collect()
}
