//! Identifiers in one spelling, joined into clusters under constraints.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::{Index, Range},
};

use rayon::prelude::*;

use super::{OWN_IDENTIFIER, RuleIndex, SAME_UUID};
use crate::{
    canonical::{self, CanonicalId},
    entity::Identifier,
    index::RecordIndex,
    record::{Claim, Record},
    time::Moment,
    view::View,
};

/// Position of a canonical identifier in [`Mentions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node(u32);

impl Node {
    /// Stands for an identifier that no claim names.
    const NONE: Self = Self(u32::MAX);

    fn new(position: usize) -> Self {
        Self(u32::try_from(position).expect("a view names fewer than 2^32 identifiers"))
    }

    /// Returns the position as an index into a slice.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One canonical identifier.
pub(super) struct Mention {
    /// The identifier, which its entity and its records share.
    pub(super) id: CanonicalId,
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

/// A property of which one entity has one value, so that other values contradict it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FactKey {
    /// The number in a catalogue, for one kind of entries.
    Catalogue(String),
    /// The digest of a file by an algorithm.
    Digest(String),
    /// The entry of a list.
    List(String),
    /// The object of a duplicate-free source.
    Source(String),
}

/// Facts of a cluster: two clusters that have no value of one key in common contradict each other.
type Facts = BTreeMap<FactKey, BTreeSet<String>>;

/// Every identifier of a view, and the clusters they form.
pub(super) struct Mentions {
    pub(super) nodes: Vec<Mention>,
    index: HashMap<CanonicalId, Node>,
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

/// Records whose identifiers are spelled together, each identifier once: tables name one thing in row after row.
const TOGETHER: usize = 8_192;
/// Such batches that are spelled before their spellings are taken in: all at once, these would be larger than the records.
const BATCHES: usize = 8;

/// Position of an identifier among those of a batch.
type Slot = u32;

/// The identifiers of some records that follow one another.
#[derive(Default)]
struct Batch {
    /// Each identifier that a claim names, in the order in which they are named first.
    named: Vec<(Slot, CanonicalId, Moment, RecordIndex)>,
    /// How many identifiers the records have, also those that are none of their kind.
    places: usize,
    /// The identifiers of all claims, where those of each claim end, and how many claims each record has.
    claims: Vec<Slot>,
    ends: Vec<usize>,
    of_record: Vec<usize>,
}

impl Batch {
    /// Spells the identifiers of records; `first` is the position of the first record.
    fn of(first: usize, records: &[Record]) -> Self {
        let mut batch = Self::default();
        let mut place_of: HashMap<&Identifier, Slot> = HashMap::new();
        // What each identifier is in canonical spelling, until a claim names it, and then where it stands.
        let mut spelled: Vec<Option<CanonicalId>> = Vec::new();
        let mut named_at: Vec<Option<usize>> = Vec::new();
        for (at, record) in (first..).map(RecordIndex::new).zip(records) {
            for claim in &record.content.claims {
                let start = batch.claims.len();
                for identifier in pointers(claim) {
                    let place = *place_of.entry(identifier).or_insert_with(|| {
                        spelled.push(canonical_id(identifier));
                        named_at.push(None);
                        spelled.len() as Slot - 1
                    });
                    if spelled[place as usize].is_some() || named_at[place as usize].is_some() {
                        batch.claims.push(place);
                    }
                }
                // A value that is none of its kind, such as an address with a letter too many, ties nothing.
                if matches!(claim, Claim::Link { .. }) && batch.claims.len() < start + 2 {
                    batch.claims.truncate(start);
                }
                batch.ends.push(batch.claims.len());
                for &place in &batch.claims[start..] {
                    if let Some(known) = named_at[place as usize] {
                        let (.., told, record_at) = &mut batch.named[known];
                        if record.recorded_first < *told {
                            (*told, *record_at) = (record.recorded_first, at);
                        }
                    } else if let Some(text) = spelled[place as usize].take() {
                        named_at[place as usize] = Some(batch.named.len());
                        batch.named.push((place, text, record.recorded_first, at));
                    }
                }
            }
            batch.of_record.push(record.content.claims.len());
        }
        batch.places = spelled.len();
        batch
    }
}

impl Index<Node> for Mentions {
    type Output = Mention;

