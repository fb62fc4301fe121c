//! Rows of an audience's tables that describe its network.

use super::entity_id;
use crate::{
    analysis::{Analysis, Community},
    canonical,
    entity::Entity,
    features,
    index::{EntityIndex, RecordIndex},
    language::{self, Language},
    metrics::METRICS,
    null_model::RandomDraws,
    record::Record,
    resolve::Repeat,
    review::QueuedFlag,
    tables::{
        Folder,
        fill::{
            self, FilledTable, NamedColumn, arrange, count, flag, lent_text, marking_text, maybe_count,
            maybe_text, metric_columns, number, number_at, text, texts, time,
        },
        table,
    },
    temporal::{ChangeGroup, lineage::CommunityEvent},
    time::DAY,
};

fn confidence_count(confidence: Option<f64>) -> Option<u64> {
    confidence.map(|mean| mean.round() as u64)
}

/// Returns the identifiers of an entity as tables publish them, sorted.
fn published_identifiers(entity: &Entity) -> Vec<String> {
    let identifiers = entity.identifiers.iter().map(|known| canonical::published::published(&known.id));
    let mut identifiers: Vec<String> = identifiers.collect();
    identifiers.sort_unstable();
    identifiers.dedup();
    identifiers
}

/// Fills `entities`.
pub fn entities(analysis: &Analysis) -> FilledTable<'_> {
    let rows = &analysis.resolution.entities;
    fill::from_slice(Folder::Audience, "entities", rows, move |rows| {
        [
            ("entity_id", lent_text(rows, |row| &row.id)),
            ("kind", lent_text(rows, |row| &row.kind)),
            ("label", lent_text(rows, |row| &row.label)),
            ("aliases", texts(rows, |row| &row.aliases)),
            ("identifiers", texts(rows, published_identifiers)),
            ("sources", texts(rows, |row| &row.sources)),
            ("record_count", count(rows, |row| row.records.len() as u64)),
            ("first_seen", time(rows, |row| row.seen.start)),
            ("last_seen", time(rows, |row| row.seen.end)),
            ("recorded_first", time(rows, |row| Some(row.recorded_first))),
            ("recorded_last", time(rows, |row| Some(row.recorded_last))),
            ("confidence", maybe_count(rows, |row| confidence_count(row.confidence.get()))),
            ("marking", maybe_text(rows, |row| marking_text(row.marking))),
            ("warning_lists", texts(rows, |row| &row.warning_lists)),
        ]
    })
}

/// Fills `links`.
pub fn links(analysis: &Analysis) -> FilledTable<'_> {
    let rows = &analysis.resolution.links;
    fill::from_slice(Folder::Audience, "links", rows, move |rows| {
        [
            ("link_id", lent_text(rows, |row| &row.id)),
            ("from_id", lent_text(rows, |row| entity_id(&analysis.resolution, row.from))),
            ("to_id", lent_text(rows, |row| entity_id(&analysis.resolution, row.to))),
            ("kind", lent_text(rows, |row| &row.kind)),
            ("layer", lent_text(rows, |row| row.layer.name())),
            ("weight", number(rows, |row| Some(row.weight))),
            ("source_count", count(rows, |row| row.source_count.into())),
            ("record_count", count(rows, |row| row.records.len() as u64)),
            ("first_seen", time(rows, |row| row.seen.start)),
            ("last_seen", time(rows, |row| row.seen.end)),
            ("recorded_first", time(rows, |row| Some(row.recorded_first))),
            ("recorded_last", time(rows, |row| Some(row.recorded_last))),
            ("confidence", maybe_count(rows, |row| confidence_count(row.confidence.get()))),
            ("marking", maybe_text(rows, |row| marking_text(row.marking))),
            ("amount", number(rows, |row| row.amount().map(|(sum, _)| sum))),
            ("currency", maybe_text(rows, |row| row.amount()?.1)),
        ]
    })
}

/// Fills `evidence` with the records behind entities, links and flags.
pub fn evidence<'a>(analysis: &'a Analysis, flags: &'a [QueuedFlag]) -> FilledTable<'a> {
    let entities = analysis.resolution.entities.iter().map(|entity| (&*entity.id, &*entity.records));
    let links = analysis.resolution.links.iter().map(|link| (&*link.id, &*link.records));
    let mut flags_by_id: Vec<&QueuedFlag> = flags.iter().collect();
    flags_by_id.sort_by(|a, b| a.flag.id.cmp(&b.flag.id));
    let of_flags = flags_by_id.into_iter().filter_map(|row| Some((&*row.flag.id, row.candidate.as_ref()?)));
    let of_flags = of_flags.flat_map(|(id, candidate)| {
        features::records(analysis, candidate).into_iter().map(move |record| (id, record))
    });
    let of_network =
        entities.chain(links).flat_map(|(id, records)| records.iter().map(move |record| (id, *record)));
    // A million entities and links have more rows than fit into memory beside them.
    let rows = of_network.chain(of_flags).map(|(id, record)| (id, &analysis[record]));
    fill::from_iter(Folder::Audience, "evidence", rows, move |rows: &[(&str, &Record)]| {
        [
            ("subject_id", lent_text(rows, |(id, _)| *id)),
            ("record_id", text(rows, |(_, record)| record.id)),
            ("source", lent_text(rows, |(_, record)| &record.source)),
            ("object_id", lent_text(rows, |(_, record)| &record.key)),
            ("recorded_at", time(rows, |(_, record)| Some(record.recorded_at))),
            ("marking", maybe_text(rows, |(_, record)| marking_text(record.marking))),
        ]
    })
}

