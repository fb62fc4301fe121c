//! Tables in `steward/`: deliveries, rejects, and the provenance of identities and records.

use super::{
    ColumnType::{Count, Flag, Number, Text, Texts, Time},
    Folder, Table, always, maybe,
};

const STEWARD: Table = Table { name: "", about: "", folder: Folder::Steward, fields: &[], grows: None };

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const DELIVERIES: Table = Table {
    name: "deliveries",
    about: "One row for each file or page that this run read, with the number of its objects by outcome.",
    fields: &[
        maybe("delivery", Text, "BLAKE3 digest, in hex, of the bytes as stored, before decompression; null if the bytes could not be read."),
        always("source", Text, "Name of the source that delivered the file."),
        always("path", Text, "Path as given; for a file of a folder followed by its relative path, for a member of a zip archive followed by `!/` and its name."),
        maybe("format", Text, "Format that the content shows; null if no format matches."),
        always("mode", Text, "Meaning of an absent object for this source: snapshot (withdrawn) or increment (unknown)."),
        always("recorded_at", Time, "Recorded time of the delivery, which is the as-of time of the run, UTC."),
        always("status", Text, "One of ok, rejected, failed, ignored, held."),
        always("delivered", Count, "Objects in the delivery; the sum of taken, duplicate, rejected and held."),
        always("taken", Count, "Accepted objects, each of which became a record."),
        always("duplicate", Count, "Objects that were live before, or that this run read before, with the same source, key and content."),
        always("rejected", Count, "Rejected objects; each has a row in rejects."),
        always("held", Count, "Objects of a file that a limit of its source set aside until a person decides."),
        always("new", Count, "Keys that were not live before, including keys that returned."),
        always("changed", Count, "Keys whose content differs from the live content, including changed_unannounced."),
        always("changed_unannounced", Count, "Keys among changed whose version field is equal before and after, or is missing on both sides."),
        always("withdrawn", Count, "Keys that were live before and are absent from the snapshot; counted on the last row of the source by path."),
        maybe("encoding", Text, "Encoding of a text table, such as UTF-8; null for other formats."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const REJECTS: Table = Table {
    name: "rejects",
    about: "One row for each rejected object, with its position and the reason; it never contains the rejected value.",
    fields: &[
        maybe("delivery", Text, "Digest of the delivery, as in deliveries; null if the bytes could not be read."),
        always("source", Text, "Name of the source that delivered the object."),
        always("path", Text, "Path as in deliveries."),
        maybe("position", Text, "JSON pointer, line or row; null for the whole file."),
        maybe("object_id", Text, "Id that the source gave the object; null if no id could be read."),
        always("rule", Text, "Name of the reject rule, such as json-syntax."),
        always("reason", Text, "Reason for the reject, in words."),
        always("known", Flag, "True if an earlier run of the source rejected it by the same rule: either the same object, or the same position for the same reason."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const SOURCES: Table = Table {
    name: "sources",
    about: "One row for each delivery up to the as-of time of the run, so that digests of earlier runs can be resolved.",
    fields: &[
        always("source", Text, "Name of the source that delivered the file."),
        always("delivery", Text, "BLAKE3 digest, in hex, of the bytes as stored."),
        always("path", Text, "Path as given to the run that read the delivery."),
        maybe("format", Text, "Format that the content shows; null if no format matches."),
        always("recorded_at", Time, "Recorded time of the delivery, which is the as-of time of the run that read it, UTC."),
        maybe("agreement", Text, "Name of the agreement under which the source shares its records in this run; null without one."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const IDENTITY: Table = Table {
    name: "identity",
    about: "One row for each identifier of an entity, with the rule and the record that assign it.",
    fields: &[
        always("entity_id", Text, "Id of the entity."),
        always("identifier", Text, "Canonical identifier that resolves to the entity."),
        maybe("source", Text, "Source of the record; null if a person's judgement assigned the identifier."),
        maybe("record_id", Text, "Id of the record that contains the identifier; null if a person's judgement assigned it."),
        always("rule", Text, "Name of the identity rule."),
        always("reason", Text, "Reason for the assignment, in words."),
        maybe("recorded_at", Time, "Recorded time of the earliest such record or judgement, UTC; null if unknown."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const CONTESTED: Table = Table {
    name: "contested",
    about: "One row for each pair of entities that some evidence would merge and that a rule kept as two entities.",
    fields: &[
        always("entity_id", Text, "Id of one of the two entities, the lower id."),
        always("other_id", Text, "Id of the other entity."),
        always("rule", Text, "Name of the rule that prevented the merge."),
        always("reason", Text, "Reason against the merge, in words."),
        maybe("weight", Number, "Evidence for one entity, in bits (log2 of the odds ratio); null if a rule alone decided."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const COMPARISONS: Table = Table {
    name: "comparisons",
    about: "One row for each pair of entities that were compared and may be one, or that a person judged; other compared pairs are counted in the manifest.",
    fields: &[
        always("entity_id", Text, "Id of one of the two entities, the lower id."),
        always("other_id", Text, "Id of the other entity; the same id if the state is same."),
        always("identifier", Text, "Canonical identifier of the first side."),
        always("other_identifier", Text, "Canonical identifier of the second side."),
        maybe("name", Text, "Name of the first side that agrees best; null if names were not compared."),
        maybe("other_name", Text, "Name of the second side that agrees best; null if names were not compared."),
        always("levels", Texts, "Names of the levels, in the order of the comparison; empty if no comparison was made."),
        always("weights", Texts, "Weight of each level in bits, with its sign; above 0 it is evidence for one entity."),
        maybe("bits", Number, "Sum of the weights; null if no comparison was made."),
        maybe("probability", Number, "Probability that both are one entity, 0 to 1, from the sum; null if no comparison was made."),
        maybe("review_probability", Number, "Probability by the model that sorts the pairs that wait, 0 to 1; null if the model does not apply. It joins nothing."),
        maybe("constraint", Text, "Constraint or judgement that decides, in words; null if the sum decides."),
        always("state", Text, "One of same (one entity), different (kept apart), contested (evidence or people contradict each other) and unsure (waits for a person)."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const RECORD_EVIDENCE: Table = Table {
    name: "record_evidence",
    about: "One row for each record of the view, with the place in the delivery from which it was read.",
    fields: &[
        always("record_id", Text, "Id of the record; derives from source, key and content, never from file or position."),
        always("delivery", Text, "Digest of the delivery that contains the record."),
        always("path", Text, "Path as in sources."),
        maybe("position", Text, "JSON pointer, line or row; null for the whole file."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const REMARKS: Table = Table {
    name: "remarks",
    about: "One row for each remark about an accepted object that contradicts its format; the object is kept and used.",
    fields: &[
        always("source", Text, "Name of the source that delivered the object."),
        always("object_id", Text, "Id that the source gave the object."),
        always("record_id", Text, "Id of the record."),
        always("remark", Text, "Name of the remark, such as unread-pattern."),
        maybe("version", Text, "Version field of the object; null if it has none."),
        maybe("other_record_id", Text, "Id of the record with the other content of the version; null for other remarks."),
        always("reason", Text, "Meaning of the remark, in words."),
    ],
    ..STEWARD
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const DISTURBANCES: Table = Table {
    name: "disturbances",
    about: "One row for each cause or source by which ten or more entities were merged or split in this run, far more than earlier runs make likely.",
    fields: &[
        always("cause", Text, "Cause of the changes, as in changes."),
        maybe("source", Text, "Source whose records merge; null if no single source does."),
        always("what", Text, "One of merged, split."),
        always("count", Count, "Number of merges or splits."),
        maybe("expected", Number, "Number that the rate of earlier runs gives: merges for each new record; null for changed rules and without earlier runs."),
        maybe("probability", Number, "Probability of at least this number at that rate, 0 to 1; null without a rate."),
        always("entity_ids", Texts, "Ids of up to a hundred of the entities."),
    ],
    ..STEWARD
};
