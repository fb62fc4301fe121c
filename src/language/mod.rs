//! All sentences of the program for analysts: one table of templates by key, and functions that fill them.
//!
//! Results are data up to here. Every function takes a [`Language`]. English is [`ENGLISH`](english::ENGLISH) and the
//! texts beside features, metrics and patterns. Another language is a list of the same keys.

mod changes;
pub mod english;
mod flags;
mod gate;
mod queue;
mod reasons;
mod template;

use std::{collections::BTreeMap, sync::LazyLock};

pub use changes::{change_detail, change_summary};
pub use flags::{closed, flag_title, not_queued, pattern_about};
pub use gate::{gate_test, status};
pub use queue::{NewlyRecorded, empty_first_run, no_visible_record, source_warning, statuses, waiting_flags};
pub use reasons::reasons;
pub use template::{Template, TemplateError, Values};

/// Templates of one language, with its rule for plural forms.
#[derive(Clone, Debug)]
pub struct Language {
    /// Code of the language, as in HTML.
    pub code: String,
    templates: BTreeMap<String, Template>,
    /// Returns the position of the plural form of a count.
    form: fn(u64) -> usize,
}

static ENGLISH: LazyLock<Language> = LazyLock::new(|| Language {
    code: "en".to_owned(),
    templates: english::templates(),
    form: |count| usize::from(count != 1),
});

impl Language {
    /// Returns English, which has every key.
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// Returns a language with these templates by key; a missing key falls back to English.
    pub fn new<'a>(
        code: &str,
        rows: impl IntoIterator<Item = (&'a str, &'a str)>,
        form: fn(u64) -> usize,
    ) -> Result<Self, TemplateError> {
        let row = |(key, text): (&str, &str)| Ok((key.to_owned(), Template::parse(text)?));
        let templates = rows.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(Self { code: code.to_owned(), templates, form })
    }

    /// Returns a language for tests: each letter of the English text is replaced by a letter of another alphabet,
    /// and brackets show where a template begins and ends.
    pub fn pseudo() -> Self {
        let replaced = |text: &str| text.chars().map(pseudo_letter).collect::<String>();
        let templates = ENGLISH.templates.iter();
        let templates = templates.map(|(key, template)| (key.clone(), template.map(&replaced).bracketed()));
        Self { code: "qps".to_owned(), templates: templates.collect(), form: ENGLISH.form }
    }

    /// Returns the sentence of a key with its values.
    ///
    /// # Panics
    /// If the table lacks the key; a test compares the keys of the program with the table.
    pub fn fill(&self, key: &str, values: &Values<'_>) -> String {
        self.template(key).unwrap_or_else(|| panic!("no text for `{key}`")).fill(values, self.form)
    }

    /// Returns the text of a key without values.
    pub fn text(&self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// Returns the text of a name from the data, such as a state or a cause; the name itself if it is unknown.
    pub fn name(&self, family: &str, name: &str) -> String {
        let template = self.template(&format!("{family}.{name}"));
        template.map_or_else(|| name.to_owned(), |template| template.fill(&[], self.form))
    }

    /// Returns the keys of the table, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.templates.keys().map(String::as_str)
    }

    fn template(&self, key: &str) -> Option<&Template> {
        self.templates.get(key).or_else(|| ENGLISH.templates.get(key))
    }
}

/// Returns a letter of another alphabet for a Latin letter; other characters stay.
fn pseudo_letter(letter: char) -> char {
    match letter {
        'a'..='z' => char::from_u32(u32::from(letter) - u32::from('a') + 0x430).unwrap_or(letter),
        'A'..='Z' => char::from_u32(u32::from(letter) - u32::from('A') + 0x410).unwrap_or(letter),
        other => other,
    }
}

/// Joins labels: `a, b and c`, or the first of them and the number of the others.
fn listed(language: &Language, labels: &[String], most: usize) -> String {
    let joined = |labels: &[String]| labels.join(&language.text("list.separator"));
    match labels {
        [] => String::new(),
        [only] => only.clone(),
        _ if labels.len() > most => language.fill(
            "list.more",
            &[("labels", joined(&labels[..most])), ("count", (labels.len() - most).to_string())],
        ),
        [first @ .., last] => language.fill("list.and", &[("labels", joined(first)), ("last", last.clone())]),
    }
}

/// Returns a strength with two digits; a sum that rounding left just below 0 is 0.
fn real(number: f64) -> String {
    format!("{number:.2}").replace("-0.00", "0.00")
}

/// Returns a count with its digits in groups of three: `12,585`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests;
