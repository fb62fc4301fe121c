//! Every table that is written, column by column: the only place schemas are spelled.
//!
//! Files, their metadata, `docs/tables.md` and the checks on writing all come from here. Columns may
//! be added; renaming one, or changing its type or unit, breaks readers.

use crate::columns::ColumnType;

/// Who a table is for, and so in which folder it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// `steward/`: what only the keeper of the data may see.
    Steward,
    /// One folder for each audience, or `all/`.
    Audience,
    /// The folder that `araneus measure --out` names.
    Measure,
    /// The folder that `araneus backtest --out` names.
    Backtest,
}

/// One table.
#[derive(Debug)]
pub struct Table {
    /// Name, and file name without suffix.
    pub name: &'static str,
    /// What one row is, in a sentence.
    pub about: &'static str,
    /// Where it stands.
    pub folder: Folder,
    /// Its columns in order.
    pub fields: &'static [Field],
    /// What real-number columns follow its own at run time, if any do.
    pub grows: Option<&'static str>,
}

/// One column.
#[derive(Debug)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// What its values are.
    pub column_type: ColumnType,
    /// Whether a value may be unknown.
    pub nullable: bool,
    /// What a value means, with unit and range, in a sentence.
    pub about: &'static str,
}

/// A real-number column that comes from another table of the code, as a metric or a feature does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// Name.
    pub name: String,
    /// What a value means, in a sentence.
    pub about: String,
}

/// Returns the table of this name in this folder.
///
/// # Panics
/// If there is none: a name that the code misspells.
pub fn table(folder: Folder, name: &str) -> &'static Table {
    TABLES
        .iter()
        .find(|table| table.folder == folder && table.name == name)
        .unwrap_or_else(|| panic!("no table {name} in {folder:?}"))
}

use ColumnType::{Count, Flag, Number, Text, Texts, Time, Whole};

const fn always(name: &'static str, column_type: ColumnType, about: &'static str) -> Field {
    Field { name, column_type, nullable: false, about }
}

const fn maybe(name: &'static str, column_type: ColumnType, about: &'static str) -> Field {
    Field { name, column_type, nullable: true, about }
}

const STEWARD: Table = Table { name: "", about: "", folder: Folder::Steward, fields: &[], grows: None };
const AUDIENCE: Table = Table { folder: Folder::Audience, ..STEWARD };
const MEASURE: Table = Table { folder: Folder::Measure, ..STEWARD };
const BACKTEST: Table = Table { folder: Folder::Backtest, ..STEWARD };

