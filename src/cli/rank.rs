//! Ranks of the queue as arguments of commands.

/// Fewest digits that name an object, if only its id begins with them.
pub(super) const PREFIX_MIN: usize = 6;

/// Parses a rank: a number that is too short for the beginning of an id.
pub(super) fn rank(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    if digits.len() < PREFIX_MIN { digits.parse().ok().filter(|rank| *rank > 0) } else { None }
}
