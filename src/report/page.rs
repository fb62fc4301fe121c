//! A night's results in words: what the report says, cut to what its reader may see.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    content::{
        Answer, CentralRow, ChangeGroup as Group, CommunityRow, DeliveryRow, FlagLine, Page, RejectGroup,
        RejectRow, SourceRow,
    },
    morning,
    picture::{Bubble, Picture, Tie, community_map},
};
use crate::{
    analysis::{Analysis, Community},
    archive::{self, DeliveryReport},
    features::Candidate,
    index::EntityIndex,
    metrics,
    model::Model,
    record::Reliability,
    review::{self, Gate, Outcome, QueuedFlag},
    temporal::{Cause, ChangeGroup, Subject, UNANNOUNCED, What},
    time::Moment,
};

/// Everything a page is made from.
pub struct Facts<'a> {
    /// The night.
    pub moment: Moment,
    /// The night compared with.
    pub previous: Option<Moment>,
    /// Name of the reader.
    pub audience: &'a str,
    /// What was computed for the reader.
    pub analysis: &'a Analysis,
    /// What changed, as the reader may know it.
    pub changes: &'a [ChangeGroup],
    /// What was delivered; `None` where the reader may not know.
    pub deliveries: Option<&'a [DeliveryReport]>,
    /// Every flag, those of the queue in order.
    pub morning: &'a [QueuedFlag],
    /// Remembered flags that closed without a verdict.
    pub closed: &'a [FlagLine],
    /// Instances of patterns, flagged or not; the next two lists are aligned.
    pub candidates: &'a [Candidate],
    /// What each showed at the gate.
    pub gates: &'a [Gate],
    /// Where each ended.
    pub outcomes: &'a [Outcome],
    /// What scores.
    pub model: &'a Model,
    /// Id of what scored the night before, where it is known.
    pub model_before: Option<String>,
    /// Whether the reader may know files, digests, positions and refused objects: the steward.
    pub shows_files: bool,
    /// Versions, configuration, digests.
    pub provenance: Vec<(String, String)>,
}

/// Most files shown of one source, places of one reject, central entities, communities.
const FILES_MAX: usize = 60;
const PLACES_MAX: usize = 50;
const CENTRAL_MAX: usize = 20;
/// Most central entities of one kind: techniques would fill the list alone.
const KIND_MAX: usize = 5;
const COMMUNITIES_MAX: usize = 40;
/// Longest label, in characters, within a community's name.
const LABEL_MAX: usize = 28;
/// Share of a source's objects that must change in one night for it to be called a bulk edit.
const BULK_SHARE: f64 = 0.25;
/// Fewest changes that are called a bulk edit.
const BULK_MIN: u64 = 50;

/// Makes the page.
pub fn page(facts: &Facts<'_>) -> Page {
    let analysis = facts.analysis;
    let communities: Vec<&Community> = analysis
        .communities
        .iter()
        .filter(|community| community.members.len() > 1)
        .take(COMMUNITIES_MAX)
        .collect();
    let ties = ties(analysis, &communities);
    let (other_flags, other_flag_count) = morning::lines(facts);
    let (waiting, waiting_sentence) = morning::waiting(facts);
    let (near, near_count) = morning::near(facts);
    Page {
        title: format!("Night of {}", facts.moment.display_utc().split(' ').next().unwrap_or_default()),
        night: facts.moment.display_utc(),
        audience: facts.audience.to_owned(),
        previous: facts.previous.map(Moment::display_utc),
        headline: headline(facts),
        came: came(facts),
        changed: changed(facts),
        refused: facts.deliveries.map(|read| refused(read, facts.shows_files)),
        person: person(facts),
        queue: morning::rows(facts),
        other_flags,
        other_flag_count,
        queue_note: queue_note(facts),
        waiting,
        waiting_sentence,
        near,
        near_count,
        changes: facts.changes.iter().map(group).collect(),
        deliveries: facts.deliveries.map(|read| sources(read, facts.shows_files)),
        rejects: facts.deliveries.map(|read| rejects(read, facts.shows_files)),
        measures: SHOWN
            .iter()
            .filter_map(|name| metrics::named(name))
            .map(|metric| (metric.name.to_owned(), metric.about.to_owned()))
            .collect(),
        entities: central(analysis),
        communities: communities
            .iter()
            .enumerate()
            .map(|(at, community)| community_row(analysis, at, community, &ties))
            .collect(),
        picture: picture(analysis, &communities, &ties),
        glossary: Vec::new(),
        provenance: facts.provenance.clone(),
        shows_files: facts.shows_files,
    }
}

