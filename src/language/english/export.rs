//! Sentences of exports.

pub(super) const ROWS: &[(&str, &str)] = &[
    ("export.reasons", "Reasons"),
    ("export.reasons-for", "Reasons for a review:"),
    ("export.reasons-against", "Other explanations:"),
    ("export.confirmed", "A person confirmed this flag."),
    ("export.unjudged", "This flag is not confirmed. It is a suggestion for a review."),
    ("export.revoked", "This flag is withdrawn: it closed, or it is no longer confirmed."),
    ("export.withdrawn", "Withdrawn flag"),
    ("export.obligations", "Obligations of the agreements with the sources"),
];
