//! The screen of an entity.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    RunData,
    centrality::{Centrality, centralities},
    ids::{COMMUNITY, ENTITY, RECORD},
    links::{LinkChange, LinkRow, link_changes, links},
    lists::{RecordRow, changes_in_words, record_rows},
    scan::{has_table, scan},
    shown::{number, time},
    sources::{SourceIndependence, independence},
};
use crate::{
    explain::{self, PublishedFlag, QuestionError},
    judgement::Judgement,
    temporal::Subject,
};

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

/// A value of a property, and who claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRow {
    /// Name of the property.
    pub property: String,
    /// Value as delivered.
    pub value: String,
    /// Sources that claim it, sorted.
    pub sources: Vec<String>,
    /// Ids of the records that claim it; possibly not all.
    pub records: Vec<String>,
    /// Number of those records.
    pub record_count: usize,
}

/// Most values that a screen shows, and most records of one value.
const VALUES_MAX: usize = 200;
const VALUE_RECORDS_MAX: usize = 5;

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
    /// Values of its properties with the records that claim them; possibly not all. Formats without properties have none.
    pub values: Vec<ValueRow>,
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
        values: values(data, id)?,
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

/// Returns the identifiers of an entity that a judgement keeps; empty if the run published none.
pub fn kept_identifiers(data: &RunData, id: &str) -> Vec<String> {
    let entity = ENTITY.parse(id).and_then(|id| data.network.entity(id));
    let (Some(entity), Some(all)) = (entity, data.identifiers.as_ref()) else { return Vec::new() };
    let row = |&position: &u32| {
        let position = position as usize;
        (all.recorded_at[position], all.values.get(position).to_owned())
    };
    explain::kept_identifiers(id, all.of_entity.of(entity).iter().map(row).collect())
}

fn identifiers(data: &RunData, entity: usize) -> Option<Vec<IdentifierRow>> {
    let all = data.identifiers.as_ref()?;
    let row = |&position: &u32| {
        let position = position as usize;
        IdentifierRow {
            identifier: all.values.get(position).to_owned(),
            rule: all.names.get(all.rules[position]).to_owned(),
            reason: all.names.get(all.reasons[position]).to_owned(),
            source: all.names.known(all.sources[position]),
            record: all.records[position].map(|id| RECORD.text(id)),
            recorded_at: time(all.recorded_at[position]),
        }
    };
    Some(all.of_entity.of(entity).iter().map(row).collect())
}

/// Returns the values of an entity's properties, sorted.
fn values(data: &RunData, id: &str) -> Result<Vec<ValueRow>, QuestionError> {
    let mut claims: BTreeMap<(String, String), (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let folder = data.folder();
    if !has_table(&folder, "properties") {
        return Ok(Vec::new());
    }
    let columns = ["subject_id", "property", "value", "source", "record_id"];
    scan(&folder, "properties", &columns, |part| {
        let cell = |name: &str, row: usize| Some(part.text(name)?[row].clone().unwrap_or_default());
        for (row, subject) in part.text("subject_id")?.iter().enumerate() {
            if subject.as_deref() == Some(id) {
                let (sources, records) =
                    claims.entry((cell("property", row)?, cell("value", row)?)).or_default();
                sources.insert(cell("source", row)?);
                records.insert(cell("record_id", row)?);
            }
        }
        Some(())
    })?;
    let row = |((property, value), (sources, records)): (_, (BTreeSet<String>, BTreeSet<String>))| ValueRow {
        property,
        value,
        sources: sources.into_iter().collect(),
        record_count: records.len(),
        records: records.into_iter().take(VALUE_RECORDS_MAX).collect(),
    };
    Ok(claims.into_iter().take(VALUES_MAX).map(row).collect())
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
    scan(&data.folder(), "flags", &["flag_id", "entity_ids"], |part| {
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
