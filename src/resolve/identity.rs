//! Identifiers in one spelling, joined into clusters under constraints.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

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
    /// Canonical text, which its entity and whatever tells of it share.
    pub(super) text: Arc<str>,
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
    index: HashMap<Arc<str>, Node>,
    pub(super) claims: Named,
    parent: Vec<Node>,
    facts: HashMap<Node, Facts>,
    pub(super) merges: Vec<Merge>,
    pub(super) refused: Vec<Merge>,
}

/// For each record and claim the nodes it names; links have two. All stand in one list: a record
/// of a table makes three claims, and there are millions of records.
pub(super) struct Named {
    nodes: Vec<Node>,
    /// Where the nodes of each claim end.
    ends: Vec<usize>,
    /// How many claims stand before each record's.
    before: Vec<usize>,
}

impl Named {
    fn of(records: usize) -> Self {
        Self { nodes: Vec::new(), ends: Vec::new(), before: Vec::with_capacity(records) }
    }

    fn range(&self, record: usize, claim: usize) -> Range<usize> {
        let at = self.before[record] + claim;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        start..self.ends[at]
    }

    /// Returns the nodes that a claim names.
    pub(super) fn nodes(&self, record: usize, claim: usize) -> &[Node] {
        &self.nodes[self.range(record, claim)]
    }
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
            claims: Named::of(records.len()),
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
                let at = mentions.claims.before.len() as RecordIndex;
                mentions.claims.before.push(mentions.claims.ends.len());
                for claim in claims {
                    for spelled in claim {
                        let node = mentions.node(spelled, record.told_first, at);
                        mentions.claims.nodes.push(node);
                    }
                    mentions.claims.ends.push(mentions.claims.nodes.len());
                }
            }
        }
        mentions
    }

    fn node(&mut self, spelled: Spelled, told: Moment, record: RecordIndex) -> Node {
        if let Some(&node) = self.index.get(&*spelled.text) {
            let known = &mut self.nodes[node as usize];
            if told < known.told {
                (known.told, known.record) = (told, record);
            }
            return node;
        }
        let node = self.nodes.len() as Node;
        let text: Arc<str> = spelled.text.into();
        self.index.insert(Arc::clone(&text), node);
        self.nodes.push(Mention { text, kind: spelled.kind, is_anchor: spelled.is_anchor, told, record });
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

    /// Puts every node directly below the one that stands for its cluster; no more are added.
    pub(super) fn flatten(&mut self) {
        self.index = HashMap::new();
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
        let named = mentions.claims.range(at, claim_at);
        for other in named.clone().skip(1) {
            let (own, other) = (mentions.claims.nodes[named.start], mentions.claims.nodes[other]);
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
    let named = mentions.claims.range(at, claim_at);
    let Some(&own) = mentions.claims.nodes(at, claim_at).first() else { return };
    let Claim::Entity { vocabulary, .. } = &record.content.claims[claim_at] else { return };
    if let Some(list) = vocabulary {
        let entry = mentions.nodes[own as usize].text.to_string();
        mentions.state(own, format!("list {list}"), entry);
    }
    if view.terms(&record.source).duplicate_free {
        mentions.state(own, format!("source {}", record.source), record.key.to_string());
    }
    for place in named {
        let node = mentions.claims.nodes[place];
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
    let mut galaxies: Vec<(String, Node)> = mentions
        .nodes
        .iter()
        .enumerate()
        .filter_map(|(at, mention)| Some((mention.text.strip_prefix("galaxy:")?.to_owned(), at as Node)))
        .collect();
    galaxies.sort();
    let asked: HashSet<&str> = galaxies.iter().map(|(uuid, _)| uuid.as_str()).collect();
    let mut objects: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for (at, mention) in mentions.nodes.iter().enumerate() {
        if let Some((_, uuid)) = mention.text.split_once("--").filter(|(_, uuid)| asked.contains(uuid)) {
            objects.entry(uuid.to_owned()).or_default().push(at as Node);
        }
    }
    for (uuid, galaxy) in galaxies {
        if let Some([object]) = objects.get(&uuid).map(Vec::as_slice) {
            let record = mentions.nodes[galaxy as usize].record;
            let reason = "a galaxy value and a STIX object have one uuid".to_owned();
            mentions.join(Merge { from: galaxy, to: *object, rule: SAME_UUID, record, reason });
        }
    }
}
