//! Limits and errors of patterns.

/// Longest pattern, in bytes.
pub(in crate::ingest) const LENGTH_MAX: usize = 64 * 1024;
/// Deepest nesting of parentheses.
pub(in crate::ingest) const NESTING_MAX: usize = 64;
/// Most constants in one pattern.
pub(in crate::ingest) const CONSTANTS_MAX: usize = 10_000;
/// Longest object path, in bytes: a path is copied for every member of an `IN`.
pub(in crate::ingest) const PATH_MAX: usize = 1_024;

/// One constant that a pattern compares with an object's property for equality.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::ingest) struct PatternObservable {
    /// Object type as written, such as `domain-name` or `file`.
    pub kind: String,
    /// Path within the object, without quotes: `value`, `hashes.SHA-256`, `values[*].data`.
    pub path: String,
    /// The constant: text without escapes, a number as written, hex digits, or base64.
    pub value: String,
}

/// Reason why a pattern cannot be read; positions are in bytes from its start.
///
/// The message contains position and rule, and never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::ingest) enum PatternError {
    /// The pattern is longer than [`LENGTH_MAX`].
    #[error("pattern is longer than {LENGTH_MAX} bytes")]
    TooLong,
    /// Parentheses nest deeper than [`NESTING_MAX`].
    #[error("pattern byte {position}: parentheses nest deeper than {NESTING_MAX}")]
    TooDeep {
        /// Position of the first parenthesis beyond the limit.
        position: usize,
    },
    /// There are more constants than [`CONSTANTS_MAX`].
    #[error("pattern byte {position}: more than {CONSTANTS_MAX} constants")]
    TooManyConstants {
        /// Position of the first constant beyond the limit.
        position: usize,
    },
    /// An object path is longer than [`PATH_MAX`].
    #[error("pattern byte {position}: object path is longer than {PATH_MAX} bytes")]
    PathTooLong {
        /// End of the path.
        position: usize,
    },
    /// A quoted text has no closing quote.
    #[error("pattern byte {position}: quoted text is not closed")]
    Unclosed {
        /// Start of the text.
        position: usize,
    },
    /// The grammar requires something else.
    #[error("pattern byte {position}: expected {expected}")]
    Expected {
        /// Position where it is missing.
        position: usize,
        /// Token that the grammar requires there.
        expected: &'static str,
    },
}

/// Result of reading a part of a pattern.
pub(super) type Read<T> = Result<T, PatternError>;
