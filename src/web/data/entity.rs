//! The screen of an entity.

use super::{
    RunData,
    centrality::{Centrality, centralities},
    ids::{COMMUNITY, ENTITY, LINK, RECORD},
    network::Network,
    shown::{number, time},
    sources::{SourceIndependence, independence},
};
use crate::{
    explain::{self, PublishedFlag, QuestionError},
    judgement::Judgement,
    language::Language,
    temporal::Subject,
};

/// Most links, records and changed links that a screen shows.
const LINKS_MAX: usize = 100;
const RECORDS_MAX: usize = 100;
const CHANGES_MAX: usize = 30;
/// Smallest difference of weights that is a change; smaller ones are rounding.
const WEIGHT_MIN: f64 = 1e-9;

/// An entity in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityRef {
    /// Lasting id.
    pub id: String,
    /// Label.
    pub label: String,
    /// Kind.
    pub kind: String,
    /// Is true if the run has the entity, so that there is a screen of it.
    pub is_current: bool,
}

/// An identifier, and why it belongs to the entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifierRow {
    /// Scheme and value.
    pub identifier: String,
    /// Name of the identity rule.
    pub rule: String,
    /// Reason in words.
    pub reason: String,
    /// Source of the record; `None` for a person's judgement.
    pub source: Option<String>,
    /// Id of the record; `None` for a person's judgement.
    pub record: Option<String>,
    /// Recorded time in words.
    pub recorded_at: Option<String>,
}

/// An entity in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct PastEntity {
    /// Name of the run.
    pub run: String,
    /// Is true for the run of the screen.
    pub is_current: bool,
    /// Number of records; `None` if the run does not have the entity.
    pub records: Option<u32>,
    /// Number of links.
    pub degree: Option<f64>,
    /// Weight of the links.
    pub strength: Option<f64>,
    /// Id of the community.
    pub community: Option<String>,
}

/// A flag that names the entity.
#[derive(Clone, Debug)]
pub struct FlagRow {
    /// The flag with its verdicts.
    pub flag: PublishedFlag,
}

/// A link of the entity.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkRow {
    /// Lasting id.
    pub id: String,
    /// Kind of the link.
    pub kind: String,
    /// Layer of the link.
    pub layer: String,
    /// Is true if the link begins at the entity.
    pub is_outgoing: bool,
    /// The entity at the other end.
    pub other: EntityRef,
    /// Weight.
    pub weight: f64,
    /// Number of independent sources.
    pub sources: u32,
    /// Number of records.
    pub records: u32,
    /// First and last valid time in words.
    pub seen: [Option<String>; 2],
    /// Marking; `None` if no record is marked.
    pub marking: Option<String>,
    /// Id of a record behind it, the first recorded.
    pub record: Option<String>,
}

/// A link whose weight differs from the previous run.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkChange {
    /// Kind of the link.
    pub kind: String,
    /// Layer of the link.
    pub layer: String,
    /// The entity at the other end.
    pub other: EntityRef,
    /// Weight in the previous run; 0 if it had no such link.
    pub before: f64,
    /// Weight in this run; 0 if it has no such link.
    pub after: f64,
    /// Cause in words; `None` if only time has passed.
    pub cause: Option<String>,
}

/// A record in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Id.
    pub id: String,
    /// Source.
    pub source: String,
    /// Source whose record it repeats; `None` if it repeats nothing.
    pub repeats: Option<String>,
    /// Id that the source gave the object.
    pub object: Option<String>,
    /// Recorded time in words.
    pub recorded_at: Option<String>,
    /// Marking; `None` if not marked.
    pub marking: Option<String>,
}

/// The screen of an entity.
#[derive(Clone, Debug)]
pub struct EntityScreen {
    /// Lasting id.
    pub id: String,
    /// Label.
    pub label: String,
    /// Kind.
    pub kind: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Sources.
    pub sources: Vec<String>,
    /// Names of the warning lists that contain it.
    pub warning_lists: Vec<String>,
    /// First and last valid time in words.
    pub seen: [Option<String>; 2],
    /// First and last recorded time in words.
    pub recorded: [Option<String>; 2],
    /// Mean confidence that its sources state, 0 to 100.
    pub confidence: Option<u8>,
    /// Marking; `None` if no record is marked.
    pub marking: Option<String>,
    /// Identifiers with reasons; `None` if a run of an older version did not publish them.
    pub identifiers: Option<Vec<IdentifierRow>>,
    /// Causes of the changes of this entity since the previous run, in words.
    pub changes: Vec<[String; 2]>,
    /// Runs, the latest first.
    pub history: Vec<PastEntity>,
    /// Number of earlier runs that could not be read.
    pub history_unread: usize,
    /// Flags that name it.
    pub flags: Vec<FlagRow>,
    /// Name of the previous run; `None` without one.
    pub previous_run: Option<String>,
    /// Metrics in this run and in the previous one.
    pub centralities: Vec<Centrality>,
    /// Links whose weight changed, the largest difference first; possibly not all.
    pub link_changes: Vec<LinkChange>,
    /// Number of such links.
    pub link_change_count: usize,
    /// Degree and strength without each source.
    pub independence: SourceIndependence,
    /// Id and size of its community.
    pub community: Option<(String, u32)>,
    /// Links by weight; possibly not all.
    pub links: Vec<LinkRow>,
    /// Number of links.
    pub link_count: usize,
    /// Records, the latest first; possibly not all.
    pub records: Vec<RecordRow>,
    /// Number of records.
    pub record_count: usize,
}

