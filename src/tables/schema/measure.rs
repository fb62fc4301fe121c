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
    about: "One row for each candidate of an outcome at an earlier run, as known at that run, with its label. The patterns' candidates are in `backtest`, those of another outcome in `backtest-NAME`.",
    fields: &[
        always("run", Time, "As-of time of the run, or end of the day, UTC."),
        always("candidate_id", Text, "Id of the candidate; for a pattern it derives from pattern, members and run."),
        always("pattern", Text, "Name of the pattern; for another outcome, its name."),
        maybe("label", Flag, "True if it came true, false if not; null if that is not known yet."),
        maybe("label_recorded_at", Time, "Recorded time of the label, UTC; null without a label."),
        maybe("label_source", Text, "Origin of the label: judgement, growth confirmed by another independent source, or history (later records of the archive); null without a label."),
        always("lineage", Text, "Lasting id of the subject, which is the unit of resampling; for a pattern the lineage of the candidate, which equals the flag_id of its flag."),
        always("raised", Flag, "True if that run flagged the candidate as new, or would have raised it."),
        always("subject", Text, "Name of the entity that the row is about."),
        maybe("query", Text, "Question that the row answers: rows of one query are ranked against each other; null if all rows of a run are."),
        maybe("sampling_probability", Number, "Probability with which the candidate was drawn at random for review, 0 to 1; null for a flag, and for a candidate that was never drawn."),
    ],
    grows: Some("One column for each feature, baseline and forecast of the outcome, described in the metadata of its field; null where it is not defined."),
    folder: Folder::Backtest,
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const SCORES: Table = Table {
    name: "scores",
    about: "One row for each model and each row of a label table that the model scored, from `train --rows` and `evaluate --rows`. Models come in blocks.",
    fields: &[
        always("run", Time, "As-of time of the cut, UTC."),
        always("candidate_id", Text, "Id of the candidate."),
        maybe("query", Text, "Question that the row answers; null for outcomes without queries."),
        maybe("label", Flag, "Label; null if it is not known yet."),
        always("model", Text, "Name of the model: a kind that was fitted on earlier cuts only, a baseline, or a stored model."),
        always("score", Number, "Score; a higher one comes first. Scores are compared within a cut or query if models rank within it."),
        maybe("probability", Number, "Probability by the calibration on earlier cuts; null without one."),
    ],
    grows: None,
    folder: Folder::Backtest,
};
