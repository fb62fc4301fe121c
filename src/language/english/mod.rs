//! The English table: key and template of every sentence, with the texts beside features, metrics and patterns.

mod changes;
mod explain;
mod export;
mod flags;
mod page;
mod queue_section;
mod sections;

use std::collections::BTreeMap;

use super::Template;
use crate::{features::FEATURES, metrics, review::PATTERNS};

/// Key and template of each sentence that has no other place.
pub const ENGLISH: &[&[(&str, &str)]] = &[
    flags::ROWS,
    changes::ROWS,
    page::ROWS,
    explain::ROWS,
    queue_section::ROWS,
    sections::ROWS,
    export::ROWS,
];

/// Returns every template by key.
pub(super) fn templates() -> BTreeMap<String, Template> {
    let parsed = |text: &str| Template::parse(text).expect("a test reads every template");
    let mut templates: BTreeMap<String, Template> =
        ENGLISH.iter().copied().flatten().map(|(key, text)| ((*key).to_owned(), parsed(text))).collect();
    for feature in FEATURES {
        let message = parsed(&feature_template(feature.message));
        templates.insert(format!("feature.{}", feature.name), message);
        if let Some(text) = feature.message_zero {
            templates.insert(format!("feature.{}.zero", feature.name), Template::literal(text));
        }
    }
    for pattern in PATTERNS {
        let mut insert =
            |part: &str, template| templates.insert(format!("pattern.{}{part}", pattern.name), template);
        insert(".title", parsed(pattern.title));
        for (part, text) in [
            ("", pattern.name),
            (".about", pattern.about),
            (".rationale", pattern.rationale),
            (".false_positives", pattern.false_positives),
            (".unit", pattern.unit),
        ] {
            insert(part, Template::literal(text));
        }
    }
    templates.extend(
        metrics::METRICS
            .iter()
            .map(|metric| (format!("metric.{}", metric.name), Template::literal(metric.about))),
    );
    templates
}

/// Returns the message of a feature as a template: `{}` is the value, `[one|many]` a plural form.
fn feature_template(message: &str) -> String {
    message.replace("{}", "{value}").replace('[', "{value:").replace(']', "}")
}