/// The measures shown for each central entity.
const SHOWN: [&str; 4] = ["pagerank", "betweenness", "degree", "core_number"];

/// Says how the queue was made, or why it is empty.
fn queue_words(facts: &Facts<'_>) -> &'static str {
    let queued = facts.morning.iter().filter(|row| row.rank.is_some()).count();
    match (queued, facts.model) {
        (0, _) if facts.previous.is_none() => review::FIRST_RUN,
        (0, _) => "Nothing new was flagged in this run.",
        (_, Model::Rules) => {
            "Scored by rule alone: the share of this run\u{2019}s candidates that show their pattern no more strongly."
        }
        (_, Model::Logistic(_)) => {
            "Scored by a model that was trained on synthetic worlds, not on what people here decided."
        }
    }
}

/// Says what a reader must know before any flag: which source changed much, where the candidates ended, and
/// whether these sources can raise a flag at all.
fn queue_note(facts: &Facts<'_>) -> String {
    // What was delivered is hidden from those who have a clearance.
    if facts.deliveries.is_none() && facts.analysis.view.records().is_empty() {
        return review::no_record_sentence(facts.audience);
    }
    let mut said = bulk_edits(facts);
    said.push(queue_words(facts).to_owned());
    if facts.previous.is_some() || !facts.outcomes.is_empty() {
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        for outcome in facts.outcomes {
            *counts.entry(*outcome).or_default() += 1;
        }
        said.push(review::outcomes_sentence(&counts));
    }
    said.extend(review::source_warning(&sources_seen(facts.analysis)));
    if let pairs @ 1.. = facts.analysis.resolution.contested.len() {
        said.push(contested(facts, pairs));
    }
    said.join(" ")
}

/// Returns the sources of which a reader sees a record, with their reliability.
pub fn sources_seen(analysis: &Analysis) -> BTreeSet<(String, Reliability)> {
    let names: BTreeSet<&str> = analysis.view.records().iter().map(|record| &*record.source).collect();
    names.into_iter().map(|name| (name.to_owned(), analysis.view.terms(name).reliability)).collect()
}

fn contested(facts: &Facts<'_>, pairs: usize) -> String {
    let pairs = if pairs == 1 { "One pair".to_owned() } else { format!("{} pairs", thousands(pairs as u64)) };
    // Only who sees everything has the steward's folder beside this page.
    let place = if facts.deliveries.is_some() { "; the table steward/contested lists why" } else { "" };
    format!("{pairs} of entities might be one and were kept apart until a person decides{place}.")
}

fn sum(groups: &[ChangeGroup], subject: Subject, of: impl Fn(&ChangeGroup) -> bool) -> u64 {
    let groups = groups.iter().filter(|group| group.subject == subject && of(group));
    groups.map(|group| group.subject_ids.len() as u64).sum()
}

fn headline(facts: &Facts<'_>) -> Vec<String> {
    let analysis = facts.analysis;
    let groups = analysis.communities.iter().filter(|community| community.members.len() > 1).count();
    let mut said = vec![format!(
        "{} records tell of {} entities, tied by {} links; {} of them form {} communities of two or more.",
        thousands(analysis.view.records().len() as u64),
        thousands(analysis.resolution.entities.len() as u64),
        thousands(analysis.resolution.links.len() as u64),
        thousands(analysis.communities.iter().map(|c| c.members.len() as u64).filter(|size| *size > 1).sum()),
        thousands(groups as u64),
    )];
    let ahead: u64 = facts.deliveries.into_iter().flatten().map(|reading| reading.dated_ahead).sum();
    if ahead > 0 {
        said.push(format!(
            "Dated after tonight: {}; taken, and counted as told tonight.",
            objects_word(ahead)
        ));
    }
    said.extend(bulk_edits(facts));
    let ours =
        |group: &ChangeGroup| matches!(group.cause, Cause::ConfigurationChange | Cause::ResolverChange);
    let own: usize =
        facts.changes.iter().filter(|group| ours(group)).map(|group| group.subject_ids.len()).sum();
    if let Some(before) = facts.model_before.as_ref().filter(|before| *before != facts.model.id()) {
        said.push(format!(
            "The model is another one than the night before ({} then, {} tonight): scores and their order may differ; no flag is new by that.",
            before,
            facts.model.id(),
        ));
    }
    if own > 0 {
        said.push(format!(
            "{} differences come of our own rules or configuration, not of the world.",
            thousands(own as u64)
        ));
    }
    said
}

/// Says of each source that rewrote much of what it holds, so that nobody takes it for news.
fn bulk_edits(facts: &Facts<'_>) -> Vec<String> {
    let edits =
        facts.changes.iter().filter(|group| group.subject == Subject::Record && group.what == What::Changed);
    let mut sources: Vec<&str> = edits
        .filter(|group| group.cause == Cause::SourceCorrection)
        .map(|group| group.source.as_str())
        .collect();
    sources.dedup();
    sources.into_iter().filter_map(|source| bulk_edit(source, edited(facts, source))).collect()
}

/// How many objects a source changed, how many of them silently, and how many it holds: as
/// delivered where the reader may know that, else as the reader sees its records.
fn edited(facts: &Facts<'_>, source: &str) -> [u64; 3] {
    if let Some(deliveries) = facts.deliveries {
        let counts = archive::total(deliveries.iter().filter(|reading| reading.source == source));
        return [counts.changed, counts.changed_unannounced, counts.delivered];
    }
    let (mut changed, mut silent) = (0, 0);
    for group in facts.changes.iter().filter(|group| {
        group.subject == Subject::Record && group.what == What::Changed && group.source == source
    }) {
        changed += group.subject_ids.len() as u64;
        silent += group
            .traits
            .iter()
            .filter(|(name, _)| *name == UNANNOUNCED)
            .map(|(_, count)| *count as u64)
            .sum::<u64>();
    }
    let held = facts.analysis.view.records().iter().filter(|record| *record.source == *source).count();
    [changed, silent, held as u64]
}

fn objects_word(count: u64) -> String {
    format!("{} {}", thousands(count), if count == 1 { "object" } else { "objects" })
}

fn bulk_edit(source: &str, [changed, silent, held]: [u64; 3]) -> Option<String> {
    let share = changed as f64 / held.max(1) as f64;
    (changed >= BULK_MIN && share >= BULK_SHARE).then(|| {
        format!(
            "Bulk edit: {source} rewrote {} of its {} objects ({:.0} %), {} of them under an unchanged version field. \
             Growth tonight is first of all this source\u{2019}s housekeeping.",
            thousands(changed),
            thousands(held),
            share * 100.0,
            thousands(silent),
        )
    })
}

fn came(facts: &Facts<'_>) -> Answer {
    match facts.deliveries {
        Some(deliveries) => {
            let counts = archive::total(deliveries);
            let mut sources: Vec<&str> = deliveries.iter().map(|reading| reading.source.as_str()).collect();
            sources.dedup();
            let sentence = match sources.as_slice() {
                [] => "Nothing was read: this night was surveyed from the archive.".to_owned(),
                [one] => format!("delivered by {one}; {} were new to us.", thousands(counts.new)),
                many => {
                    format!("delivered by {} sources; {} were new to us.", many.len(), thousands(counts.new))
                }
            };
            let parts = [
                ("new", counts.new),
                ("changed", counts.changed),
                ("as before", counts.duplicate),
                ("withdrawn", counts.withdrawn),
            ];
            Answer { count: counts.delivered, unit: "objects".to_owned(), sentence, parts: words(&parts) }
        }
        None => Answer {
            count: facts.analysis.view.records().len() as u64,
            unit: "records".to_owned(),
            sentence: "may be known to this reader tonight.".to_owned(),
            parts: Vec::new(),
        },
    }
}

fn words(parts: &[(&str, u64)]) -> Vec<(String, u64)> {
    parts.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect()
}

fn changed(facts: &Facts<'_>) -> Answer {
    let mut causes: BTreeMap<Cause, u64> = BTreeMap::new();
    for group in facts.changes.iter().filter(|group| group.subject == Subject::Record) {
        *causes.entry(group.cause).or_default() += group.subject_ids.len() as u64;
    }
    let entities = sum(facts.changes, Subject::Entity, |group| group.what == What::Added);
    let links = sum(facts.changes, Subject::Link, |group| group.what == What::Added);
    Answer {
        count: causes.values().sum(),
        unit: "records".to_owned(),
        sentence: match facts.previous {
            Some(previous) => format!(
                "differ from {}; {} entities and {} links came.",
                previous.display_utc(),
                thousands(entities),
                thousands(links)
            ),
            None => format!(
                "are here for the first time: this is the first night. {} entities and {} links came.",
                thousands(entities),
                thousands(links)
            ),
        },
        parts: causes.iter().map(|(cause, count)| (cause.name().to_owned(), *count)).collect(),
    }
}

fn refused(deliveries: &[DeliveryReport], shows_files: bool) -> Answer {
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for refused in deliveries.iter().flat_map(|reading| &reading.rejects) {
        *rules.entry(&refused.rule).or_default() += 1;
    }
    let count: u64 = rules.values().sum();
    let sentence = if count == 0 {
        "Everything delivered could be taken."
    } else if shows_files {
        "could not be taken; each is listed with its file, place and rule."
    } else {
        "could not be taken; the steward\u{2019}s report lists each with its file, place and rule."
    };
    let parts = rules.into_iter().map(|(rule, count)| (rule.to_owned(), count)).collect();
    Answer { count, unit: "objects".to_owned(), sentence: sentence.to_owned(), parts }
}

fn person(facts: &Facts<'_>) -> Answer {
    let pairs = facts.analysis.resolution.contested.len();
    let queued = facts.morning.iter().filter(|row| row.rank.is_some()).count() as u64;
    let sentence = if pairs == 0 { queue_words(facts).to_owned() } else { contested(facts, pairs) };
    let unit = if queued == 1 { "flag" } else { "flags" };
    let parts = words(&[("pairs of entities", pairs as u64)]);
    Answer { count: queued, unit: unit.to_owned(), sentence, parts }
}

fn group(group: &ChangeGroup) -> Group {
    let mut breakdown: Vec<(String, u64)> =
        group.traits.iter().map(|(name, count)| ((*name).to_owned(), *count as u64)).collect();
    breakdown.extend(group.kinds.iter().take(12).map(|(kind, count)| (kind.clone(), *count as u64)));
    Group {
        cause: group.cause.name().to_owned(),
        subject: group.subject.name().to_owned(),
        what: group.what.name().to_owned(),
        count: group.subject_ids.len() as u64,
        sentence: group.summary.clone(),
        breakdown,
        examples: group.examples.clone(),
    }
}

fn sources(deliveries: &[DeliveryReport], shows_files: bool) -> Vec<SourceRow> {
    let row = |reading: &DeliveryReport| DeliveryRow {
        path: reading.path.clone(),
        format: reading.format.clone(),
        status: reading.status.clone(),
        digest: reading.digest.clone(),
        counts: reading.counts,
    };
    deliveries
        .chunk_by(|a, b| a.source == b.source)
        .map(|of_source| SourceRow {
            source: of_source[0].source.clone(),
            mode: of_source[0].mode.to_string(),
            files: of_source.iter().take(if shows_files { FILES_MAX } else { 0 }).map(row).collect(),
            file_count: of_source.len() as u64,
            counts: archive::total(of_source),
        })
        .collect()
}

/// Groups what was refused by rule; for the steward also by reason, with the places.
fn rejects(deliveries: &[DeliveryReport], shows_files: bool) -> Vec<RejectGroup> {
    let mut groups: BTreeMap<(&str, &str), RejectGroup> = BTreeMap::new();
    for reading in deliveries {
        for refused in &reading.rejects {
            let reason = if shows_files { refused.reason.as_str() } else { "" };
            let group = groups.entry((&refused.rule, reason)).or_default();
            (group.rule, group.reason) = (refused.rule.clone(), reason.to_owned());
            group.count += 1;
            if shows_files && group.rows.len() < PLACES_MAX {
                group.rows.push(RejectRow {
                    source: reading.source.clone(),
                    path: reading.path.clone(),
                    position: refused.position.clone(),
                    object_id: refused.object_id.clone(),
                });
            }
        }
    }
    groups.into_values().collect()
}

/// Returns at most `most` entities in order of a metric, the highest first; ties go to the lowest id.
fn top(values: &[f64], entities: impl Iterator<Item = EntityIndex>, most: usize) -> Vec<EntityIndex> {
    let mut order: Vec<EntityIndex> = entities.collect();
    let known = |at: EntityIndex| match values[at.index()] {
        value if value.is_nan() => f64::NEG_INFINITY,
        value => value,
    };
    order.sort_by(|&a, &b| known(b).total_cmp(&known(a)).then_with(|| a.cmp(&b)));
    order.truncate(most);
    order
}

fn central(analysis: &Analysis) -> Vec<CentralRow> {
    let columns = SHOWN.map(|name| analysis.metric(name));
    let [degree, in_degree, out_degree] =
        ["degree", "in_degree", "out_degree"].map(|name| analysis.metric(name));
    let connected =
        EntityIndex::first(analysis.resolution.entities.len()).filter(|&at| degree[at.index()] > 0.0);
    let mut of_kind: BTreeMap<&str, usize> = BTreeMap::new();
    top(analysis.metric("pagerank"), connected, usize::MAX)
        .into_iter()
        .filter(|&at| {
            let shown = of_kind.entry(&analysis[at].kind).or_default();
            *shown += 1;
            *shown <= KIND_MAX
        })
        .take(CENTRAL_MAX)
        .map(|at| {
            let entity = &analysis[at];
            CentralRow {
                id: entity.id.clone(),
                label: entity.label.clone(),
                kind: entity.kind.clone(),
                values: columns
                    .iter()
                    .map(|values| Some(values[at.index()]).filter(|value| !value.is_nan()))
                    .collect(),
                why: format!(
                    "{} at it, it points at {}; told of by {}.",
                    entities_word(in_degree[at.index()] as u64),
                    thousands(out_degree[at.index()] as u64),
                    if entity.sources.len() == 1 {
                        entity.sources[0].clone()
                    } else {
                        format!("{} sources", entity.sources.len())
                    },
                ),
            }
        })
        .collect()
}

fn entities_word(count: u64) -> String {
    format!("{} {}", thousands(count), if count == 1 { "entity points" } else { "entities point" })
}

pub(super) fn name_of(analysis: &Analysis, community: &Community) -> String {
    let named = top(analysis.metric("pagerank"), community.members.iter().copied(), 2);
    let labels: Vec<&str> = named.iter().map(|&at| analysis[at].label.as_str()).collect();
    let mut names: Vec<String> =
        labels.into_iter().map(|label| super::text::short(label, LABEL_MAX)).collect();
    names.dedup();
    names.join(", ")
}

/// Most other communities named beside one.
const NEIGHBOURS_MAX: usize = 3;

fn community_row(analysis: &Analysis, at: usize, community: &Community, ties: &[Tie]) -> CommunityRow {
    let mut near: Vec<(u64, f64)> = ties
        .iter()
        .filter(|tie| tie.from == at || tie.to == at)
        .map(|tie| ((tie.from + tie.to - at) as u64 + 1, tie.weight))
        .collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    near.truncate(NEIGHBOURS_MAX);
    let members = top(analysis.metric("pagerank"), community.members.iter().copied(), 8);
    CommunityRow {
        number: at as u64 + 1,
        ties: near,
        id: community.id.clone(),
        label: name_of(analysis, community),
        size: community.members.len() as u64,
        density: Some(community.density),
        conductance: Some(community.conductance),
        share: Some(community.modularity_share),
        significance: None,
        state: community.fate.map(|fate| fate.name().to_owned()),
        members: members.into_iter().map(|at| analysis[at].label.clone()).collect(),
    }
}

/// Adds up the weight of the links between each pair of communities.
fn ties(analysis: &Analysis, communities: &[&Community]) -> Vec<Tie> {
    let mut place: BTreeMap<EntityIndex, usize> = BTreeMap::new();
    for (at, community) in communities.iter().enumerate() {
        place.extend(community.members.iter().map(|&member| (member, at)));
    }
    let mut ties: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for link in analysis.resolution.links.iter().filter(|link| link.layer.is_measured()) {
        if let (Some(&a), Some(&b)) = (place.get(&link.from), place.get(&link.to))
            && a != b
        {
            *ties.entry((a.min(b), a.max(b))).or_default() += link.weight;
        }
    }
    ties.into_iter()
        .filter(|(_, weight)| *weight > 0.0)
        .map(|((from, to), weight)| Tie { from, to, weight })
        .collect()
}

fn picture(analysis: &Analysis, communities: &[&Community], ties: &[Tie]) -> Option<Picture> {
    if communities.is_empty() {
        return None;
    }
    let bubbles: Vec<Bubble> = (1..)
        .zip(communities)
        .map(|(number, community)| Bubble {
            number,
            label: name_of(analysis, community),
            size: community.members.len() as u64,
            note: None,
        })
        .collect();
    Some(community_map("The largest communities and the ties between them", &bubbles, ties))
}

/// Writes a count with separators: `12,585`.
fn thousands(count: u64) -> String {
    super::text::thousands(&count)
}