/// Returns the screen of an entity; `None` if the run does not have it.
///
/// # Errors
/// If the table of flags cannot be read.
pub fn entity(
    data: &RunData,
    judgements: &[Judgement],
    id: &str,
) -> Result<Option<EntityScreen>, QuestionError> {
    let network = &data.network;
    let Some(entity) = ENTITY.parse(id).and_then(|id| network.entity(id)) else { return Ok(None) };
    let common = &network.entities;
    let times = [0, 1, 2, 3].map(|position: usize| time(common.times[position][entity]));
    let [first_seen, last_seen, recorded_first, recorded_last] = times;
    let (link_changes, link_change_count) = link_changes(data, entity);
    let records = data.evidence.of_entity.of(entity);
    let community = network
        .community_id(entity)
        .map(|id| (COMMUNITY.text(id), network.communities.sizes[network.community_of[entity] as usize]));
    Ok(Some(EntityScreen {
        id: id.to_owned(),
        label: network.labels.get(entity).to_owned(),
        kind: network.names.get(common.kinds[entity]).to_owned(),
        aliases: network.aliases.get(entity),
        sources: network.sources.get(entity),
        warning_lists: network.warning_lists.get(entity),
        seen: [first_seen, last_seen],
        recorded: [recorded_first, recorded_last],
        confidence: common.confidence[entity],
        marking: network.names.known(common.markings[entity]),
        identifiers: identifiers(data, entity),
        changes: changes_in_words(data, Subject::Entity, common.ids[entity]),
        history: history(data, entity),
        history_unread: data.history_unread,
        flags: flags_of(data, judgements, id)?,
        previous_run: data.previous.as_ref().map(|(name, _)| name.clone()),
        centralities: centralities(data, entity),
        link_changes,
        link_change_count,
        independence: independence(data, entity),
        community,
        links: links(data, entity),
        link_count: network.links_of.of(entity).len(),
        records: record_rows(data, records),
        record_count: records.len(),
    }))
}

/// Returns an entity of a network as an entry of a list.
pub(super) fn entity_ref(data: &RunData, network: &Network, entity: usize) -> EntityRef {
    let id = network.entities.ids[entity];
    EntityRef {
        id: ENTITY.text(id),
        label: network.labels.get(entity).to_owned(),
        kind: network.names.get(network.entities.kinds[entity]).to_owned(),
        is_current: std::ptr::eq(network, &raw const data.network) || data.network.entity(id).is_some(),
    }
}

/// Returns what happened to a subject since the previous run, and the cause, in words.
pub(super) fn changes_in_words(data: &RunData, subject: Subject, id: u128) -> Vec<[String; 2]> {
    let changes = data.changes.of(subject, id);
    changes.into_iter().map(|change| [change.what.clone(), cause_in_words(&change.cause)]).collect()
}

/// Returns a cause in words.
pub(super) fn cause_in_words(cause: &str) -> String {
    Language::english().name("change.cause", cause)
}

fn identifiers(data: &RunData, entity: usize) -> Option<Vec<IdentifierRow>> {
    let all = data.identifiers.as_ref()?;
    let row = |&position: &u32| {
        let position = position as usize;
        IdentifierRow {
            identifier: all.identifiers.get(position).to_owned(),
            rule: all.names.get(all.rules[position]).to_owned(),
            reason: all.names.get(all.reasons[position]).to_owned(),
            source: all.names.known(all.sources[position]),
            record: all.records[position].map(|id| RECORD.text(id)),
            recorded_at: time(all.recorded_at[position]),
        }
    };
    Some(all.of_entity.of(entity).iter().map(row).collect())
}

fn history(data: &RunData, entity: usize) -> Vec<PastEntity> {
    let network = &data.network;
    let metric = |name: &str| {
        let position = crate::metrics::METRICS.iter().position(|metric| metric.name == name)?;
        number(*network.metrics[position].get(entity)?)
    };
    let current = PastEntity {
        run: data.name.clone(),
        is_current: true,
        records: Some(network.entities.record_counts[entity]),
        degree: metric("degree"),
        strength: metric("strength"),
        community: network.community_id(entity).map(|id| COMMUNITY.text(id)),
    };
    let earlier = data.history.iter().map(|run| PastEntity {
        run: run.name.clone(),
        is_current: false,
        records: Some(run.record_counts[entity]).filter(|count| *count > 0),
        degree: number(run.degrees[entity]),
        strength: number(run.strengths[entity]),
        community: Some(run.communities[entity]).filter(|id| *id > 0).map(|id| COMMUNITY.text(id)),
    });
    std::iter::once(current).chain(earlier).collect()
}