    fn index(&self, node: Node) -> &Mention {
        &self.nodes[node.index()]
    }
}

/// Returns the identifiers of a claim, in order.
fn pointers(claim: &Claim) -> impl Iterator<Item = &Identifier> {
    let (list, ends): (&[Identifier], _) = match claim {
        Claim::Entity { identifiers, .. } => (identifiers, None),
        Claim::Link { from, to, .. } => (&[], Some([from, to])),
    };
    list.iter().chain(ends.into_iter().flatten())
}

impl Mentions {
    /// Collects every identifier that the view's records name.
    pub(super) fn of(view: &View) -> Self {
        let records = view.records();
        let mut mentions = Self {
            nodes: Vec::new(),
            // Most records name something of their own.
            index: HashMap::with_capacity(records.len()),
            claims: Named::of(records.len()),
            parent: Vec::new(),
            facts: HashMap::new(),
            merges: Vec::new(),
            refused: Vec::new(),
        };
        for (first, some) in (0..).step_by(TOGETHER * BATCHES).zip(records.chunks(TOGETHER * BATCHES)) {
            let batches: Vec<Batch> = some
                .par_chunks(TOGETHER)
                .enumerate()
                .map(|(number, records)| Batch::of(first + number * TOGETHER, records))
                .collect();
            for batch in batches {
                mentions.take_in(batch);
            }
        }
        mentions
    }

    fn take_in(&mut self, batch: Batch) {
        let mut node_of: Vec<Node> = vec![Node::NONE; batch.places];
        for (place, spelled, told, record) in batch.named {
            node_of[place as usize] = self.node(spelled, told, record);
        }
        let before = self.claims.nodes.len();
        self.claims.nodes.extend(batch.claims.iter().map(|place| node_of[*place as usize]));
        let mut claims = self.claims.ends.len();
        for count in batch.of_record {
            self.claims.before.push(claims);
            claims += count;
        }
        self.claims.ends.extend(batch.ends.iter().map(|end| before + end));
    }

    fn node(&mut self, id: CanonicalId, told: Moment, record: RecordIndex) -> Node {
        if let Some(&node) = self.index.get(&id) {
            let known = &mut self.nodes[node.index()];
            if told < known.told {
                (known.told, known.record) = (told, record);
            }
            return node;
        }
        let node = Node::new(self.nodes.len());
        self.index.insert(id.clone(), node);
        let is_anchor = !id.is_catalogue();
        self.nodes.push(Mention { id, is_anchor, told, record });
        self.parent.push(node);
        node
    }

    /// Returns the position of every identifier, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = Node> + use<> {
        (0..self.nodes.len()).map(Node::new)
    }

    /// Returns the node that stands for a cluster.
    pub(super) fn root(&self, mut node: Node) -> Node {
        while self.parent[node.index()] != node {
            node = self.parent[node.index()];
        }
        node
    }

    /// Returns the same, and shortens the way to it for whoever asks next.
    fn find(&mut self, mut node: Node) -> Node {
        while self.parent[node.index()] != node {
            let above = self.parent[node.index()];
            self.parent[node.index()] = self.parent[above.index()];
            node = above;
        }
        node
    }

    /// Puts every node directly below the one that stands for its cluster; no more are added.
    pub(super) fn flatten(&mut self) {
        self.index = HashMap::new();
        for node in self.all() {
            self.parent[node.index()] = self.find(node);
        }
    }

    /// Notes a fact that no other cluster member may contradict.
    pub(super) fn state(&mut self, node: Node, key: FactKey, value: String) {
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
        let (keep, give) = if self[a].id <= self[b].id { (a, b) } else { (b, a) };
        self.parent[give.index()] = keep;
        if let Some(given) = self.facts.remove(&give) {
            let kept = self.facts.entry(keep).or_default();
            for (key, values) in given {
                kept.entry(key).or_default().extend(values);
            }
        }
        self.merges.push(merge);
    }

