//! Clusters of identifiers to entities, each with its lasting id.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::{
    Contested, Identity, RULES, Resolution,
    identity::{Mention, Mentions, Node},
};
use crate::{
    entity::{Entity, Identifier, is_narrower},
    index::{EntityIndex, RecordIndex},
    ingest,
    marking::Marking,
    record::{self, Claim, Record},
    time::Span,
    view::View,
};

/// What the records of a cluster say of it; each line begins with the node that stands for the cluster.
struct Told<'a> {
    /// The identifier that stands for it through time.
    anchor: &'a Mention,
    nodes: &'a [(Node, Node)],
    /// Record and claim of each entity claim, in their order.
    claims: &'a [(Node, RecordIndex, u32)],
    /// Records of links that end in it, ascending.
    mentions: &'a [(Node, RecordIndex)],
}

/// Builds the entities of joined mentions, and says which one each node means; links are
/// left to `links::weave`, and reasons to [`identity`].
pub(super) fn build(
    mentions: &Mentions,
    view: &View,
    gone: &Gone<'_>,
) -> (Resolution, Vec<Option<EntityIndex>>) {
    let entities = entities(mentions, view, gone);
    let mut of_root: Vec<Option<EntityIndex>> = vec![None; mentions.nodes.len()];
    for (at, (_, root)) in EntityIndex::enumerate(&entities) {
        of_root[root.index()] = Some(at);
    }
    let of_node: Vec<Option<EntityIndex>> =
        mentions.all().map(|node| of_root[mentions.root(node).index()]).collect();
    let texts = mentions.nodes.iter().map(|mention| mention.id.clone());
    let mut of_identifier = HashMap::with_capacity(mentions.nodes.len());
    of_identifier.extend(texts.zip(&of_node).filter_map(|(text, entity)| Some((text, (*entity)?))));
    let resolution = Resolution {
        identity: Vec::new(),
        contested: contested(mentions, &of_node),
        entities: entities.into_iter().map(|(entity, _)| entity).collect(),
        links: Vec::new(),
        of_identifier,
    };
    (resolution, of_node)
}

/// What a view no longer holds, though links still point at it: objects that were revoked or have
/// expired, and that nobody else tells of.
pub(super) struct Gone<'a> {
    view: &'a View,
    /// For each identifier, whether a record in force tells of it.
    told: Vec<bool>,
}

impl<'a> Gone<'a> {
    pub(super) fn of(mentions: &Mentions, view: &'a View) -> Self {
        let mut told = vec![false; mentions.nodes.len()];
        for (at, record) in view.records().iter().enumerate() {
            for (number, claim) in record.content.claims.iter().enumerate() {
                if matches!(claim, Claim::Entity { .. }) {
                    mentions.claims.nodes(at, number).iter().for_each(|node| told[node.index()] = true);
                }
            }
        }
        Self { view, told }
    }

    /// Returns the view.
    pub(super) fn view(&self) -> &'a View {
        self.view
    }

    /// Returns whether an end of a claimed link is gone.
    pub(super) fn holds(&self, identifier: &Identifier, node: Node) -> bool {
        match identifier {
            Identifier::Object(id) => match (ingest::record_key(id), id.split_once("--")) {
                // An identifier that consists of a key points at the record of that key.
                (Some(key), _) => self.view.is_gone(key),
                // The id of a MISP element as a thing (`file--uuid`) goes with the element.
                (None, Some((_, uuid))) => {
                    self.view.is_gone(id) || (self.view.is_gone(uuid) && !self.told[node.index()])
                }
                (None, None) => self.view.is_gone(id),
            },
            Identifier::Galaxy(key) => self.view.is_gone(key),
            _ => false,
        }
    }
}

