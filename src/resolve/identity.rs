//! Identifiers in one spelling, joined into clusters under constraints.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::{OWN_IDENTIFIER, RuleIndex, SAME_UUID, canonical};
use crate::{
    entity::Identifier,
    record::{Claim, RecordIndex},
    time::Moment,
    view::View,
};

/// Position of a canonical identifier.
pub(super) type Node = u32;

/// One canonical identifier.
pub(super) struct Mention {
    /// Canonical text.
    pub(super) text: String,
    /// Type it speaks of, such as `domain-name`.
    pub(super) kind: String,
    /// May stand for its entity through time: catalogue entries may not, since a record
    /// may gain one later.
    pub(super) is_anchor: bool,
    /// When it was first told, and the first record that did.
    pub(super) told: Moment,
    pub(super) record: RecordIndex,
}

/// A merge that was made, or refused.
pub(super) struct Merge {
    pub(super) from: Node,
    pub(super) to: Node,
    pub(super) rule: RuleIndex,
    pub(super) record: RecordIndex,
    pub(super) reason: String,
}

/// What a cluster is: under one key two clusters that share no value contradict each other.
type Facts = BTreeMap<String, BTreeSet<String>>;

/// Every identifier of a view, and the clusters they form.
pub(super) struct Mentions {
    pub(super) nodes: Vec<Mention>,
    pub(super) index: HashMap<String, Node>,
    /// For each record and claim the nodes it names; links have two.
    pub(super) claims: Vec<Vec<Vec<Node>>>,
    parent: Vec<Node>,
    facts: HashMap<Node, Facts>,
    pub(super) merges: Vec<Merge>,
    pub(super) refused: Vec<Merge>,
}

/// Records that are spelled together: all at once, the spellings would be larger than the records.
const CHUNK: usize = 65_536;

struct Spelled {
    text: String,
    kind: String,
    is_anchor: bool,
}

impl Mentions {
    /// Collects every identifier that the view's records name.
    pub(super) fn of(view: &View) -> Self {
        let records = view.records();
        let mut mentions = Self {
            nodes: Vec::new(),
            index: HashMap::new(),
            claims: Vec::with_capacity(records.len()),
            parent: Vec::new(),
            facts: HashMap::new(),
            merges: Vec::new(),
            refused: Vec::new(),
        };
        for chunk in records.chunks(CHUNK) {
            let spelled: Vec<Vec<Vec<Spelled>>> = chunk
                .par_iter()
                .map(|record| record.content.claims.iter().map(spell_claim).collect())
                .collect();
            for (record, claims) in chunk.iter().zip(spelled) {
                let at = mentions.claims.len() as RecordIndex;
                let mut node = |spelled| mentions.node(spelled, record.told_first, at);
                let nodes =
                    claims.into_iter().map(|claim| claim.into_iter().map(&mut node).collect()).collect();
                mentions.claims.push(nodes);
            }
        }
        mentions
    }

    fn node(&mut self, spelled: Spelled, told: Moment, record: RecordIndex) -> Node {
        if let Some(&node) = self.index.get(&spelled.text) {
            let known = &mut self.nodes[node as usize];
            if told < known.told {
                (known.told, known.record) = (told, record);
            }
            return node;
        }
        let node = self.nodes.len() as Node;
        self.index.insert(spelled.text.clone(), node);
        self.nodes.push(Mention {
            text: spelled.text,
            kind: spelled.kind,
            is_anchor: spelled.is_anchor,
            told,
            record,
        });
        self.parent.push(node);
        node
    }

    /// Returns the node that stands for a cluster.
    pub(super) fn root(&self, mut node: Node) -> Node {
        while self.parent[node as usize] != node {
            node = self.parent[node as usize];
        }
        node
    }

    /// Returns the same, and shortens the way to it for whoever asks next.
    fn find(&mut self, mut node: Node) -> Node {
        while self.parent[node as usize] != node {
            let above = self.parent[node as usize];
            self.parent[node as usize] = self.parent[above as usize];
            node = above;
        }
        node
    }

    /// Puts every node directly below the one that stands for its cluster.
    pub(super) fn flatten(&mut self) {
        for node in 0..self.nodes.len() as Node {
            self.parent[node as usize] = self.find(node);
        }
    }

    /// Notes a fact that no other cluster member may contradict.
    pub(super) fn state(&mut self, node: Node, key: String, value: String) {
        let root = self.find(node);
        self.facts.entry(root).or_default().entry(key).or_default().insert(value);
    }

    /// Joins two clusters, or notes why that is refused.
    pub(super) fn join(&mut self, merge: Merge) {
        let (a, b) = (self.find(merge.from), self.find(merge.to));
        if a == b {
            return;
        }
        if let Some(key) = self.contradiction(a, b) {
            let reason = format!("{}; kept apart: {}", merge.reason, contradiction_text(&key));
            self.refused.push(Merge { reason, ..merge });
            return;
        }
        // The lower text stands for the cluster, so that the forest does not depend on order.
        let (keep, give) =
            if self.nodes[a as usize].text <= self.nodes[b as usize].text { (a, b) } else { (b, a) };
        self.parent[give as usize] = keep;
        if let Some(given) = self.facts.remove(&give) {
            let kept = self.facts.entry(keep).or_default();
            for (key, values) in given {
                kept.entry(key).or_default().extend(values);
            }
        }
        self.merges.push(merge);
    }