    /// Returns the key under which two clusters state different values.
    fn contradiction(&self, a: Node, b: Node) -> Option<FactKey> {
        let (of_a, of_b) = (self.facts.get(&a)?, self.facts.get(&b)?);
        of_a.iter().find_map(|(key, values)| {
            of_b.get(key).is_some_and(|others| others.is_disjoint(values)).then(|| key.clone())
        })
    }
}

fn contradiction_text(key: &FactKey) -> String {
    match key {
        FactKey::List(name) => format!("they are two entries of the list {name}"),
        FactKey::Digest(name) => format!("they have two digests by {name}"),
        FactKey::Catalogue(name) => format!("they have two numbers in the catalogue {name}"),
        FactKey::Source(name) => format!("they are two objects of the duplicate-free source {name}"),
    }
}

/// Returns the canonical identifier; `None` if the value does not have the form of its kind.
fn canonical_id(identifier: &Identifier) -> Option<CanonicalId> {
    Some(match identifier {
        Identifier::Observable { kind, property, value } => canonical::observable(kind, property, value)?,
        Identifier::Object(id) => CanonicalId::object(canonical::object_id(id)),
        Identifier::Galaxy(id) => CanonicalId::galaxy(id),
        Identifier::Reference { catalogue, kind, id } => CanonicalId::catalogue(catalogue, kind, id),
    })
}

/// Joins what single records name for one thing, earliest told first.
pub(super) fn join_own(mentions: &mut Mentions, view: &View) {
    let mut joining: Vec<(Moment, usize, usize)> = Vec::new();
    for (at, record) in view.records().iter().enumerate() {
        for (claim_at, claim) in record.content.claims.iter().enumerate() {
            if matches!(claim, Claim::Entity { .. }) {
                state_facts(mentions, view, at, claim_at);
                if mentions.claims.nodes(at, claim_at).len() > 1 {
                    joining.push((record.recorded_first, at, claim_at));
                }
            }
        }
    }
    joining.sort_unstable();
    for (_, at, claim_at) in joining {
        let named = mentions.claims.range(at, claim_at);
        for other in named.clone().skip(1) {
            let (own, other) = (mentions.claims.nodes[named.start], mentions.claims.nodes[other]);
            let reason = format!("one object of {} carries both", view.records()[at].source);
            mentions.join(Merge {
                from: own,
                to: other,
                rule: OWN_IDENTIFIER,
                record: RecordIndex::new(at),
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
        let entry = mentions[own].id.to_string();
        mentions.state(own, FactKey::List(list.clone()), entry);
    }
    if view.terms(&record.source).duplicate_free {
        mentions.state(own, FactKey::Source(record.source.to_string()), record.key.to_string());
    }
    for place in named {
        let node = mentions.claims.nodes[place];
        let mention = &mentions[node];
        let id = &mention.id;
        let Some(scheme) = id.scheme() else { continue };
        // A file has one digest by each algorithm, an entry one number in each catalogue.
        let key = if id.kind() == "file" && DIGESTS.contains(&scheme) {
            FactKey::Digest(format!("file:{scheme}"))
        } else if id.is_catalogue() {
            FactKey::Catalogue(format!("{scheme}:{}", id.kind()))
        } else {
            continue;
        };
        let value = id.value().to_owned();
        mentions.state(own, key.clone(), value.clone());
        mentions.state(node, key, value);
    }
}

/// Algorithms by which a file has one digest.
const DIGESTS: [&str; 4] = ["md5", "sha-1", "sha-256", "sha-512"];

/// Joins a galaxy value with the STIX object of its uuid, where there is just one.
pub(super) fn join_same_uuid(mentions: &mut Mentions) {
    let mut galaxies: Vec<(String, Node)> = mentions
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, mention)| mention.id.is_galaxy())
        .map(|(at, mention)| (mention.id.value().to_owned(), Node::new(at)))
        .collect();
    galaxies.sort();
    let asked: HashSet<&str> = galaxies.iter().map(|(uuid, _)| uuid.as_str()).collect();
    let mut objects: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for (at, mention) in mentions.nodes.iter().enumerate() {
        let uuid = mention.id.value();
        if mention.id.is_object() && asked.contains(uuid) {
            objects.entry(uuid.to_owned()).or_default().push(Node::new(at));
        }
    }
    for (uuid, galaxy) in galaxies {
        if let Some([object]) = objects.get(&uuid).map(Vec::as_slice) {
            let record = mentions[galaxy].record;
            let reason = "a galaxy value and a STIX object have one uuid".to_owned();
            mentions.join(Merge { from: galaxy, to: *object, rule: SAME_UUID, record, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

    use super::*;
    use crate::{
        link::Layer,
        record::{ArchivedRecord, Content, Digest, Mode, RecordState, Surroundings},
        view::{AccessPolicy, AsOf, Audience},
    };

    fn domain(value: &str) -> Identifier {
        Identifier::Observable { kind: "domain-name".into(), property: "value".into(), value: value.into() }
    }

    fn entity(value: &str) -> Claim {
        let kind = "domain-name".to_owned();
        Claim::Entity {
            identifiers: vec![domain(value)],
            kind,
            name: None,
            aliases: Vec::new(),
            vocabulary: None,
        }
    }

    /// Opens a view on records of one source, told at these moments, in this order.
    fn view(records: Vec<(i64, Vec<Claim>)>) -> View {
        let told = |(at, (told, _)): (usize, &(i64, Vec<Claim>))| ArchivedRecord {
            source: "partner".into(),
            key: format!("{at:09}").into(),
            state: RecordState::Object(Digest([0; 16])),
            version: None,
            object_time: Some(Moment::from_micros(*told)),
            run: Moment::from_micros(0),
            commit: 0,
            mode: Mode::Increment,
            markings: Vec::new(),
            defines: None,
            surroundings: Surroundings::default(),
        };
        let statements: Vec<ArchivedRecord> = records.iter().enumerate().map(told).collect();
        let contents =
            records.into_iter().map(|(_, claims)| Arc::new(Content { claims, ..Content::default() }));
        let (terms, audience) = (BTreeMap::new(), Audience::all());
        let lens = AccessPolicy { terms: &terms, audience: &audience };
        let vantage = AsOf::of(Moment::from_micros(i64::MAX / 2));
        let Ok(view) =
            View::open(&statements, lens, None, vantage, |_| Ok::<_, Infallible>(contents.collect()));
        view
    }

    #[test]
    fn an_identifier_that_many_records_name_was_told_when_the_first_of_them_was() {
        let count = 2 * TOGETHER * BATCHES + 10;
        // Told the later the sooner it stands: the earliest stands last, but for one of the same moment.
        let told = |at: usize| i64::try_from(count - at.min(count - 2)).expect("a small number");
        let records =
            (0..count).map(|at| (told(at), vec![entity("a.example"), entity(&format!("{at}.example"))]));
        let mentions = Mentions::of(&view(records.collect()));
        assert_eq!(mentions.nodes.len(), count + 1);
        let shared = mentions.claims.nodes(0, 0)[0];
        assert!((0..count).all(|at| mentions.claims.nodes(at, 0) == [shared]));
        let known = &mentions[shared];
        assert_eq!((&*known.id, known.told), ("domain-name:a.example", Moment::from_micros(2)));
        assert_eq!(known.record.index(), count - 2);
        let own = &mentions[mentions.claims.nodes(count - 1, 1)[0]];
        assert_eq!(*own.id, *format!("domain-name:{}.example", count - 1));
    }

    #[test]
    fn a_tie_to_what_is_none_of_its_kind_names_neither_end() {
        let link = |from: &str, to: &str| Claim::Link {
            from: domain(from),
            to: domain(to),
            kind: "related-to".to_owned(),
            layer: Layer::Other,
        };
        let bad = "";
        let claims = vec![link("a.example", bad), entity("b.example"), link("b.example", "c.example")];
        let mentions = Mentions::of(&view(vec![(1, claims)]));
        let texts: Vec<&str> = mentions.nodes.iter().map(|mention| &*mention.id).collect();
        assert_eq!(texts, ["domain-name:b.example", "domain-name:c.example"]);
        assert!(mentions.claims.nodes(0, 0).is_empty());
        assert_eq!(mentions.claims.nodes(0, 1), [Node(0)]);
        assert_eq!(mentions.claims.nodes(0, 2), [Node(0), Node(1)]);
    }
}
