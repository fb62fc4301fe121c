//! Warnings about sources that cannot raise a flag.

use std::collections::BTreeMap;

use crate::{
    analysis::Analysis,
    language::{self, Language},
    report::page,
    review::{self, SourceWarning},
    view::Audience,
};

/// Returns a warning for the audiences that can get no flag, or hardly any, with the sources of their records.
pub(crate) fn source_warnings<'a>(
    audiences: impl Iterator<Item = (&'a Audience, &'a Analysis)>,
) -> Vec<String> {
    let language = Language::english();
    let mut audiences_of: BTreeMap<SourceWarning, Vec<String>> = BTreeMap::new();
    let mut count = 0;
    for (audience, analysis) in audiences {
        count += 1;
        if let Some(warning) = review::source_warning(&page::sources_seen(analysis)) {
            audiences_of.entry(warning).or_default().push(audience.name.clone());
        }
    }
    let sentence = |(warning, names): (SourceWarning, Vec<String>)| {
        let warning = language::source_warning(language, &warning);
        if names.len() == count {
            return warning;
        }
        let audiences = names.join(&language.text("list.separator"));
        language.fill("warning.for-audiences", &[("audiences", audiences), ("warning", warning)])
    };
    audiences_of.into_iter().map(sentence).collect()
}