/// Builds the entity of each cluster that a record in force tells of or points at, in order of their ids.
fn entities(mentions: &Mentions, view: &View, gone: &Gone<'_>) -> Vec<(Entity, Node)> {
    let mut claims: Vec<(Node, RecordIndex, u32)> = Vec::new();
    let mut pointing: Vec<(Node, RecordIndex)> = Vec::new();
    for (at, record) in RecordIndex::enumerate(view.records()) {
        for (number, claim) in (0..).zip(&record.content.claims) {
            let nodes = mentions.claims.nodes(at.index(), number as usize);
            match claim {
                Claim::Entity { .. } => {
                    claims.extend(nodes.first().map(|own| (mentions.root(*own), at, number)));
                }
                Claim::Link { from, to, .. } => {
                    let &[a, b] = nodes else { continue };
                    if !gone.holds(from, a) && !gone.holds(to, b) {
                        pointing.extend([a, b].map(|node| (mentions.root(node), at)));
                    }
                }
            }
        }
    }
    claims.par_sort_unstable();
    pointing.par_sort_unstable();
    pointing.dedup();
    let mut nodes: Vec<(Node, Node)> = mentions.all().map(|node| (mentions.root(node), node)).collect();
    nodes.par_sort_unstable();
    let (mut claims, mut pointing) = (claims.as_slice(), pointing.as_slice());
    let mut clusters = Vec::with_capacity(nodes.len());
    for nodes in nodes.chunk_by(|a, b| a.0 == b.0) {
        let of_cluster = mentions_of(mentions, nodes);
        let anchor = of_cluster.min_by_key(|mention| (!mention.is_anchor, mention.told, &mention.id));
        let anchor = anchor.expect("a cluster has a node");
        let claims = take_of(&mut claims, |claim| claim.0 == nodes[0].0);
        let mentions = take_of(&mut pointing, |line| line.0 == nodes[0].0);
        if !claims.is_empty() || !mentions.is_empty() {
            clusters.push(Told { anchor, nodes, claims, mentions });
        }
    }
    in_order_of_id(
        &clusters,
        |told| LastingId::of(&[&told.anchor.id]),
        |told, id| (entity(mentions, view, told, id.spelled("entity")), told.nodes[0].0),
    )
}

/// Takes the lines of one cluster from the front.
fn take_of<'a, T>(lines: &mut &'a [T], is_of: impl Fn(&T) -> bool) -> &'a [T] {
    let (own, rest) = lines.split_at(lines.iter().take_while(|line| is_of(line)).count());
    *lines = rest;
    own
}

fn mentions_of<'a>(mentions: &'a Mentions, nodes: &'a [(Node, Node)]) -> impl Iterator<Item = &'a Mention> {
    nodes.iter().map(|(_, at)| &mentions[*at])
}

fn entity(mentions: &Mentions, view: &View, told: &Told<'_>, id: String) -> Entity {
    let record_of = |at: &RecordIndex| &view[*at];
    let anchor = told.anchor;
    let is_told = !told.claims.is_empty();
    let mut records: Vec<RecordIndex> = if is_told {
        told.claims.iter().map(|(_, at, _)| *at).collect()
    } else {
        told.mentions.iter().map(|(_, at)| *at).collect()
    };
    records.dedup();
    records.shrink_to_fit();
    let claim_of =
        |&(_, at, number): &(Node, RecordIndex, u32)| (at, &view[at].content.claims[number as usize]);
    let mut claims: Vec<(RecordIndex, &Claim)> = told.claims.iter().map(claim_of).collect();
    claims.sort_by_key(|(at, _)| (record_of(at).recorded_first, *at));
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
    let observable = mentions_of(mentions, told.nodes)
        .find(|mention| mention.id.is_observable() && !mention.id.contains("--"));
    let observable_name = observable.and_then(|mention| mention.id.qualified_value());
    let label = names.first().copied().or(observable_name).unwrap_or(&anchor.id).to_owned();
    for (_, claim) in &claims {
        if let Claim::Entity { aliases, .. } = claim {
            names.extend(aliases.iter().map(|alias| alias.trim()));
        }
    }
    let aliases: BTreeSet<&str> =
        names.into_iter().filter(|name| !name.is_empty() && *name != label).collect();
    let mut identifiers: Vec<_> =
        mentions_of(mentions, told.nodes).map(|mention| (mention.id.clone(), mention.told)).collect();
    identifiers.sort();
    let behind: Vec<&Record> = records.iter().map(record_of).collect();
    let has_record = "what is told or pointed at has a record";
    Entity {
        id,
        kind: kind.map_or_else(|| anchor.id.kind().to_owned(), Clone::clone),
        label,
        aliases: aliases.into_iter().map(str::to_owned).collect(),
        warning_lists: Vec::new(),
        identifiers,
        has_own_record: is_told,
        sources: sources(&behind),
        seen: if is_told { seen(&behind) } else { Span::default() },
        recorded_first: behind.iter().map(|record| record.recorded_first).min().expect(has_record),
        recorded_last: behind.iter().map(|record| record.recorded_at).max().expect(has_record),
        confidence: confidence(&behind),
        marking: marking(&behind),
        records,
    }
}

