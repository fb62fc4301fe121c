//! Sentences of answers to questions.

pub(super) const ROWS: &[(&str, &str)] = &[
    ("question.what", "what is this"),
    ("question.one", "why one"),
    ("question.two", "why two"),
    ("question.flag", "why was this flagged"),
    ("question.stopped", "why is this not a flag"),
    ("question.candidate", "what became of this candidate"),
    ("answer.one", "\u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} are one entity: {label}"),
    (
        "answer.two",
        "\u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} are two entities: no rule of identity joins them: they \
         share no canonical identifier, catalogue entry, uuid or listed name",
    ),
    (
        "answer.two-contested",
        "\u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} are two entities: a rule would join them, and a \
         constraint keeps them apart",
    ),
    ("answer.candidate", "{title} It {status}."),
    ("record.entity", "{kind} {label}"),
    ("explain.support.none", "not found in this run, so there is no record to leave out"),
    (
        "explain.support.complete",
        "found by running again: the flag falls without all of them, and holds with any one of them",
    ),
    ("explain.support.progress", "minimal support: {tried} of {count} records tried"),
    (
        "explain.support.stopped",
        "found by running again: the flag falls without all of them, and fewer records may suffice. Tried before the \
         time limit: {tried} of {count} records, {sources} of {source_count} sources. The next question about this \
         flag continues",
    ),
    (
        "explain.support.not-begun",
        "The smallest set of records was not searched, because that takes about {seconds} seconds or more in this archive. \
         Ask with `--seconds {seconds}`",
    ),
    ("explain.support.partial", "found by running again; only the first 50 records were tried one by one"),
    (
        "explain.from-tables",
        "This answer comes from the tables of that run. The archive no longer has the records behind it.",
    ),
    ("audience.steward", "the data steward"),
    ("remark.unread-pattern", "The pattern cannot be parsed, so the indicator names no observables."),
    ("remark.other-id", "The id is not the one that STIX 2.1 derives from the properties of the object."),
    ("remark.decayed", "The sending server states that the value has decayed."),
    (
        "remark.empty-group",
        "The sharing group has no organisations, so no audience with a clearance limit sees the object.",
    ),
    (
        "remark.version-conflict",
        "The source gave two contents to this version. Both are kept, and the one with the higher digest is used.",
    ),
];
