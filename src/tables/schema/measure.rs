//! Tables of `araneus measure` and `araneus backtest`.

use super::{
    ColumnType::{Flag, Number, Text, Time, Whole},
    Folder, Table, always, maybe,
};

const MEASURE: Table = Table { name: "", about: "", folder: Folder::Measure, fields: &[], grows: None };

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const METRICS: Table = Table {
    name: "metrics",
    about: "One row for each vertex of the measured graph, with one value for each metric.",
    fields: &[always("node", Text, "Name of the vertex as given.")],
    grows: Some("One column for each requested metric; null where the metric is not defined."),
    ..MEASURE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const MEMBERS: Table = Table {
    name: "members",
    about: "One row for each vertex and level of the partition.",
    fields: &[
        always("node", Text, "Name of the vertex as given."),
        always("community", Whole, "Number of its community, from 0 for the largest."),
        always("level", Whole, "Level of the partition: 0 is the result, finer levels count up from 1."),
    ],
    ..MEASURE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const MEMBERSHIPS: Table = Table {
    name: "memberships",
    about: "One row for each vertex and its own community, and one for each other community with at least a tenth of its weight.",
    fields: &[
        always("node", Text, "Name of the vertex as given."),
        always("community", Whole, "Number of a community; the vertex's own comes first if it has the largest share."),
        always("share", Number, "Share of the vertex's link weight that leads into the community, 0 to 1; 1 for a vertex without links."),
    ],
    ..MEASURE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const BACKTEST: Table = Table {
    name: "backtest",
    about: "One row for each candidate of an earlier run, as known at that run, with its label.",
    fields: &[
        always("run", Time, "As-of time of the run, UTC."),
        always("candidate_id", Text, "Id of the candidate; derives from pattern, members and run."),
        always("pattern", Text, "Name of the pattern."),
        maybe("label", Flag, "True if a judgement or later growth confirmed the candidate; null if the outcome is not known yet."),
        maybe("label_recorded_at", Time, "Recorded time of the label, UTC; null without a label."),
        maybe("label_source", Text, "Origin of the label: judgement, or growth confirmed by another independent source; null without a label."),
        always("lineage", Text, "Lineage of the candidate over the runs; equals the flag_id of its flag, if it has one."),
        always("raised", Flag, "True if that run flagged the candidate as new."),
        maybe("sampling_probability", Number, "Probability with which the candidate was drawn at random for review, 0 to 1; null for a flag, and for a candidate that was never drawn."),
    ],
    grows: Some("One column for each row of FEATURES; null where the feature is not defined."),
    folder: Folder::Backtest,
};
