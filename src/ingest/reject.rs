//! Reject rules: why an object, or a whole file, does not become a record.

/// Declares [`RejectRule`] and its table from one list of (rule, name, sentence).
macro_rules! reject_rules {
    ($(($rule:ident, $name:literal, $sentence:literal),)*) => {
        /// A rule by which an object or a file is rejected.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RejectRule {
            $(#[doc = $sentence] $rule,)*
        }

        /// Every reject rule: the rule, its name in the table `rejects`, and what breaks the rule.
        pub const RULES: &[(RejectRule, &str, &str)] = &[$((RejectRule::$rule, $name, $sentence),)*];
    };
}

reject_rules![
    (JsonSyntax, "json-syntax", "The text is not JSON."),
    (Encoding, "encoding", "The text is not in the encoding that its format requires."),
    (
        UnknownFormat,
        "unknown-format",
        "The document, object or table has no supported format, or the source of a table has no mapping."
    ),
    (DuplicateKey, "duplicate-key", "A key occurs twice in one object."),
    (Depth, "depth", "The object is nested too deeply."),
    (NumberRange, "number-range", "A number is outside the supported range."),
    (Size, "size", "The file is larger than the limit."),
    (Compression, "compression", "The compressed data cannot be unpacked."),
    (Unreadable, "unreadable", "The file cannot be opened or read."),
    (NotAnObject, "not-an-object", "A list element is not a JSON object."),
    (BadType, "bad-type", "The object has no `type`, or its `type` is not a type name."),
    (UnknownSchema, "unknown-schema", "The built-in version of FollowTheMoney has no such schema."),
    (BadId, "bad-id", "The object has no id, or its id is not well formed."),
    (WrongType, "wrong-type", "A property has another JSON type than its format specifies."),
    (BadTime, "bad-time", "A property that must be a timestamp is not one."),
    (MissingReference, "missing-reference", "A relationship or sighting lacks one of its ends."),
    (CsvSyntax, "csv-syntax", "A quoted cell of a table has no closing quote."),
    (MissingColumn, "missing-column", "The table lacks a column that its mapping reads."),
    (RowLength, "row-length", "The row has filled cells beyond the columns of the header."),
    (MissingValue, "missing-value", "The row lacks a value that its mapping requires."),
    (UnknownForm, "unknown-form", "A value in the row does not have the form of its kind."),
    (HeldRejected, "held-rejected", "A person rejected these bytes when they were held."),
    (HeldFull, "held-full", "The file is beyond a limit of its source, and too many files are held already."),
    (Erased, "erased", "A person erased the object, so the archive accepts no later delivery of it."),
    (ReaderMemory, "reader-memory", "Reading the file needs more memory than the limit."),
    (ReaderTime, "reader-time", "Reading the file needs more time than the limit."),
    (ReaderFailed, "reader-failed", "The process that reads the file ended before the end of the file."),
    (
        TooMany,
        "too-many",
        "The file has more rejects than the 100,000 that are listed one by one. This row counts the others."
    ),
];

impl RejectRule {
    /// Returns whether another attempt to read the same file can have another result.
    pub(super) fn is_of_reader(self) -> bool {
        matches!(self, Self::ReaderMemory | Self::ReaderTime | Self::ReaderFailed)
    }

    /// Returns the rule's name in the table `rejects`.
    pub fn name(self) -> &'static str {
        // The table has one row for each variant, in the order of the variants.
        RULES[self as usize].1
    }
}

/// The rule that an object or a file breaks, and how it breaks the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The broken rule.
    pub rule: RejectRule,
    /// Explanation for a person; it never contains the value.
    pub reason: String,
}

impl Reject {
    /// Creates a reject.
    pub fn new(rule: RejectRule, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into() }
    }
}

/// An object, or a whole file, that is rejected.
#[derive(Clone, Debug)]
pub struct RejectedObject {
    /// Position in the file: JSON pointer, line or row; empty for the whole file.
    pub position: String,
    /// The object's id, if it can be read without doubt.
    pub object_id: Option<String>,
    /// Markings that the object carries, if all of them can be read without doubt.
    pub markings: Option<Vec<String>>,
    /// The broken rule and the reason.
    pub cause: Reject,
}

impl RejectedObject {
    /// Creates a reject at a position, without readable id or markings.
    pub(super) fn at(position: impl Into<String>, cause: Reject) -> Self {
        Self { position: position.into(), object_id: None, markings: None, cause }
    }
}

impl From<Reject> for RejectedObject {
    /// Rejects a whole file.
    fn from(cause: Reject) -> Self {
        Self::at("", cause)
    }
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn every_rule_has_its_row_and_its_own_name() {
        for (position, (rule, name, sentence)) in RULES.iter().enumerate() {
            assert_eq!((*rule as usize, rule.name()), (position, *name));
            assert!(sentence.ends_with('.'), "{name}");
        }
        let mut names: Vec<&str> = RULES.iter().map(|(_, name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