fn flags_of(data: &RunData, judgements: &[Judgement], id: &str) -> Result<Vec<FlagRow>, QuestionError> {
    let mut named: Vec<String> = Vec::new();
    super::scan::scan(&data.folder(), "flags", &["flag_id", "entity_ids"], |part| {
        for (flag, entities) in part.text("flag_id")?.iter().zip(part.texts("entity_ids")?) {
            if entities.iter().any(|entity| entity == id) {
                named.push(flag.clone()?);
            }
        }
        Some(())
    })?;
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let flags = explain::flags(&data.folder(), judgements)?;
    let rows = flags.into_iter().filter(|flag| named.contains(&flag.flag_id));
    Ok(rows.map(|flag| FlagRow { flag }).collect())
}

fn links(data: &RunData, entity: usize) -> Vec<LinkRow> {
    let (network, all) = (&data.network, &data.network.links);
    let mut links: Vec<usize> = network.links_of.of(entity).iter().map(|link| *link as usize).collect();
    links.sort_by(|&a, &b| all.weights[b].total_cmp(&all.weights[a]).then(a.cmp(&b)));
    let row = |&link: &usize| LinkRow {
        id: LINK.text(all.common.ids[link]),
        kind: network.names.get(all.common.kinds[link]).to_owned(),
        layer: network.names.get(all.layers[link]).to_owned(),
        is_outgoing: all.from[link] as usize == entity,
        other: entity_ref(data, network, network.other_end(link, entity)),
        weight: all.weights[link],
        sources: all.source_counts[link],
        records: all.common.record_counts[link],
        seen: [time(all.common.times[0][link]), time(all.common.times[1][link])],
        marking: network.names.known(all.common.markings[link]),
        record: first_record(data, link),
    };
    links.iter().take(LINKS_MAX).map(row).collect()
}

/// Returns the id of the first recorded record behind a link.
fn first_record(data: &RunData, link: usize) -> Option<String> {
    let evidence = &data.evidence;
    let records = evidence.of_link.of(link).iter().map(|record| *record as usize);
    let first = records.min_by_key(|&record| (evidence.recorded_at[record], evidence.ids[record]))?;
    Some(RECORD.text(evidence.ids[first]))
}

/// Returns the links of an entity whose weight differs from the previous run, and their number.
fn link_changes(data: &RunData, entity: usize) -> (Vec<LinkChange>, usize) {
    let Some((_, previous)) = &data.previous else { return (Vec::new(), 0) };
    let network = &data.network;
    let id = network.entities.ids[entity];
    // A link that the metrics do not read carries no change of a centrality.
    let weight = |network: &Network, link: usize| {
        if network.links.is_measured[link] { network.links.weights[link] } else { 0.0 }
    };
    let mut changed: Vec<(f64, LinkChange)> = Vec::new();
    let mut add = |network: &Network, link: usize, entity: usize, before: f64, after: f64| {
        let difference = (after - before).abs();
        if difference <= WEIGHT_MIN {
            return;
        }
        let causes = data.changes.of(Subject::Link, network.links.common.ids[link]);
        changed.push((
            difference,
            LinkChange {
                kind: network.names.get(network.links.common.kinds[link]).to_owned(),
                layer: network.names.get(network.links.layers[link]).to_owned(),
                other: entity_ref(data, network, network.other_end(link, entity)),
                before,
                after,
                cause: causes.first().map(|change| cause_in_words(&change.cause)),
            },
        ));
    };
    for &link in network.links_of.of(entity) {
        let link = link as usize;
        let before = previous.link(network.links.common.ids[link]);
        let before = before.map_or(0.0, |link| weight(previous, link));
        add(network, link, entity, before, weight(network, link));
    }
    if let Some(row) = previous.entity(id) {
        for &link in previous.links_of.of(row) {
            let link = link as usize;
            if network.link(previous.links.common.ids[link]).is_none() {
                add(previous, link, row, weight(previous, link), 0.0);
            }
        }
    }
    changed.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.other.id.cmp(&other.other.id)));
    let count = changed.len();
    (changed.into_iter().take(CHANGES_MAX).map(|(_, change)| change).collect(), count)
}

/// Returns records as entries of a list, the latest first.
pub(super) fn record_rows(data: &RunData, records: &[u32]) -> Vec<RecordRow> {
    let evidence = &data.evidence;
    let mut records: Vec<usize> = records.iter().map(|record| *record as usize).collect();
    records.sort_by_key(|&record| (std::cmp::Reverse(evidence.recorded_at[record]), evidence.ids[record]));
    let row = |&record: &usize| {
        let (source, origin) = (evidence.sources[record], evidence.origins[record]);
        RecordRow {
            id: RECORD.text(evidence.ids[record]),
            source: evidence.names.get(source).to_owned(),
            repeats: (origin != source).then(|| evidence.names.get(origin).to_owned()),
            object: Some(evidence.objects.get(record)).filter(|key| !key.is_empty()).map(str::to_owned),
            recorded_at: time(evidence.recorded_at[record]),
            marking: evidence.names.known(evidence.markings[record]),
        }
    };
    records.iter().take(RECORDS_MAX).map(row).collect()
}