    /// Returns the key under which two clusters state different values.
    fn contradiction(&self, a: Node, b: Node) -> Option<String> {
        let (of_a, of_b) = (self.facts.get(&a)?, self.facts.get(&b)?);
        of_a.iter().find_map(|(key, values)| {
            of_b.get(key).is_some_and(|others| others.is_disjoint(values)).then(|| key.clone())
        })
    }
}

fn contradiction_text(key: &str) -> String {
    match key.split_once(' ') {
        Some(("list", name)) => format!("they are two entries of the list {name}"),
        Some(("digest", name)) => format!("they have two digests by {name}"),
        Some(("catalogue", name)) => format!("they have two numbers in the catalogue {name}"),
        Some((_, name)) => format!("they are two objects of the duplicate-free source {name}"),
        None => "they contradict each other".to_owned(),
    }
}

fn spell_claim(claim: &Claim) -> Vec<Spelled> {
    match claim {
        Claim::Entity { identifiers, .. } => identifiers.iter().filter_map(spell).collect(),
        Claim::Link { from, to, .. } => match (spell(from), spell(to)) {
            (Some(from), Some(to)) => vec![from, to],
            // A value that is none of its kind, such as an address with a letter too many, ties nothing.
            _ => Vec::new(),
        },
    }
}

fn spell(identifier: &Identifier) -> Option<Spelled> {
    Some(match identifier {
        Identifier::Observable { kind, property, value } => {
            let canonical = canonical::observable(kind, property, value)?;
            Spelled { text: canonical.text, kind: canonical.kind, is_anchor: true }
        }
        Identifier::Object(id) => {
            let text = canonical::object_id(id);
            let kind = text.split_once("--").map_or("unknown", |(kind, _)| kind).to_owned();
            Spelled { text, kind, is_anchor: true }
        }
        Identifier::Galaxy(id) => {
            Spelled { text: format!("galaxy:{id}"), kind: "unknown".to_owned(), is_anchor: true }
        }
        Identifier::Reference { catalogue, kind, id } => {
            Spelled { text: format!("{catalogue}:{kind}:{id}"), kind: kind.clone(), is_anchor: false }
        }
    })
}

/// Joins what single records name for one thing, earliest told first.
pub(super) fn join_own(mentions: &mut Mentions, view: &View) {
    let mut order: Vec<(usize, usize)> = Vec::new();
    for (at, record) in view.records().iter().enumerate() {
        for (claim_at, claim) in record.content.claims.iter().enumerate() {
            if matches!(claim, Claim::Entity { .. }) {
                order.push((at, claim_at));
            }
        }
    }
    order.sort_by_key(|&(at, claim_at)| (view.records()[at].told_first, at, claim_at));
    for &(at, claim_at) in &order {
        state_facts(mentions, view, at, claim_at);
    }
    for (at, claim_at) in order {
        let nodes = mentions.claims[at][claim_at].clone();
        let Some((&own, others)) = nodes.split_first() else { continue };
        for &other in others {
            let reason = format!("one object of {} carries both", view.records()[at].source);
            mentions.join(Merge {
                from: own,
                to: other,
                rule: OWN_IDENTIFIER,
                record: at as RecordIndex,
                reason,
            });
        }
    }
}

fn state_facts(mentions: &mut Mentions, view: &View, at: usize, claim_at: usize) {
    let record = &view.records()[at];
    let nodes = mentions.claims[at][claim_at].clone();
    let Some(&own) = nodes.first() else { return };
    let Claim::Entity { vocabulary, .. } = &record.content.claims[claim_at] else { return };
    if let Some(list) = vocabulary {
        let entry = mentions.nodes[own as usize].text.clone();
        mentions.state(own, format!("list {list}"), entry);
    }
    if view.terms(&record.source).duplicate_free {
        mentions.state(own, format!("source {}", record.source), record.key.to_string());
    }
    for &node in &nodes {
        let mention = &mentions.nodes[node as usize];
        let Some((kind, value)) = mention.text.rsplit_once(':') else { continue };
        // One digest of a kind to a file, one number of a catalogue to an entry.
        let key = if DIGESTS.contains(&kind) {
            format!("digest {kind}")
        } else if mention.is_anchor {
            continue;
        } else {
            format!("catalogue {kind}")
        };
        let value = value.to_owned();
        mentions.state(own, key.clone(), value.clone());
        mentions.state(node, key, value);
    }
}

/// Kinds of canonical identifiers of which a file has one.
const DIGESTS: [&str; 4] = ["file:md5", "file:sha-1", "file:sha-256", "file:sha-512"];

/// Joins a galaxy value with the STIX object of its uuid, where there is just one.
pub(super) fn join_same_uuid(mentions: &mut Mentions) {
    let mut objects: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for (at, mention) in mentions.nodes.iter().enumerate() {
        if let Some((_, uuid)) = mention.text.split_once("--") {
            objects.entry(uuid.to_owned()).or_default().push(at as Node);
        }
    }
    let mut galaxies: Vec<(String, Node)> = mentions
        .nodes
        .iter()
        .enumerate()
        .filter_map(|(at, mention)| Some((mention.text.strip_prefix("galaxy:")?.to_owned(), at as Node)))
        .collect();
    galaxies.sort();
    for (uuid, galaxy) in galaxies {
        if let Some([object]) = objects.get(&uuid).map(Vec::as_slice) {
            let record = mentions.nodes[galaxy as usize].record;
            let reason = "a galaxy value and a STIX object have one uuid".to_owned();
            mentions.join(Merge { from: galaxy, to: *object, rule: SAME_UUID, record, reason });
        }
    }
}
