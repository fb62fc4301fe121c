//! Clusters of identifiers to entities, each with its lasting id.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use rayon::prelude::*;

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

/// What the records of a cluster say of it; each line begins with the node that stands for the cluster.
struct Told<'a> {
    nodes: &'a [(Node, Node)],
    /// Record and claim of each entity claim, in their order.
    claims: &'a [(Node, RecordIndex, u32)],
    /// Records of links that end in it, ascending.
    mentions: &'a [(Node, RecordIndex)],
}

/// Builds the entities of joined mentions, and says which one each node means; links are
/// left to `links::weave`, and reasons to [`identity`].
pub(super) fn build(mentions: &Mentions, view: &View) -> (Resolution, Vec<Option<EntityIndex>>) {
    let entities = in_order_of_id(entities(mentions, view), |(entity, _)| &entity.id);
    let mut of_root: Vec<Option<EntityIndex>> = vec![None; mentions.nodes.len()];
    for (at, (_, root)) in (0..).zip(&entities) {
        of_root[*root as usize] = Some(at);
    }
    let of_node: Vec<Option<EntityIndex>> =
        (0..mentions.nodes.len() as Node).map(|node| of_root[mentions.root(node) as usize]).collect();
    let texts = mentions.nodes.iter().map(|mention| Arc::clone(&mention.text));
    let of_identifier = texts.zip(&of_node).filter_map(|(text, entity)| Some((text, (*entity)?))).collect();
    let resolution = Resolution {
        identity: Vec::new(),
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

/// Builds the entity of each cluster that a record in force tells of or points at.
fn entities(mentions: &Mentions, view: &View) -> Vec<(Entity, Node)> {
    let mut claims: Vec<(Node, RecordIndex, u32)> = Vec::new();
    let mut pointing: Vec<(Node, RecordIndex)> = Vec::new();
    for (at, record) in (0..).zip(view.records()) {
        for (number, claim) in (0..).zip(&record.content.claims) {
            let nodes = mentions.claims.nodes(at as usize, number as usize);
            match claim {
                Claim::Entity { .. } => {
                    claims.extend(nodes.first().map(|own| (mentions.root(*own), at, number)));
                }
                Claim::Link { from, to, .. } if !is_gone(view, from) && !is_gone(view, to) => {
                    pointing.extend(nodes.iter().map(|node| (mentions.root(*node), at)));
                }
                Claim::Link { .. } => {}
            }
        }
    }
    claims.par_sort_unstable();
    pointing.par_sort_unstable();
    pointing.dedup();
    let mut nodes: Vec<(Node, Node)> =
        (0..mentions.nodes.len() as Node).map(|node| (mentions.root(node), node)).collect();
    nodes.par_sort_unstable();
    let of_cluster = |nodes: &[(Node, Node)]| {
        let root = nodes[0].0;
        let claims = &claims[between(&claims, |claim| claim.0, root)];
        let mentioned = &pointing[between(&pointing, |line| line.0, root)];
        let is_empty = claims.is_empty() && mentioned.is_empty();
        let told = Told { nodes, claims, mentions: mentioned };
        Some((entity(mentions, view, &told).filter(|_| !is_empty)?, root))
    };
    nodes.par_chunk_by(|a, b| a.0 == b.0).filter_map(of_cluster).collect()
}

/// Returns where the lines of a root stand among sorted ones.
fn between<T>(lines: &[T], root_of: impl Fn(&T) -> Node, root: Node) -> Range<usize> {
    let start = lines.partition_point(|line| root_of(line) < root);
    start..start + lines[start..].partition_point(|line| root_of(line) == root)
}

fn entity(mentions: &Mentions, view: &View, told: &Told<'_>) -> Option<Entity> {
    let record_of = |at: &RecordIndex| &view.records()[*at as usize];
    let node = |(_, at): &(Node, Node)| &mentions.nodes[*at as usize];
    let anchor = told
        .nodes
        .iter()
        .map(node)
        .min_by_key(|mention| (!mention.is_anchor, mention.told, &mention.text))?;
    let is_told = !told.claims.is_empty();
    let mut records: Vec<RecordIndex> = if is_told {
        told.claims.iter().map(|(_, at, _)| *at).collect()
    } else {
        told.mentions.iter().map(|(_, at)| *at).collect()
    };
    records.dedup();
    records.shrink_to_fit();
    let claim_of = |&(_, at, number): &(Node, RecordIndex, u32)| {
        (at, &view.records()[at as usize].content.claims[number as usize])
    };
    let mut claims: Vec<(RecordIndex, &Claim)> = told.claims.iter().map(claim_of).collect();
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
        told.nodes.iter().map(|at| (Arc::clone(&node(at).text), node(at).told)).collect();
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

/// Puts things in the order of their ids, which are of one kind and all different: the digits that stand first
/// are compared as numbers, and what is large is moved once.
pub(super) fn in_order_of_id<T: Send + Sync>(things: Vec<T>, id: impl Fn(&T) -> &str + Sync) -> Vec<T> {
    let number = |thing: &T| {
        let id = id(thing).as_bytes();
        let digits = id.iter().position(|byte| *byte == b'-').map_or(id, |at| &id[at + 1..]);
        let mut first = [0; 8];
        first.iter_mut().zip(digits).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(first)
    };
    let mut order: Vec<(u64, usize)> =
        things.par_iter().enumerate().map(|(at, thing)| (number(thing), at)).collect();
    order.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| id(&things[a.1]).cmp(id(&things[b.1]))));
    let mut things: Vec<Option<T>> = things.into_iter().map(Some).collect();
    order.into_iter().map(|(_, at)| things[at].take().expect("each stands in the order once")).collect()
}

/// Returns the sources of records, sorted.
pub(super) fn sources(records: &[&Record]) -> Vec<String> {
    let mut sources: Vec<&str> = records.iter().map(|record| &*record.source).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.into_iter().map(str::to_owned).collect()
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

/// Says why each identifier belongs to its entity.
pub(super) fn identity(mentions: &Mentions, of_node: &[Option<EntityIndex>]) -> Vec<Identity> {
    let mut rows = Vec::new();
    let mut joined = vec![false; mentions.nodes.len()];
    for merge in &mentions.merges {
        let other = if joined[merge.to as usize] { merge.from } else { merge.to };
        joined[merge.to as usize] = true;
        joined[other as usize] = true;
        if let Some(entity) = of_node[merge.from as usize] {
            let mention = &mentions.nodes[other as usize];
            rows.push(Identity {
                entity,
                identifier: Arc::clone(&mention.text),
                rule: RULES[merge.rule].name,
                reason: merge.reason.clone().into(),
                record: merge.record,
                told: mention.told,
            });
        }
    }
    for node in 0..mentions.nodes.len() as Node {
        if let (false, Some(entity)) = (joined[node as usize], of_node[node as usize]) {
            let mention = &mentions.nodes[node as usize];
            rows.push(Identity {
                entity,
                identifier: Arc::clone(&mention.text),
                rule: RULES[super::OWN_IDENTIFIER].name,
                reason: "named by a record".into(),
                record: mention.record,
                told: mention.told,
            });
        }
    }
    rows.par_sort_by(|a, b| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_the_order_of_their_whole_text() {
        // Many begin with the same digits.
        let ids: Vec<String> = (0..2_000_u64)
            .map(|at| format!("entity-0000000{:013x}", at * 7_919 % 2_000 * 0x10_0000))
            .collect();
        let mut expected = ids.clone();
        expected.sort();
        assert_eq!(in_order_of_id(ids, |id| id), expected);
    }
}
