//! Canonical identifiers: normalised identifiers of entities, with kind, scheme and value.

use std::{
    borrow::Borrow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use crate::compact::SharedText;

/// Form of a canonical identifier's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextForm {
    /// `kind:value` or `kind:scheme:value`: a property of an observable.
    Observable,
    /// `kind--id`: the id of an object.
    Object,
    /// `galaxy:id`: an entry of a galaxy.
    Galaxy,
    /// `catalogue:kind:id`: an entry of a public catalogue.
    Catalogue,
}

/// All forms, in the order of the variants.
const FORMS: [TextForm; 4] = [TextForm::Observable, TextForm::Object, TextForm::Galaxy, TextForm::Catalogue];
/// Bits of a length beside a form.
const FORM_SHIFT: u32 = 30;

/// A normalised identifier of an entity: kind, scheme and value.
///
/// A clone is cheap. Identifiers compare as their texts do. The text is the identifier in tables, such as
/// `domain-name:example.com` or `file:md5:d41d…`.
#[derive(Clone, Debug)]
pub struct CanonicalId {
    text: Arc<str>,
    /// Form of the text in the upper two bits; length of its first part in bytes, in the others.
    form_and_end: u32,
    /// Start of the value in the text, in bytes.
    value_start: u32,
}

/// Kind of an identifier whose text contains no kind.
const UNKNOWN: &str = "unknown";
/// Scheme of entries of galaxies.
const GALAXY: &str = "galaxy";

impl CanonicalId {
    /// Creates the identifier of an observable by its value alone: `kind:value`.
    pub fn observable(kind: &str, value: &str) -> Self {
        Self::new(TextForm::Observable, format!("{kind}:{value}"), kind.len(), kind.len() + 1)
    }

    /// Creates the identifier of an observable by one of its properties: `kind:scheme:value`.
    pub fn with_scheme(kind: &str, scheme: &str, value: &str) -> Self {
        let text = format!("{kind}:{scheme}:{value}");
        Self::new(TextForm::Observable, text, kind.len(), kind.len() + scheme.len() + 2)
    }

    /// Creates the identifier of an object by its normalised id, `kind--id`.
    pub fn object(id: String) -> Self {
        let kind_end = id.find("--").unwrap_or(0);
        let value_start = if kind_end == 0 && !id.starts_with("--") { 0 } else { kind_end + 2 };
        Self::new(TextForm::Object, id, kind_end, value_start)
    }

    /// Creates the identifier of an entry of a galaxy.
    pub fn galaxy(id: &str) -> Self {
        Self::new(TextForm::Galaxy, format!("{GALAXY}:{id}"), GALAXY.len(), GALAXY.len() + 1)
    }

    /// Creates the identifier of an entry of a public catalogue.
    pub fn catalogue(catalogue: &str, kind: &str, id: &str) -> Self {
        let value_start = catalogue.len() + kind.len() + 2;
        Self::new(TextForm::Catalogue, format!("{catalogue}:{kind}:{id}"), catalogue.len(), value_start)
    }

    fn new(form: TextForm, text: String, first_end: usize, value_start: usize) -> Self {
        // A kind of a gigabyte counts as unknown.
        let is_short = first_end < 1 << FORM_SHIFT;
        let (form, first_end, value_start) =
            if is_short { (form, first_end, value_start) } else { (TextForm::Object, 0, 0) };
        let form_and_end = (form as u32) << FORM_SHIFT | first_end as u32;
        Self { text: text.into(), form_and_end, value_start: value_start as u32 }
    }

    fn form(&self) -> TextForm {
        FORMS[(self.form_and_end >> FORM_SHIFT) as usize]
    }

    fn first_end(&self) -> usize {
        (self.form_and_end & ((1 << FORM_SHIFT) - 1)) as usize
    }

    fn first(&self) -> &str {
        &self.text[..self.first_end()]
    }

    /// The part between the first colon and the value; `None` if the value follows at once.
    fn second(&self) -> Option<&str> {
        self.text.get(self.first_end() + 1..(self.value_start as usize).saturating_sub(1))
    }

