//! Clusters of identifiers to entities, each with its lasting id.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Contested, Identity, RULES, Resolution,
    identity::{Mentions, Node},
};
use crate::{
    entity::{Entity, EntityIndex, is_narrower},
    marking::Marking,
    record::{Claim, Record, RecordIndex},
    time::Span,
    view::View,
};

/// What the records of a cluster say of it.
#[derive(Default)]
struct Told<'a> {
    nodes: Vec<Node>,
    /// Record and claim of each entity claim.
    claims: Vec<(RecordIndex, &'a Claim)>,
    mentions: BTreeSet<RecordIndex>,
}

/// Builds the entities of joined mentions, and says which one each node means; links are
/// left to `links::weave`.
pub(super) fn build(mentions: &Mentions, view: &View) -> (Resolution, Vec<Option<EntityIndex>>) {
    let clusters = clusters(mentions, view);
    let mut entities: Vec<(Entity, Node)> =
        clusters.iter().filter_map(|(&root, told)| Some((entity(mentions, view, told)?, root))).collect();
    entities.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let of_root: BTreeMap<Node, EntityIndex> =
        entities.iter().enumerate().map(|(at, (_, root))| (*root, at as EntityIndex)).collect();
    let of_node: Vec<Option<EntityIndex>> =
        (0..mentions.nodes.len() as Node).map(|node| of_root.get(&mentions.root(node)).copied()).collect();
    let texts = mentions.nodes.iter().map(|mention| mention.text.clone());
    let of_identifier = texts.zip(&of_node).filter_map(|(text, entity)| Some((text, (*entity)?))).collect();
    let resolution = Resolution {
        identity: identity(mentions, &of_node),
        contested: contested(mentions, &of_node),
        entities: entities.into_iter().map(|(entity, _)| entity).collect(),
        links: Vec::new(),
        of_identifier,
    };
    (resolution, of_node)
}

/// Returns whether a claim's end is an object that was revoked or has expired, and that
/// nobody else tells of.
pub(super) fn is_gone(view: &View, identifier: &crate::entity::Identifier) -> bool {
    match identifier {
        // What is pointed at by a MISP uuid alone stands under that uuid.
        crate::entity::Identifier::Object(id) => {
            view.is_gone(id.strip_prefix("misp-element--").unwrap_or(id))
        }
        crate::entity::Identifier::Galaxy(key) => view.is_gone(key),
        _ => false,
    }
}

fn clusters<'a>(mentions: &Mentions, view: &'a View) -> BTreeMap<Node, Told<'a>> {
    let mut clusters: BTreeMap<Node, Told<'a>> = BTreeMap::new();
    for (at, record) in view.records().iter().enumerate() {
        let at = at as RecordIndex;
        for (claim, nodes) in record.content.claims.iter().zip(&mentions.claims[at as usize]) {
            match claim {
                Claim::Entity { .. } => {
                    if let Some(&own) = nodes.first() {
                        clusters.entry(mentions.root(own)).or_default().claims.push((at, claim));
                    }
                }
                Claim::Link { from, to, .. } => {
                    if !is_gone(view, from) && !is_gone(view, to) {
                        for &node in nodes {
                            clusters.entry(mentions.root(node)).or_default().mentions.insert(at);
                        }
                    }
                }
            }
        }
    }
    for node in 0..mentions.nodes.len() as Node {
        if let Some(told) = clusters.get_mut(&mentions.root(node)) {
            told.nodes.push(node);
        }
    }
    clusters
}