/// Fills `relays` with the records that repeat records of other sources.
pub fn relays(analysis: &Analysis) -> FilledTable<'_> {
    let relays = &analysis.resolution.relays;
    fill::from_slice(Folder::Audience, "relays", relays.repeats(), move |rows| {
        let repeated = |repeat: &Repeat| repeat.record.map(|record| &analysis[record]);
        let days = move |(record, repeat): &(RecordIndex, Repeat)| {
            let later = analysis[*record].recorded_first.micros();
            Some((later - repeated(repeat)?.recorded_first.micros()) as f64 / DAY as f64)
        };
        [
            ("record_id", text(rows, |(record, _)| analysis[*record].id.to_string())),
            ("source", text(rows, |(record, _)| analysis[*record].source.to_string())),
            ("repeats", maybe_text(rows, |(_, repeat)| Some(repeated(repeat)?.id.to_string()))),
            ("origin", text(rows, |(record, _)| relays.origin(*record))),
            ("evidence", text(rows, |(_, repeat)| repeat.evidence.name())),
            ("days", number(rows, days)),
        ]
    })
}

/// Fills `metrics`, with one column for each row of `METRICS`.
pub fn metrics(analysis: &Analysis) -> FilledTable<'_> {
    let entities = &analysis.resolution.entities;
    let (table, extra) = (table(Folder::Audience, "metrics"), metric_columns(METRICS));
    let parts = fill::ranges(entities.len()).map(move |range| {
        let ids: NamedColumn = ("entity_id", lent_text(&entities[range.clone()], |row| &row.id));
        let values = METRICS.iter().zip(&analysis.metrics);
        let columns =
            values.map(|(metric, values)| (metric.name, number_at(range.clone(), |row| values[row])));
        arrange(table, &metric_columns(METRICS), std::iter::once(ids).chain(columns))
    });
    FilledTable { table, extra, parts: Box::new(parts) }
}

/// Fills `communities`.
pub fn communities(analysis: &Analysis) -> FilledTable<'_> {
    let rows: Vec<(&Community, Option<RandomDraws>)> = (0..)
        .zip(&analysis.communities)
        .map(|(position, community)| (community, analysis.draws_of_community(position)))
        .collect();
    fill::from_slice(Folder::Audience, "communities", rows, move |rows| {
        let of_several =
            |community: &Community, value: f64| Some(value).filter(|_| community.members.len() > 1);
        [
            ("community_id", text(rows, |(row, _)| &row.id)),
            ("size", count(rows, |(row, _)| row.members.len() as u64)),
            ("density", number(rows, |(row, _)| of_several(row, row.density))),
            ("conductance", number(rows, |(row, _)| of_several(row, row.conductance))),
            ("modularity_share", number(rows, |(row, _)| Some(row.modularity_share))),
            ("significance", number(rows, |(_, draws)| draws.map(RandomDraws::p))),
            ("born", time(rows, |(row, _)| row.born)),
            ("state", maybe_text(rows, |(row, _)| row.event.map(CommunityEvent::name))),
        ]
    })
}

/// Fills `significance` with the structures that were compared with random networks.
pub fn significance(analysis: &Analysis) -> FilledTable<'_> {
    fill::from_slice(Folder::Audience, "significance", analysis.tested_structures(), move |rows| {
        [
            ("subject_id", maybe_text(rows, |row| row.id)),
            ("subject", text(rows, |row| row.kind.name())),
            ("size", count(rows, |row| row.size)),
            ("strength", number(rows, |row| Some(row.strength))),
            ("draws", count(rows, |row| row.draws.draws.into())),
            ("draws_as_good", count(rows, |row| row.draws.as_good.into())),
            ("p", number(rows, |row| Some(row.draws.p()))),
            ("is_significant", flag(rows, |row| Some(row.draws.is_significant()))),
        ]
    })
}

/// Fills `members` with the entities of each community.
pub fn members(analysis: &Analysis) -> FilledTable<'_> {
    let rows = analysis.communities.iter().flat_map(|community| {
        let members = community.members.iter().zip(&community.belonging);
        members.map(move |(member, weight)| (community, *member, *weight))
    });
    fill::from_iter(Folder::Audience, "members", rows, move |rows: &[(&Community, EntityIndex, f64)]| {
        [
            ("community_id", lent_text(rows, |(community, ..)| &community.id)),
            ("entity_id", lent_text(rows, |(_, member, _)| entity_id(&analysis.resolution, *member))),
            ("weight", number(rows, |(.., weight)| Some(*weight))),
        ]
    })
}

/// Fills `changes` with one row for each group of equal changes.
pub fn changes(rows: &[ChangeGroup]) -> FilledTable<'_> {
    fill::from_slice(Folder::Audience, "changes", rows, move |rows| {
        [
            ("change_id", text(rows, |row| &row.id)),
            ("subject_id", maybe_text(rows, |row| row.subject_ids.only())),
            ("subject", text(rows, |row| row.subject.name())),
            ("what", text(rows, |row| row.what.name())),
            ("cause", text(rows, |row| row.cause.name())),
            ("count", count(rows, |row| row.subject_ids.len() as u64)),
            ("detail", text(rows, |row| language::change_detail(Language::english(), row))),
            ("subject_ids", texts(rows, |row| row.subject_ids.listed())),
        ]
    })
}