    /// Returns the kind of the identified entity, such as `domain-name`; `unknown` if the text contains no kind.
    pub fn kind(&self) -> &str {
        match self.form() {
            TextForm::Observable => self.first(),
            TextForm::Object if self.value_start > 0 => self.first(),
            TextForm::Catalogue => self.second().unwrap_or(UNKNOWN),
            TextForm::Object | TextForm::Galaxy => UNKNOWN,
        }
    }

    /// Returns the property, the algorithm of a digest, or the catalogue that gives the value its meaning.
    /// `None` if the kind alone does, and for ids of objects.
    pub fn scheme(&self) -> Option<&str> {
        match self.form() {
            TextForm::Observable => self.second(),
            TextForm::Galaxy | TextForm::Catalogue => Some(self.first()),
            TextForm::Object => None,
        }
    }

    /// Returns the value without kind and scheme.
    pub fn value(&self) -> &str {
        &self.text[self.value_start as usize..]
    }

    /// Returns the text after its first colon, such as `md5:d41d…`; `None` for ids of objects.
    pub fn qualified_value(&self) -> Option<&str> {
        (self.form() != TextForm::Object).then(|| &self.text[self.first_end() + 1..])
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns a text as the end of that of the identifier; `None` if the identifier does not end with it.
    pub fn end(&self, text: &str) -> Option<SharedText> {
        SharedText::end_of(&self.text, text)
    }

    /// Returns the key that the source gave, which is `key` in the object id `kind--scope:key` and in an entry of a
    /// galaxy. For other identifiers it is the value.
    pub fn own_key(&self) -> &str {
        let value = self.value();
        let is_scoped = matches!(self.form(), TextForm::Object | TextForm::Galaxy);
        value.rsplit_once(':').filter(|_| is_scoped).map_or(value, |(_, key)| key)
    }

    /// Returns whether it is a property of an observable.
    pub fn is_observable(&self) -> bool {
        self.form() == TextForm::Observable
    }

    /// Returns whether it is the id of an object.
    pub fn is_object(&self) -> bool {
        self.form() == TextForm::Object
    }

    /// Returns whether it is an entry of a galaxy.
    pub fn is_galaxy(&self) -> bool {
        self.form() == TextForm::Galaxy
    }

    /// Returns whether it is an entry of a public catalogue.
    pub fn is_catalogue(&self) -> bool {
        self.form() == TextForm::Catalogue
    }
}

impl Deref for CanonicalId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Borrow<str> for CanonicalId {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for CanonicalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for CanonicalId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for CanonicalId {}

impl PartialOrd for CanonicalId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CanonicalId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for CanonicalId {
    /// Hashes the text alone, as [`Borrow`] requires.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::CanonicalId;

    #[test]
    fn an_identifier_keeps_its_parts_and_its_text() {
        let parts = |id: &CanonicalId| {
            format!("{id} | {} | {} | {}", id.kind(), id.scheme().unwrap_or("-"), id.value())
        };
        for (id, expected) in [
            (CanonicalId::observable("mutex", "a:b"), "mutex:a:b | mutex | - | a:b"),
            (CanonicalId::with_scheme("file", "md5", "aa"), "file:md5:aa | file | md5 | aa"),
            (CanonicalId::object("malware--x".to_owned()), "malware--x | malware | - | x"),
            (CanonicalId::object("x".to_owned()), "x | unknown | - | x"),
            (CanonicalId::galaxy("x:y"), "galaxy:x:y | unknown | galaxy | x:y"),
            (
                CanonicalId::catalogue("cve", "vulnerability", "C"),
                "cve:vulnerability:C | vulnerability | cve | C",
            ),
        ] {
            assert_eq!(parts(&id), expected);
        }
        let [md5, mutex] =
            [CanonicalId::with_scheme("file", "md5", "aa"), CanonicalId::observable("mutex", "a")];
        assert_eq!((md5.qualified_value(), mutex.qualified_value()), (Some("md5:aa"), Some("a")));
        assert!(CanonicalId::observable("file-name", "a") < md5, "the order is that of the texts");
    }
}
