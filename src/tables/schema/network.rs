//! Tables of an audience that describe its network: entities, links, records behind them, metrics,
//! communities and changes.

use super::{
    AUDIENCE,
    ColumnType::{Count, Flag, Number, Text, Texts, Time},
    Table, always, maybe,
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const ENTITIES: Table = Table {
    name: "entities",
    about: "One row for each entity of the audience's view, after resolution.",
    fields: &[
        always("entity_id", Text, "Lasting id; derives from the canonical identifier that was recorded first in this view."),
        always("kind", Text, "Kind of entity by its STIX 2.1 or FollowTheMoney name, such as malware or domain-name."),
        always("label", Text, "Name to show."),
        always("aliases", Texts, "Other names in its records, sorted."),
        always("identifiers", Texts, "Identifiers outside of Araneus, `scheme:value`, sorted: stix, mitre-attack and other catalogues, galaxy, misp, ftm, table (the key in a table of its source), or the kind of an observable."),
        always("sources", Texts, "Names of the sources of its records, sorted."),
        always("record_count", Count, "Number of records about the entity, at least 1."),
        maybe("first_seen", Time, "Earliest valid time in its records, UTC; null if no record states one."),
        maybe("last_seen", Time, "Latest valid time in its records, UTC; null if no record states one."),
        always("recorded_first", Time, "Earliest recorded time of its records, UTC."),
        always("recorded_last", Time, "Latest recorded time of its records, UTC."),
        maybe("confidence", Count, "Mean confidence that its sources state, 0 to 100; null if no source states one."),
        maybe("marking", Text, "Join of the markings of its records; null if no record is marked."),
        always("warning_lists", Texts, "Names of the warning lists that contain it, sorted; links of a listed entity have weight 0."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const IDENTIFIERS: Table = Table {
    name: "identifiers",
    about: "One row for each identifier of an entity, with the rule and the visible record that assign it.",
    fields: &[
        always("entity_id", Text, "Id of the entity."),
        always("identifier", Text, "Canonical identifier that resolves to the entity, as scheme and value."),
        maybe("source", Text, "Source of the record; null if a person's judgement assigned the identifier."),
        maybe("record_id", Text, "Id of the record that contains the identifier; null if a person's judgement assigned it."),
        always("rule", Text, "Name of the identity rule."),
        always("reason", Text, "Reason for the assignment, in words."),
        maybe("recorded_at", Time, "Recorded time of the earliest such record or judgement, UTC; null if unknown."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const PAIRS: Table = Table {
    name: "pairs",
    about: "One row for each pair of entities that waits for a person's judgement, the most consequential first.",
    fields: &[
        always("pair_id", Text, "Id of the pair; derives from the ids of both entities."),
        always("entity_id", Text, "Id of one of the two entities, the lower id."),
        always("other_id", Text, "Id of the other entity."),
        always("label", Text, "Label of the first entity."),
        always("other_label", Text, "Label of the second entity."),
        maybe("name", Text, "Name of the first entity that agrees best; null if names were not compared."),
        maybe("other_name", Text, "Name of the second entity that agrees best; null if names were not compared."),
        always("levels", Texts, "Names of the levels, in the order of the comparison; empty if no comparison was made."),
        always("weights", Texts, "Weight of each level in bits, with its sign; above 0 it is evidence for one entity."),
        maybe("bits", Number, "Sum of the weights; null if no comparison was made."),
        maybe("probability", Number, "Probability that both are one entity, 0 to 1, from the sum; null if no comparison was made."),
        maybe("review_probability", Number, "Probability by the model that sorts the pairs that wait, 0 to 1; null if the model does not apply. It joins nothing."),
        maybe("constraint", Text, "Reason why the pair waits, in words; null if the sum alone did not suffice."),
        always("state", Text, "One of contested (evidence or people contradict each other) and unsure."),
        always("communities", Count, "Communities of two or more entities that a merge would join: 2, 1 if only one is concerned, 0 if both entities are alone."),
        always("link_count", Count, "Links that a merge would move: those of the entity that has fewer."),
        maybe("marking", Text, "Join of the markings of both entities; null if neither is marked."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const LINKS: Table = Table {
    name: "links",
    about: "One row for each typed link between two entities.",
    fields: &[
        always("link_id", Text, "Lasting id; derives from both entities and the kind."),
        always("from_id", Text, "Id of the entity at which the link begins."),
        always("to_id", Text, "Id of the entity at which the link ends."),
        always("kind", Text, "Kind of link as its source names it, such as uses."),
        always("layer", Text, "Layer of the link: attribution, infrastructure, communication, finance, ownership, capability, co-report and so on."),
        always("weight", Number, "Strength from 0 up: over its records, reliability x independence x rarity x decay with age."),
        always("source_count", Count, "Number of independent sources: a record that repeats another source counts as that source."),
        always("record_count", Count, "Number of records behind the link, at least 1."),
        maybe("first_seen", Time, "Earliest valid time in its records, UTC; null if no record states one."),
        maybe("last_seen", Time, "Latest valid time in its records, UTC; null if no record states one."),
        always("recorded_first", Time, "Earliest recorded time of its records, UTC."),
        always("recorded_last", Time, "Latest recorded time of its records, UTC."),
        maybe("confidence", Count, "Mean confidence that its sources state, 0 to 100; null if no source states one."),
        maybe("marking", Text, "Join of the markings of its records; null if no record is marked."),
        maybe("amount", Number, "Sum of the amounts in its records, from the source with the largest sum; null without amounts, or with several currencies."),
        maybe("currency", Text, "Currency of the amount; null if the records state no currency."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const FLOWS: Table = Table {
    name: "flows",
    about: "One row for each entity or candidate, each layer among communication, finance and ownership, and each currency: the links that enter and leave it. The table never adds amounts of two currencies.",
    fields: &[
        always("subject_id", Text, "Id of the entity or candidate."),
        always("subject", Text, "One of entity, candidate."),
        always("layer", Text, "Layer of the links: communication, finance or ownership."),
        maybe("currency", Text, "Currency of the amounts; null if none is stated, and for links without amounts."),
        always("links_in", Count, "Links from others; all records of one pair and kind form one link."),
        always("links_out", Count, "Links to others."),
        always("links_inside", Count, "Links among the members of a candidate; 0 for an entity."),
        always("others_in", Count, "Distinct entities at which the links from others begin."),
        always("others_out", Count, "Distinct entities at which the links to others end."),
        maybe("amount_in", Number, "Sum of the amounts from others, in this currency; null without amounts."),
        maybe("amount_out", Number, "Sum of the amounts to others, in this currency; null without amounts."),
        maybe("amount_inside", Number, "Sum of the amounts among members, in this currency; null without amounts."),
        maybe("marking", Text, "Join of the markings of its links; null if no link is marked."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const PROPERTIES: Table = Table {
    name: "properties",
    about: "One row for each property value in a FollowTheMoney record of an entity or a link, with its origin. The list of properties is in docs/ftm.md.",
    fields: &[
        always("subject_id", Text, "Id of the entity or link; a record that links several pairs has a row for each pair."),
        always("subject", Text, "One of entity, link."),
        always("property", Text, "Name of the property in FollowTheMoney, such as alias or percentage."),
        always("value", Text, "Value as delivered."),
        maybe("language", Text, "Language of the value, ISO 639-3, as delivered; null if not stated, as in entities."),
        maybe("dataset", Text, "Dataset of the source that contains the value; null if none is stated, or if an entity states several."),
        maybe("original_value", Text, "Value before the source cleaned it; null if not stated."),
        maybe("first_seen", Time, "Time at which the source first met the value in the dataset, for an entity's values the entity, UTC; null if not stated."),
        maybe("last_seen", Time, "Time at which the source last met the value in the dataset, for an entity's values the entity, UTC; null if not stated."),
        always("source", Text, "Name of the source of the record."),
        always("record_id", Text, "Id of the record that contains the value."),
        always("recorded_at", Time, "Recorded time of the record, UTC."),
        maybe("marking", Text, "Marking of the record; null if it is not marked."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const EVIDENCE: Table = Table {
    name: "evidence",
    about: "One row for each record behind an entity, a link or a flag.",
    fields: &[
        always("subject_id", Text, "Id of the entity, link or flag."),
        always("record_id", Text, "Id of the record."),
        always("source", Text, "Name of the source of the record."),
        maybe("object_id", Text, "Id that the source gave the object; null if it gave none."),
        always("recorded_at", Time, "Recorded time of the record, UTC."),
        maybe("marking", Text, "Marking of the record; null if it is not marked."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const RELAYS: Table = Table {
    name: "relays",
    about: "One row for each record that repeats a record of another source, with the evidence. Records of one origin count once in weights and in source_count.",
    fields: &[
        always("record_id", Text, "Id of the record that repeats another one."),
        always("source", Text, "Name of its source."),
        maybe("repeats", Text, "Id of the earliest record that it repeats; null if only its producer shows the other source."),
        always("origin", Text, "Name of the source of the first record in the chain; its own source if that record is one of its own."),
        always("evidence", Text, "One of object, producer, created, text, reference, values; see docs/relays.md."),
        maybe("days", Number, "Days from the repeated record to this one; null without a repeated record."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const METRICS: Table = Table {
    name: "metrics",
    about: "One row for each entity, with one value for each graph metric.",
    fields: &[always("entity_id", Text, "Id of the entity.")],
    grows: Some("One column for each row of METRICS; null where the metric is not defined."),
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const COMMUNITIES: Table = Table {
    name: "communities",
    about: "One row for each community: entities with more link weight among them than a random graph of equal degrees has.",
    fields: &[
        always("community_id", Text, "Lasting id, kept from run to run."),
        always("size", Count, "Number of entities in the community, at least 1."),
        maybe("density", Number, "Links inside over possible links, 0 to 1; null for one member."),
        maybe("conductance", Number, "Weight of links that leave the community over the weight of all its links, 0 to 1; null without links."),
        maybe("modularity_share", Number, "Contribution to the modularity of the partition, -0.5 to 1; null where not defined."),
        maybe("significance", Number, "Share of random networks with such a community, above 0 to 1: p of the table significance; null where not tested."),
        maybe("born", Time, "As-of time of the run that first had the community, UTC; null if runs are not compared."),
        maybe("state", Text, "Community event since the previous run: born, standing, grew, shrank, merged, split, reactivated or ended; null if runs are not compared."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const SIGNIFICANCE: Table = Table {
    name: "significance",
    about: "One row for each structure that was compared with random networks: the partition, communities of three and more, cores, and the 100 main brokers. Each entity keeps the number of its links in each layer to each class of entities.",
    fields: &[
        maybe("subject_id", Text, "Id of the community or of the entity; null for the partition and for cores."),
        always("subject", Text, "One of partition, community, core, broker."),
        always("size", Count, "Entities of the structure, at least 1; for a broker its neighbours."),
        always("strength", Number, "By subject: modularity of one run of Leiden; surprise of the links inside, from 0 up; k of the core; estimated betweenness, directions ignored."),
        always("draws", Count, "Random networks that were compared."),
        always("draws_as_good", Count, "Random networks with such a structure: as far above the typical strength of its size; for a core, a core of this k that is at least as large."),
        always("p", Number, "Share of random networks with such a structure, above 0 to 1: (1 + draws_as_good) / (1 + draws), or 5 / draws if the test ended at the fifth."),
        always("is_significant", Flag, "True if p is at most 0.05: chance seldom brings such a structure."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const MEMBERS: Table = Table {
    name: "members",
    about: "One row for each entity of a community.",
    fields: &[
        always("community_id", Text, "Id of the community."),
        always("entity_id", Text, "Id of the entity."),
        always("weight", Number, "Share of the entity's link weight that stays inside the community, 0 to 1."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const CHANGES: Table = Table {
    name: "changes",
    about: "One row for each difference from the previous run, or for each group of equal differences, with its cause.",
    fields: &[
        always("change_id", Text, "Id of the change; equal changes between equal runs have equal ids."),
        maybe("subject_id", Text, "Id of the subject; null for a group of several."),
        always("subject", Text, "One of record, entity, link, community, member."),
        always("what", Text, "One of added, removed, changed, merged, split, born, grew, shrank, ended, reactivated."),
        always("cause", Text, "One of observed-new, late-arrival, source-correction, expiry, deletion, new-source, resolver-change, configuration-change, model-change."),
        always("count", Count, "Number of subjects, at least 1."),
        maybe("detail", Text, "Difference in words; null without detail."),
        always("subject_ids", Texts, "Ids of the subjects of the group, sorted: at most the first million."),
    ],
    ..AUDIENCE
};