fn entity(mentions: &Mentions, view: &View, told: &Told<'_>) -> Option<Entity> {
    let record_of = |at: &RecordIndex| &view.records()[*at as usize];
    let node = |at: &Node| &mentions.nodes[*at as usize];
    let anchor = told
        .nodes
        .iter()
        .map(node)
        .min_by_key(|mention| (!mention.is_anchor, mention.told, &mention.text))?;
    let own: BTreeSet<RecordIndex> = told.claims.iter().map(|(at, _)| *at).collect();
    let is_told = !own.is_empty();
    let records: Vec<RecordIndex> = if is_told { own } else { told.mentions.clone() }.into_iter().collect();
    let mut claims = told.claims.clone();
    claims.sort_by_key(|(at, _)| (record_of(at).told_first, *at));
    // The kind that was told first, unless another says the same more exactly.
    let kind = claims.iter().fold(None::<&String>, |known, (_, claim)| match (known, claim) {
        (None, Claim::Entity { kind, .. }) => Some(kind),
        (Some(known), Claim::Entity { kind, .. }) if is_narrower(kind, known) => Some(kind),
        _ => known,
    });
    let mut names: Vec<&str> = Vec::new();
    for (_, claim) in &claims {
        if let Claim::Entity { name: Some(name), .. } = claim {
            names.push(name.trim());
        }
    }
    let observable = told.nodes.iter().map(node).find(|mention| {
        mention.is_anchor && !mention.text.contains("--") && !mention.text.starts_with("galaxy:")
    });
    let observable_name =
        observable.and_then(|mention| mention.text.strip_prefix(&mention.kind)?.strip_prefix(':'));
    let label = names.first().copied().or(observable_name).unwrap_or(&anchor.text).to_owned();
    for (_, claim) in &claims {
        if let Claim::Entity { aliases, .. } = claim {
            names.extend(aliases.iter().map(|alias| alias.trim()));
        }
    }
    let aliases: BTreeSet<&str> =
        names.into_iter().filter(|name| !name.is_empty() && *name != label).collect();
    let mut identifiers: Vec<_> =
        told.nodes.iter().map(|at| (node(at).text.clone(), node(at).told)).collect();
    identifiers.sort();
    let behind: Vec<&Record> = records.iter().map(record_of).collect();
    Some(Entity {
        id: lasting_id("entity", &[&anchor.text]),
        kind: kind.unwrap_or(&anchor.kind).clone(),
        label,
        aliases: aliases.into_iter().map(str::to_owned).collect(),
        warning_lists: Vec::new(),
        identifiers,
        is_told,
        sources: sources(&behind),
        seen: if is_told { seen(&behind) } else { Span::default() },
        told_first: behind.iter().map(|record| record.told_first).min()?,
        told_last: behind.iter().map(|record| record.told).max()?,
        confidence: confidence(&behind),
        marking: marking(&behind),
        records,
    })
}

/// Returns an id of what the parts say: a word and 80 bits of their digest.
pub(crate) fn lasting_id(word: &str, parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("{word}-{}", &hasher.finalize().to_hex()[..20])
}

/// Returns the sources of records, sorted.
pub(super) fn sources(records: &[&Record]) -> Vec<String> {
    let sources: BTreeSet<&str> = records.iter().map(|record| &*record.source).collect();
    let mut sources: Vec<String> = sources.into_iter().map(str::to_owned).collect();
    // A list grows by four, and most things have one source.
    sources.shrink_to_fit();
    sources
}

/// Returns the smallest span that holds those of all records.
pub(super) fn seen(records: &[&Record]) -> Span {
    records.iter().fold(Span::default(), |span, record| span.join(record.content.seen))
}

/// Returns the mean of the confidence that records state.
pub(super) fn confidence(records: &[&Record]) -> Option<f64> {
    let stated: Vec<f64> =
        records.iter().filter_map(|record| record.content.confidence).map(f64::from).collect();
    (!stated.is_empty()).then(|| stated.iter().sum::<f64>() / stated.len() as f64)
}

/// Returns the join of the records' markings.
pub(super) fn marking(records: &[&Record]) -> Marking {
    records.iter().map(|record| record.marking).reduce(Marking::join).unwrap_or(Marking::Unmarked)
}

fn identity(mentions: &Mentions, of_node: &[Option<EntityIndex>]) -> Vec<Identity> {
    let mut rows = Vec::new();
    let mut joined: BTreeSet<Node> = BTreeSet::new();
    for merge in &mentions.merges {
        let other = if joined.insert(merge.to) { merge.to } else { merge.from };
        joined.insert(other);
        if let Some(entity) = of_node[merge.from as usize] {
            let mention = &mentions.nodes[other as usize];
            rows.push(Identity {
                entity,
                identifier: mention.text.clone(),
                rule: RULES[merge.rule].name,
                reason: merge.reason.clone(),
                record: merge.record,
                told: mention.told,
            });
        }
    }
    for node in 0..mentions.nodes.len() as Node {
        if let (false, Some(entity)) = (joined.contains(&node), of_node[node as usize]) {
            let mention = &mentions.nodes[node as usize];
            rows.push(Identity {
                entity,
                identifier: mention.text.clone(),
                rule: RULES[super::OWN_IDENTIFIER].name,
                reason: "named by a record".to_owned(),
                record: mention.record,
                told: mention.told,
            });
        }
    }
    rows.sort_by(|a, b| {
        (a.entity, &a.identifier, a.rule, &a.reason).cmp(&(b.entity, &b.identifier, b.rule, &b.reason))
    });
    rows
}

fn contested(mentions: &Mentions, of_node: &[Option<EntityIndex>]) -> Vec<Contested> {
    let mut rows: Vec<Contested> = mentions
        .refused
        .iter()
        .filter_map(|merge| {
            let (a, b) = (of_node[merge.from as usize]?, of_node[merge.to as usize]?);
            let (rule, weight) = (RULES[merge.rule].name, RULES[merge.rule].probability);
            Some(Contested { entity: a.min(b), other: a.max(b), rule, reason: merge.reason.clone(), weight })
        })
        .filter(|row| row.entity != row.other)
        .collect();
    rows.sort_by(|a, b| (a.entity, a.other, a.rule, &a.reason).cmp(&(b.entity, b.other, b.rule, &b.reason)));
    rows.dedup();
    rows
}