/// Every table. To add one: an entry here, and whoever fills it.
#[rustfmt::skip] // One column a line reads as the table it is.
pub const TABLES: &[Table] = &[
    Table {
        name: "deliveries",
        about: "One row for each file or page read in this run, with what became of its objects.",
        fields: &[
            maybe("delivery", Text, "BLAKE3 digest, in hex, of the bytes as stored, before decompression; null where they could not be read."),
            always("source", Text, "Who delivered it."),
            always("path", Text, "The path as given; for a folder, with the relative path after it; for one of several members of a zip archive, with `!/` and its name."),
            maybe("format", Text, "The format found by content; null where none was."),
            always("mode", Text, "What absence means for this source: snapshot or increment."),
            always("recorded_at", Time, "Recorded time: the as-of time of the run, UTC."),
            always("status", Text, "One of ok, rejected, failed, ignored."),
            always("delivered", Count, "Objects in it; the sum of taken, duplicate, rejected and held."),
            always("taken", Count, "Objects that became records."),
            always("duplicate", Count, "Objects already live, or met earlier in this run, with the same source, key and content."),
            always("rejected", Count, "Objects that could not be taken; each has a row in rejects."),
            always("held", Count, "Objects set aside by a configured limit; always 0, since no such limit can be configured yet."),
            always("new", Count, "Keys that were not live before; a return counts."),
            always("changed", Count, "Keys whose content differs from what was live, with changed_unannounced."),
            always("changed_unannounced", Count, "Those of changed whose version field stayed the same, or is missing on both sides."),
            always("withdrawn", Count, "Keys of a snapshot that were live before and are absent; on the source's last row by path."),
            maybe("encoding", Text, "Encoding in which a table of text was read, such as UTF-8; null for other formats."),
        ],
        ..STEWARD
    },
    Table {
        name: "rejects",
        about: "One row for each object that could not be taken, with where it stands and why; never its value.",
        fields: &[
            maybe("delivery", Text, "Digest of the delivery, as in deliveries."),
            always("source", Text, "Who delivered it."),
            always("path", Text, "The path as in deliveries."),
            maybe("position", Text, "JSON pointer, line or row; null for the whole file."),
            maybe("object_id", Text, "The object's own id; null where none could be read."),
            always("rule", Text, "The rule it broke, as a word, such as json-syntax."),
            always("reason", Text, "What is wrong, in words."),
            always("known", Flag, "Whether an earlier run of the source rejected it, too: the same rule for the same object, or at the same position for the same reason."),
        ],
        ..STEWARD
    },
    Table {
        name: "sources",
        about: "One row for each delivery ever read, so that old digests can be resolved.",
        fields: &[
            always("source", Text, "Who delivered it."),
            always("delivery", Text, "BLAKE3 digest, in hex, of the bytes as stored."),
            always("path", Text, "The path as it was given then."),
            maybe("format", Text, "The format found by content; null where none was."),
            always("recorded_at", Time, "Recorded time: the as-of time of the run that read it first, UTC."),
        ],
        ..STEWARD
    },
    Table {
        name: "identity",
        about: "One row for each identifier of an entity, with why it belongs there.",
        fields: &[
            always("entity_id", Text, "The entity."),
            always("identifier", Text, "A canonical identifier that stands for it."),
            maybe("source", Text, "Who said so; null where a person's judgement did."),
            maybe("record_id", Text, "The record that said so; null where a person's judgement did."),
            always("rule", Text, "The rule that joined it, as a word."),
            always("reason", Text, "Why, in words."),
            maybe("recorded_at", Time, "Recorded time, UTC."),
        ],
        ..STEWARD
    },
    Table {
        name: "contested",
        about: "One row for each pair that might be one entity and was kept apart until a person decides.",
        fields: &[
            always("entity_id", Text, "One of the two; the lower id."),
            always("other_id", Text, "The other."),
            always("rule", Text, "The rule that kept them apart, as a word."),
            always("reason", Text, "Why, in words."),
            maybe("weight", Number, "Evidence for one entity, in bits (log2 of the odds ratio); null where a rule alone decided."),
        ],
        ..STEWARD
    },
    Table {
        name: "record_evidence",
        about: "One row for each record in use, with the place it was read from.",
        fields: &[
            always("record_id", Text, "The record; derives from source, key and content, never from file or position."),
            always("delivery", Text, "Digest of the delivery that holds it."),
            always("path", Text, "The path as in sources."),
            maybe("position", Text, "JSON pointer, line or row; null for the whole file."),
        ],
        ..STEWARD
    },
    Table {
        name: "entities",
        about: "One row for each entity: what records are about, after resolution.",
        fields: &[
            always("entity_id", Text, "Lasting id; derives from the earliest-told canonical identifier in this view."),
            always("kind", Text, "STIX 2.1 or FollowTheMoney name of what it is, such as malware or domain-name."),
            always("label", Text, "The name to show."),
            always("aliases", Texts, "Other names that records give it, sorted."),
            always("sources", Texts, "Who speaks of it, sorted."),
            always("record_count", Count, "Records about it, at least 1."),
            maybe("first_seen", Time, "Earliest moment that records say it held in the world, UTC."),
            maybe("last_seen", Time, "Latest moment that records say it held in the world, UTC."),
            always("recorded_first", Time, "Recorded time of its first record, UTC."),
            always("recorded_last", Time, "Recorded time of its last record, UTC."),
            maybe("confidence", Count, "Confidence of its sources, 0 to 100; null where none states one."),
            maybe("marking", Text, "Join of the markings of its records; null where nobody marked it."),
            always("warning_lists", Texts, "Names of the warning lists that hold it, sorted: its links weigh nothing, and it ties nobody."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "links",
        about: "One row for each typed tie between two entities.",
        fields: &[
            always("link_id", Text, "Lasting id; derives from both ends and the kind."),
            always("from_id", Text, "The entity it starts at."),
            always("to_id", Text, "The entity it points at."),
            always("kind", Text, "What the tie is, as its source calls it, such as uses."),
            always("layer", Text, "Family of ties: attribution, infrastructure, communication, finance, ownership, capability, co-report and so on."),
            always("weight", Number, "Strength from 0: over its records, reliability x independence x rarity x decay with age."),
            always("source_count", Count, "Independent sources; one report through ten feeds is one."),
            always("record_count", Count, "Records behind it, at least 1."),
            maybe("first_seen", Time, "Earliest moment that records say it held in the world, UTC."),
            maybe("last_seen", Time, "Latest moment that records say it held in the world, UTC."),
            always("recorded_first", Time, "Recorded time of its first record, UTC."),
            always("recorded_last", Time, "Recorded time of its last record, UTC."),
            maybe("confidence", Count, "Confidence of its sources, 0 to 100; null where none states one."),
            maybe("marking", Text, "Join of the markings of its records; null where nobody marked it."),
            maybe("amount", Number, "What its records' amounts add up to; of several sources that tell of it the most; null without amounts, or in several currencies."),
            maybe("currency", Text, "Of what; null where none is told."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "flows",
        about: "One row for each entity and each candidate, layer of communication, finance or ownership, and currency: what goes in and out. Its links are those of `links` that begin or end there; currencies are never added to each other.",
        fields: &[
            always("subject_id", Text, "The entity, or the candidate."),
            always("subject", Text, "One of entity, candidate."),
            always("layer", Text, "Family of the links: communication, finance or ownership."),
            maybe("currency", Text, "What the amounts are amounts of; null where none is told, and for links without amounts."),
            always("links_in", Count, "Links from others; one link is all that is told of a pair and kind."),
            always("links_out", Count, "Links to others."),
            always("links_inside", Count, "Links among the members of a candidate; 0 for an entity."),
            always("others_in", Count, "Distinct entities that those from others begin at."),
            always("others_out", Count, "Distinct entities that those to others end at."),
            maybe("amount_in", Number, "What the amounts from others add up to, in this currency; null without amounts."),
            maybe("amount_out", Number, "What the amounts to others add up to, in this currency; null without amounts."),
            maybe("amount_inside", Number, "What the amounts among members add up to, in this currency; null without amounts."),
            maybe("marking", Text, "Join of the markings of its links; null where nobody marked them."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "properties",
        about: "One row for each value that a record of FollowTheMoney tells of an entity or a link, with where it is from: names as they are written, numbers of organisations, and how a tie holds (docs/ftm.md lists the properties).",
        fields: &[
            always("subject_id", Text, "The entity or link; what a record ties several pairs by is told of each."),
            always("subject", Text, "One of entity, link."),
            always("property", Text, "The property's name in FollowTheMoney, such as alias or percentage."),
            always("value", Text, "What it holds, as told."),
            maybe("language", Text, "The language it is written in, ISO 639-3 as told; null where not told, as in entities."),
            maybe("dataset", Text, "The dataset of the source that it is from; null where none is told, or several for all values of an entity."),
            maybe("original_value", Text, "What it was before the source cleaned it; null where not told."),
            maybe("first_seen", Time, "When the source first met it in the dataset, UTC; of an entity's values when it first met the entity."),
            maybe("last_seen", Time, "When the source last met it in the dataset, UTC; of an entity's values when it last met the entity."),
            always("source", Text, "Who said it."),
            always("record_id", Text, "The record that says it."),
            always("recorded_at", Time, "Recorded time, UTC."),
            maybe("marking", Text, "Marking of the record; null where nobody marked it."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "evidence",
        about: "One row for each record behind an entity, a link or a flag.",
        fields: &[
            always("subject_id", Text, "The entity, link or flag."),
            always("record_id", Text, "The record behind it."),
            always("source", Text, "Who said it."),
            maybe("object_id", Text, "The id the source gave the object; null where it gave none."),
            always("recorded_at", Time, "Recorded time, UTC."),
            maybe("marking", Text, "Marking of the record; null where nobody marked it."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "metrics",
        about: "One row for each entity: its place in the graph, one number for each measure.",
        fields: &[always("entity_id", Text, "The entity.")],
        grows: Some("One column for each row of METRICS; null where the measure is not defined."),
        ..AUDIENCE
    },
    Table {
        name: "communities",
        about: "One row for each community: entities that hold together more than chance would have it.",
        fields: &[
            always("community_id", Text, "Lasting id, kept from night to night."),
            always("size", Count, "Entities in it, at least 1."),
            maybe("density", Number, "Links inside over possible links, 0 to 1; null for one member."),
            maybe("conductance", Number, "Weight of links that leave it over the weight of all its links, 0 to 1; null without links."),
            maybe("modularity_share", Number, "What it adds to the modularity of the partition, -0.5 to 1."),
            maybe("significance", Number, "Chance of so dense a set in a random graph of equal degrees, 0 to 1; null where not tested."),
            maybe("born", Time, "Moment of the night that first had it, UTC; null where nights are not compared."),
            maybe("state", Text, "Against the night before: born, standing, grew, shrank, merged, split, reactivated or ended; null where nights are not compared."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "members",
        about: "One row for each entity in a community.",
        fields: &[
            always("community_id", Text, "The community."),
            always("entity_id", Text, "The entity."),
            always("weight", Number, "How far it belongs there: the share of its link weight that stays inside, 0 to 1."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "changes",
        about: "One row for each difference from the night before, or for each group of equal ones, with its cause.",
        fields: &[
            always("change_id", Text, "Id of the change; equal changes of equal nights have equal ids."),
            maybe("subject_id", Text, "What changed; null for a group."),
            always("subject", Text, "One of record, entity, link, community, member."),
            always("what", Text, "One of added, removed, changed, merged, split, born, grew, shrank, ended, reactivated."),
            always("cause", Text, "One of observed-new, late-arrival, source-correction, expiry, deletion, new-source, resolver-change, configuration-change, model-change."),
            always("count", Count, "How many subjects, at least 1."),
            maybe("detail", Text, "What differs, in words."),
            always("subject_ids", Texts, "Every subject of the group, sorted."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "candidates",
        about: "One row for each instance of a pattern found tonight, flagged or not.",
        fields: &[
            always("candidate_id", Text, "Id of the candidate; derives from pattern, members and night."),
            always("pattern", Text, "The pattern's name."),
            always("members", Texts, "Ids of the entities that form it, sorted."),
            always("statistic", Number, "What the pattern measures, in its own unit; higher is more unusual."),
            maybe("null_p", Number, "Share of random graphs of equal degrees and layers that reach the statistic, 0 to 1; null where not drawn."),
            always("gate_fails", Texts, "Which tests of the emergence gate it fails: history, chance, news, sources; empty where it passes."),
            always("lineage", Text, "What it is over the nights; the flag_id that it would be or is flagged under."),
            always("title", Text, "What was found, in a sentence."),
            always("outcome", Text, "Where it ended: queued, beyond-budget, earlier-flag or nothing-new where it is a flag or passes the gate; else the most telling test that stopped it: not-news, one-source-unknown, one-source-weak, ordinary or chance."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "gate",
        about: "One row for each candidate and test of the emergence gate, with what decided it; tests that it passes have rows, too.",
        fields: &[
            always("candidate_id", Text, "The candidate."),
            always("test", Text, "One of history, chance, news, sources."),
            always("passed", Flag, "Whether the candidate passes the test."),
            maybe("value", Number, "What the candidate shows: its statistic (history), the share of random runs that reach it (chance), the share of its recent weight that is news (news), its independent sources (sources); null where not measured."),
            maybe("threshold", Number, "What the value is compared with. It must exceed the strongest earlier window (history; null where there is none), be at most the limit of the false-discovery rate (chance), or be at least the threshold (news, sources: 2, or 1 with a source of reliability A or B)."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "features",
        about: "One row for each candidate: what a model is shown of it.",
        fields: &[always("candidate_id", Text, "The candidate.")],
        grows: Some("One column for each row of FEATURES; null where the feature is not defined."),
        ..AUDIENCE
    },
    Table {
        name: "flags",
        about: "One row for each flag alive or closed tonight; those with a rank are the morning's queue.",
        fields: &[
            always("flag_id", Text, "Lasting id; one flag for each pattern and lineage."),
            maybe("rank", Count, "Place in the queue from 1, at most the review budget; null for what waits outside it."),
            always("pattern", Text, "The pattern's name."),
            always("title", Text, "What was found, in a sentence."),
            always("entity_ids", Texts, "The entities it is about."),
            maybe("community_id", Text, "The community it is about, if it is about one."),
            always("score", Number, "Order of urgency, 0 to 1; not a probability."),
            maybe("probability", Number, "Calibrated chance that review confirms it, 0 to 1; null unless calibrated on this deployment's labels."),
            maybe("calibrated_on", Text, "The label set behind probability; null where that is null."),
            maybe("model_id", Text, "The model that scored it; null where rules alone did."),
            always("reasons_for", Texts, "Why it deserves a look, in sentences."),
            always("reasons_against", Texts, "What else could explain it, in sentences."),
            always("source_count", Count, "Independent sources behind it."),
            always("first_flagged", Time, "Moment of the night that first flagged it, UTC."),
            always("state", Text, "One of new, standing, grown, judged, closed."),
            maybe("marking", Text, "Join of the markings of its records; null where nobody marked them."),
            maybe("verdict", Text, "The verdict in force: confirmed, benign, needs-more or duplicate; null where nobody judged it, or it grew since."),
            maybe("verdict_at", Time, "Recorded time, UTC, of the last judgement that the run took into account, also where the flag grew since; null where there is none."),
        ],
        ..AUDIENCE
    },
    Table {
        name: "metrics",
        about: "One row for each vertex of the measured graph, one number for each measure.",
        fields: &[always("node", Text, "The vertex as given.")],
        grows: Some("One column for each measure asked for; null where it is not defined."),
        ..MEASURE
    },
    Table {
        name: "members",
        about: "One row for each vertex and level of the partition found.",
        fields: &[
            always("node", Text, "The vertex as given."),
            always("community", Whole, "Number of its community; 0 is the largest."),
            always("level", Whole, "0 is the result; finer levels, if any, count up from 1."),
        ],
        ..MEASURE
    },
    Table {
        name: "memberships",
        about: "One row for each vertex and its own community, and one for each other that holds at least a tenth of its weight: who stands between communities.",
        fields: &[
            always("node", Text, "The vertex as given."),
            always("community", Whole, "Number of a community; the vertex's own stands first where it holds most."),
            always("share", Number, "Share of the vertex's weight that leads into the community, 0 to 1; 1 for a vertex without links."),
        ],
        ..MEASURE
    },
    Table {
        name: "backtest",
        about: "One row for each candidate of an earlier night, as it was known then, with what became of it.",
        fields: &[
            always("run", Time, "As-of time of the run, UTC."),
            always("candidate_id", Text, "Id of the candidate; derives from pattern, members and night."),
            always("pattern", Text, "The pattern's name."),
            maybe("label", Flag, "Whether it came true; null where nobody can tell yet."),
            maybe("label_recorded_at", Time, "Recorded time of the label, UTC; null without a label."),
            maybe("label_source", Text, "How that is known: judgement, or growth confirmed by another independent source; null without a label."),
            always("lineage", Text, "What it is over the nights; the flag_id that it would be or was flagged under."),
            always("raised", Flag, "Whether it was flagged as new that night."),
        ],
        grows: Some("One column for each row of FEATURES; null where the feature is not defined."),
        ..BACKTEST
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_and_column_has_one_name_and_a_sentence() {
        assert!(TABLES.len() >= 16);
        for (place, table) in TABLES.iter().enumerate() {
            let twins = TABLES[..place].iter();
            let same = |other: &&Table| other.name == table.name && other.folder == table.folder;
            assert_eq!(twins.filter(same).count(), 0, "{} stands twice", table.name);
            assert!(table.about.ends_with('.') && table.about.len() > 20, "{}", table.name);
            assert!(!table.fields.is_empty(), "{}", table.name);
            for (place, field) in table.fields.iter().enumerate() {
                let name = field.name;
                assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
                assert!(field.about.ends_with('.') && field.about.len() > 5, "{name}");
                let twins = table.fields[..place].iter().filter(|other| other.name == name);
                assert_eq!(twins.count(), 0, "{}.{name} stands twice", table.name);
            }
        }
    }

    #[test]
    fn times_say_utc_and_unknowns_of_numbers_say_when() {
        let fields = TABLES.iter().flat_map(|table| table.fields);
        let mut times = 0;
        for field in fields {
            if field.column_type == Time {
                times += 1;
                assert!(field.about.contains("UTC"), "{}", field.name);
            }
            if field.nullable && matches!(field.column_type, Number | Count) {
                let says = field.about.contains("null") || field.about.starts_with("What it adds");
                assert!(says, "{} does not say when it is null", field.name);
            }
        }
        assert!(times > 10);
    }

    /// Words of readers' scripts: changing one of these lines is a breaking change.
    #[test]
    fn columns_are_those_of_the_contract() {
        let names = |folder, name| -> String {
            let fields = table(folder, name).fields.iter().map(|field| field.name);
            fields.collect::<Vec<_>>().join(" ")
        };
        let steward = [
            (
                "deliveries",
                "delivery source path format mode recorded_at status delivered taken duplicate rejected held new changed changed_unannounced withdrawn encoding",
            ),
            ("rejects", "delivery source path position object_id rule reason known"),
            ("sources", "source delivery path format recorded_at"),
            ("identity", "entity_id identifier source record_id rule reason recorded_at"),
            ("contested", "entity_id other_id rule reason weight"),
            ("record_evidence", "record_id delivery path position"),
        ];
        let audience = [
            (
                "entities",
                "entity_id kind label aliases sources record_count first_seen last_seen recorded_first recorded_last confidence marking warning_lists",
            ),
            (
                "links",
                "link_id from_id to_id kind layer weight source_count record_count first_seen last_seen recorded_first recorded_last confidence marking amount currency",
            ),
            (
                "flows",
                "subject_id subject layer currency links_in links_out links_inside others_in others_out amount_in amount_out amount_inside marking",
            ),
            (
                "properties",
                "subject_id subject property value language dataset original_value first_seen last_seen source record_id recorded_at marking",
            ),
            ("evidence", "subject_id record_id source object_id recorded_at marking"),
            ("metrics", "entity_id"),
            ("communities", "community_id size density conductance modularity_share significance born state"),
            ("members", "community_id entity_id weight"),
            ("changes", "change_id subject_id subject what cause count detail subject_ids"),
            ("candidates", "candidate_id pattern members statistic null_p gate_fails lineage title outcome"),
            ("gate", "candidate_id test passed value threshold"),
            ("features", "candidate_id"),
            (
                "flags",
                "flag_id rank pattern title entity_ids community_id score probability calibrated_on model_id reasons_for reasons_against source_count first_flagged state marking verdict verdict_at",
            ),
        ];
        let measure = [
            ("metrics", "node"),
            ("members", "node community level"),
            ("memberships", "node community share"),
        ];
        let backtest =
            [("backtest", "run candidate_id pattern label label_recorded_at label_source lineage raised")];
        for (folder, tables) in [
            (Folder::Steward, &steward[..]),
            (Folder::Audience, &audience[..]),
            (Folder::Measure, &measure[..]),
            (Folder::Backtest, &backtest[..]),
        ] {
            let standing = TABLES.iter().filter(|table| table.folder == folder).count();
            assert_eq!(standing, tables.len(), "{folder:?}");
            for (name, columns) in tables {
                assert_eq!(names(folder, name), *columns, "{name}");
            }
        }
    }
}