/// An id of what its parts say: 80 bits of their digest, in the order of their spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LastingId([u8; 10]);

impl LastingId {
    /// Returns the id of parts.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut id = [0; 10];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..10]);
        Self(id)
    }

    /// Spells it behind a word that says what it is of.
    pub(crate) fn spelled(self, word: &str) -> String {
        let mut text = String::with_capacity(word.len() + 21);
        text.push_str(word);
        text.push('-');
        record::hex(&self.0, &mut text).expect("a text takes what is written");
        text
    }
}

/// Returns the id of parts, spelled behind a word.
pub(crate) fn lasting_id(word: &str, parts: &[&str]) -> String {
    LastingId::of(parts).spelled(word)
}

/// Makes a thing of each part, in the order of their ids. Only ids are sorted: things are large, there are
/// millions, and each is made where it stays.
pub(super) fn in_order_of_id<P: Sync, T: Send>(
    parts: &[P],
    id: impl Fn(&P) -> LastingId + Sync,
    make: impl Fn(&P, LastingId) -> T + Sync,
) -> Vec<T> {
    let mut order: Vec<(LastingId, usize)> =
        parts.par_iter().enumerate().map(|(at, part)| (id(part), at)).collect();
    order.par_sort_unstable();
    order.into_par_iter().map(|(id, at)| make(&parts[at], id)).collect()
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
        let other = if joined[merge.to.index()] { merge.from } else { merge.to };
        joined[merge.to.index()] = true;
        joined[other.index()] = true;
        if let Some(entity) = of_node[merge.from.index()] {
            let mention = &mentions[other];
            rows.push(Identity {
                entity,
                identifier: mention.id.clone(),
                rule: RULES[merge.rule].name,
                reason: merge.reason.clone().into(),
                record: merge.record,
                told: mention.told,
            });
        }
    }
    for node in mentions.all() {
        if let (false, Some(entity)) = (joined[node.index()], of_node[node.index()]) {
            let mention = &mentions[node];
            rows.push(Identity {
                entity,
                identifier: mention.id.clone(),
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
            let (a, b) = (of_node[merge.from.index()]?, of_node[merge.to.index()]?);
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
    fn things_stand_in_the_order_of_their_spelled_ids() {
        let parts: Vec<String> = (0..2_000).map(|at| format!("part {at}")).collect();
        let made =
            in_order_of_id(&parts, |part| LastingId::of(&[part]), |part, id| (id.spelled("a"), part.clone()));
        let mut expected: Vec<(String, String)> = parts
            .iter()
            .map(|part| {
                let mut said = (part.len() as u64).to_le_bytes().to_vec();
                said.extend_from_slice(part.as_bytes());
                (format!("a-{}", &blake3::hash(&said).to_hex()[..20]), part.clone())
            })
            .collect();
        expected.sort();
        assert_eq!(made, expected);
    }
}
