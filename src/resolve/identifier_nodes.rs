//! Nodes of entity resolution: the canonical identifiers that the records of a view name.

mod claim_traits;
mod similar;

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::{Index, Range},
};

use rayon::prelude::*;

use super::{by_identifier::hash, facts};
use claim_traits::ClaimTraits;
pub(super) use claim_traits::REVOKED_BY;

use crate::{
    canonical::{self, CanonicalId},
    index::RecordIndex,
    join_steps::JoinSteps,
    record::{LentClaim, LentIdentifier, Record},
    time::Moment,
    view::View,
};

/// Position of a canonical identifier in [`IdentifierNodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeIndex(u32);

impl NodeIndex {
    /// Placeholder for an identifier that no claim names.
    const NONE: Self = Self(u32::MAX);

    pub(super) fn new(position: usize) -> Self {
        Self(u32::try_from(position).expect("a view names fewer than 2^32 identifiers"))
    }

    /// Returns the position as an index into a slice.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One canonical identifier.
pub(super) struct IdentifierNode {
    /// The identifier, which its entity and its records share.
    pub(super) id: CanonicalId,
    /// Is true if the lasting id of an entity may derive from it. A catalogue number may not be one, since a record
    /// may gain one later.
    pub(super) is_anchor: bool,
    /// Earliest recorded time of a record that names it.
    pub(super) recorded_first: Moment,
    /// First record with that time.
    pub(super) record: RecordIndex,
}

/// Every canonical identifier of a view, in the order in which records name them, and the nodes of each claim.
pub(super) struct IdentifierNodes {
    nodes: Vec<IdentifierNode>,
    claims: ClaimNodes,
}

/// Nodes that each claim names; a claim of a link names two. All are in one list, because there are millions of
/// records and a record of a table has three claims.
struct ClaimNodes {
    nodes: Vec<NodeIndex>,
    /// End of the nodes of each claim.
    ends: Vec<usize>,
    /// Traits of each claim.
    traits: Vec<ClaimTraits>,
    /// Number of claims before the claims of each record.
    claims_before: Vec<usize>,
}

impl ClaimNodes {
    /// Returns the positions of the claims of a record among all claims.
    fn of_record(&self, record: usize) -> Range<usize> {
        let end = self.claims_before.get(record + 1).copied().unwrap_or(self.ends.len());
        self.claims_before[record]..end
    }

    /// Returns the nodes of a claim by its position among all claims.
    fn nodes(&self, claim: usize) -> &[NodeIndex] {
        let start = if claim == 0 { 0 } else { self.ends[claim - 1] };
        &self.nodes[start..self.ends[claim]]
    }
}

/// Number of records in a batch. Each identifier of a batch is made canonical once: tables name one object in many rows.
const BATCH_RECORDS: usize = 8_192;
/// Number of batches that are read at once. All batches at once would need more memory than the records.
const BATCHES_AT_ONCE: usize = 8;

/// Position of an identifier among those of a batch.
type Slot = u32;

/// An identifier that a claim of a batch names.
struct NamedIdentifier {
    slot: Slot,
    id: CanonicalId,
    hash: u64,
    recorded_first: Moment,
    record: RecordIndex,
}

/// Identifiers of some consecutive records.
#[derive(Default)]
struct Batch {
    /// Each identifier that a claim names, in the order in which claims name them.
    named: Vec<NamedIdentifier>,
    /// Slots of all claims, one after the other.
    slots: Vec<Slot>,
    /// End of the slots of each claim.
    ends: Vec<usize>,
    /// Traits of each claim.
    traits: Vec<ClaimTraits>,
    /// Number of claims of each record.
    claims_of_record: Vec<usize>,
    /// Number of slots. It includes identifiers whose value does not have the form of its kind.
    slot_count: usize,
}

impl Batch {
    /// Reads the identifiers of records; `first` is the position of the first record.
    fn read(first: usize, records: &[Record]) -> Self {
        let mut reader = BatchReader::default();
        for (position, record) in (first..).map(RecordIndex::new).zip(records) {
            reader.read(position, record);
        }
        reader.finish()
    }
}

/// A batch that is being read.
#[derive(Default)]
struct BatchReader<'a> {
    batch: Batch,
    slot_of: HashMap<LentIdentifier<'a>, Slot>,
    /// Canonical identifier of each slot until a claim names it; `None` if its value does not have the form of its kind.
    canonical: Vec<Option<CanonicalId>>,
    /// Position in `batch.named` of each slot that a claim names.
    named_at: Vec<Option<usize>>,
    /// True for each slot whose identifier is a fact of its entity.
    is_fact: Vec<bool>,
}

impl<'a> BatchReader<'a> {
    fn read(&mut self, position: RecordIndex, record: &'a Record) {
        for claim in record.content.claims() {
            self.add(&claim, position, record.recorded_first);
        }
        self.batch.claims_of_record.push(record.content.claims().len());
    }

    fn finish(mut self) -> Batch {
        self.batch.slot_count = self.canonical.len();
        self.batch
    }

    fn add(&mut self, claim: &LentClaim<'a>, record: RecordIndex, recorded_first: Moment) {
        let start = self.batch.slots.len();
        for identifier in identifiers(claim) {
            let slot = self.slot(identifier);
            if self.canonical[slot as usize].is_some() || self.named_at[slot as usize].is_some() {
                self.batch.slots.push(slot);
            }
        }
        // A link has no effect if a value does not have the form of its kind, such as an IP address with a letter.
        if !claim.is_entity() && self.batch.slots.len() < start + 2 {
            self.batch.slots.truncate(start);
        }
        self.batch.ends.push(self.batch.slots.len());
        let mut traits = ClaimTraits::of(claim);
        if traits.is_entity() && self.batch.slots[start..].iter().any(|slot| self.is_fact[*slot as usize]) {
            traits = traits.with_facts();
        }
        self.batch.traits.push(traits);
        for position in start..self.batch.slots.len() {
            self.name(self.batch.slots[position], record, recorded_first);
        }
    }

    fn slot(&mut self, identifier: LentIdentifier<'a>) -> Slot {
        *self.slot_of.entry(identifier).or_insert_with(|| {
            let canonical = canonical_id(identifier);
            self.is_fact.push(canonical.as_ref().is_some_and(|id| facts::key_of(id).is_some()));
            self.canonical.push(canonical);
            self.named_at.push(None);
            self.canonical.len() as Slot - 1
        })
    }

    fn name(&mut self, slot: Slot, record: RecordIndex, recorded_first: Moment) {
        if let Some(position) = self.named_at[slot as usize] {
            let named = &mut self.batch.named[position];
            if recorded_first < named.recorded_first {
                (named.recorded_first, named.record) = (recorded_first, record);
            }
        } else if let Some(id) = self.canonical[slot as usize].take() {
            self.named_at[slot as usize] = Some(self.batch.named.len());
            let hash = hash(&id);
            self.batch.named.push(NamedIdentifier { slot, id, hash, recorded_first, record });
        }
    }
}

/// Nodes by the hash of their identifiers. The texts are in the nodes, so that a node takes few bytes here.
struct KnownNodes {
    first: FirstNodes,
    /// Nodes whose hash an earlier node has.
    others: HashMap<CanonicalId, NodeIndex>,
}

/// The first node with each hash.
enum FirstNodes {
    ByHash(HashMap<u64, NodeIndex, BuildHasherDefault<HashedKey>>),
    /// An engine found the first position with the hash of each position.
    Found {
        first: Vec<u32>,
        /// Nodes of the positions so far.
        nodes: Vec<NodeIndex>,
    },
}

/// Hasher of keys that are hashes.
#[derive(Default)]
struct HashedKey(u64);

impl Hasher for HashedKey {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 ^= u64::from_ne_bytes(word);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl KnownNodes {
    fn with_capacity(count: usize) -> Self {
        let by_hash = HashMap::with_capacity_and_hasher(count, BuildHasherDefault::default());
        Self { first: FirstNodes::ByHash(by_hash), others: HashMap::new() }
    }

    fn found(first: Vec<u32>) -> Self {
        let nodes = Vec::with_capacity(first.len());
        Self { first: FirstNodes::Found { first, nodes }, others: HashMap::new() }
    }

    /// Returns the node of an identifier; an unknown identifier becomes the node `new`.
    fn node(&mut self, hash: u64, id: &CanonicalId, new: NodeIndex, nodes: &[IdentifierNode]) -> NodeIndex {
        let first = match &mut self.first {
            FirstNodes::ByHash(by_hash) => *by_hash.entry(hash).or_insert(new),
            FirstNodes::Found { first, nodes } => {
                let position = nodes.len();
                let first = first[position] as usize;
                let node = if first == position { new } else { nodes[first] };
                nodes.push(node);
                node
            }
        };
        if first == new || nodes[first.index()].id == *id {
            return first;
        }
        *self.others.entry(id.clone()).or_insert(new)
    }
}

/// Reads the identifiers of records batch by batch.
fn for_each_batch(records: &[Record], mut add: impl FnMut(Batch)) {
    let step = BATCH_RECORDS * BATCHES_AT_ONCE;
    for (first, chunk) in (0..).step_by(step).zip(records.chunks(step)) {
        let batches: Vec<Batch> = chunk
            .par_chunks(BATCH_RECORDS)
            .enumerate()
            .map(|(number, records)| Batch::read(first + number * BATCH_RECORDS, records))
            .collect();
        batches.into_iter().for_each(&mut add);
    }
}

/// Returns the identifiers of a claim, in order.
pub(super) fn identifiers<'a>(claim: &LentClaim<'a>) -> impl Iterator<Item = LentIdentifier<'a>> + use<'a> {
    let (listed, ends) = match claim {
        LentClaim::Entity { identifiers, .. } => (Some(identifiers.clone()), None),
        LentClaim::Link { from, to, .. } => (None, Some([*from, *to])),
    };
    listed.into_iter().flatten().chain(ends.into_iter().flatten())
}

/// Returns the canonical identifier; `None` if the value does not have the form of its kind.
pub(crate) fn canonical_id(identifier: LentIdentifier<'_>) -> Option<CanonicalId> {
    Some(match identifier {
        LentIdentifier::Observable { kind, property, value } => {
            canonical::observable(&kind, &property, value)?
        }
        LentIdentifier::Object(id) => CanonicalId::object(canonical::object_id(id)),
        LentIdentifier::Galaxy(id) => CanonicalId::galaxy(id),
        LentIdentifier::Reference { catalogue, kind, id } => CanonicalId::catalogue(&catalogue, &kind, id),
    })
}

impl Index<NodeIndex> for IdentifierNodes {
    type Output = IdentifierNode;

    fn index(&self, node: NodeIndex) -> &IdentifierNode {
        &self.nodes[node.index()]
    }
}

impl IdentifierNodes {
    /// Collects every identifier that the records of a view name.
    pub(super) fn of(view: &View) -> Self {
        // Most records name an identifier that no other record names.
        Self::with_known(view, KnownNodes::with_capacity(view.records().len()))
    }

    /// Collects the same identifiers as [`IdentifierNodes::of`]. Equal ones are brought together by `steps`.
    pub(super) fn by(steps: &dyn JoinSteps, view: &View) -> Self {
        if !steps.has_engine() {
            return Self::of(view);
        }
        let mut hashes = Vec::new();
        for_each_batch(view.records(), |batch| hashes.extend(batch.named.iter().map(|named| named.hash)));
        match steps.first_equal("identifiers", &hashes) {
            Some(first) => Self::with_known(view, KnownNodes::found(first)),
            None => Self::of(view),
        }
    }

    fn with_known(view: &View, mut known: KnownNodes) -> Self {
        let records = view.records();
        let claims_before = Vec::with_capacity(records.len());
        let mut identifiers = Self {
            nodes: Vec::new(),
            claims: ClaimNodes { nodes: Vec::new(), ends: Vec::new(), traits: Vec::new(), claims_before },
        };
        for_each_batch(records, |batch| identifiers.add(batch, &mut known));
        identifiers
    }

    fn add(&mut self, batch: Batch, known: &mut KnownNodes) {
        let mut node_of_slot: Vec<NodeIndex> = vec![NodeIndex::NONE; batch.slot_count];
        for named in batch.named {
            let slot = named.slot as usize;
            node_of_slot[slot] = self.node(named, known);
        }
        let nodes_before = self.claims.nodes.len();
        self.claims.nodes.extend(batch.slots.iter().map(|slot| node_of_slot[*slot as usize]));
        let mut claims = self.claims.ends.len();
        for count in batch.claims_of_record {
            self.claims.claims_before.push(claims);
            claims += count;
        }
        self.claims.ends.extend(batch.ends.iter().map(|end| nodes_before + end));
        self.claims.traits.extend(batch.traits);
    }

    fn node(&mut self, named: NamedIdentifier, known: &mut KnownNodes) -> NodeIndex {
        let NamedIdentifier { id, hash, recorded_first, record, .. } = named;
        let new = NodeIndex::new(self.nodes.len());
        let node = known.node(hash, &id, new, &self.nodes);
        if node != new {
            let known = &mut self.nodes[node.index()];
            if recorded_first < known.recorded_first {
                (known.recorded_first, known.record) = (recorded_first, record);
            }
            return node;
        }
        let is_anchor = !id.is_catalogue();
        self.nodes.push(IdentifierNode { id, is_anchor, recorded_first, record });
        node
    }

    /// Returns the number of identifiers.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the position of every identifier, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = NodeIndex> + use<> {
        (0..self.nodes.len()).map(NodeIndex::new)
    }

    /// Returns every identifier with its position, in order.
    pub(super) fn enumerate(&self) -> impl Iterator<Item = (NodeIndex, &IdentifierNode)> {
        self.all().zip(&self.nodes)
    }

    /// Returns the claims of a record with their numbers, traits and nodes.
    pub(super) fn claims(&self, record: usize) -> impl Iterator<Item = (u32, ClaimTraits, &[NodeIndex])> {
        let claims = self.claims.of_record(record);
        (0..).zip(claims).map(|(number, claim)| (number, self.claims.traits[claim], self.claims.nodes(claim)))
    }

    /// Returns the traits of all claims.
    pub(super) fn traits(&self) -> &[ClaimTraits] {
        &self.claims.traits
    }

    /// Returns the nodes that a record names.
    pub(super) fn of_record(&self, record: usize) -> &[NodeIndex] {
        let claims = self.claims.of_record(record);
        let end = |claims: usize| if claims == 0 { 0 } else { self.claims.ends[claims - 1] };
        &self.claims.nodes[end(claims.start)..end(claims.end)]
    }

    /// Returns the number of claims of all records.
    pub(super) fn claim_count(&self) -> usize {
        self.claims.ends.len()
    }

    /// Returns the position of a claim among the claims of all records.
    pub(super) fn position_of_claim(&self, record: usize, claim: usize) -> usize {
        self.claims.claims_before[record] + claim
    }

    /// Returns the nodes that a claim names.
    pub(super) fn of_claim(&self, record: usize, claim: usize) -> &[NodeIndex] {
        self.claims.nodes(self.position_of_claim(record, claim))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

    use super::*;
    use crate::{
        compact::ShortList,
        entity::Identifier,
        link::Layer,
        record::{ArchivedRecord, Claim, Content, Digest, Mode, PackedContent, RecordState, Surroundings},
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

    /// Opens a view of records of one source with these recorded times, in this order.
    fn view(records: Vec<(i64, Vec<Claim>)>) -> View {
        let archived_record = |(position, (time, _)): (usize, &(i64, Vec<Claim>))| ArchivedRecord {
            source: "partner".into(),
            key: format!("{position:09}").into(),
            state: RecordState::Object(Digest([0; 16])),
            version: None,
            object_time: Some(Moment::from_micros(*time)),
            run: Moment::from_micros(0),
            commit: 0,
            mode: Mode::Increment,
            markings: ShortList::default(),
            defines: None,
            revokes: false,
            surroundings: Surroundings::default(),
        };
        let archived: Vec<ArchivedRecord> = records.iter().enumerate().map(archived_record).collect();
        let contents: Vec<Arc<PackedContent>> = records
            .into_iter()
            .map(|(_, claims)| Arc::new(Content { claims, ..Content::default() }.packed()))
            .collect();
        let (terms, audience) = (BTreeMap::new(), Audience::all());
        let policy = AccessPolicy { terms: &terms, audience: &audience };
        let as_of = AsOf::of(Moment::from_micros(i64::MAX / 2));
        let Ok(view) = View::open(&archived, policy, None, as_of, |_| Ok::<_, Infallible>(contents.clone()));
        view
    }

    #[test]
    fn an_identifier_of_many_records_has_the_earliest_of_their_times() {
        let count = 2 * BATCH_RECORDS * BATCHES_AT_ONCE + 10;
        // The times fall with the position. The last two records have the same time, so the first of them counts.
        let time = |position: usize| i64::try_from(count - position.min(count - 2)).expect("a small number");
        let records = (0..count).map(|position| {
            (time(position), vec![entity("a.example"), entity(&format!("{position}.example"))])
        });
        let identifiers = IdentifierNodes::of(&view(records.collect()));
        assert_eq!(identifiers.len(), count + 1);
        let shared = identifiers.of_claim(0, 0)[0];
        assert!((0..count).all(|record| identifiers.of_claim(record, 0) == [shared]));
        let known = &identifiers[shared];
        assert_eq!((&*known.id, known.recorded_first), ("domain-name:a.example", Moment::from_micros(2)));
        assert_eq!(known.record.index(), count - 2);
        let last = &identifiers[identifiers.of_claim(count - 1, 1)[0]];
        assert_eq!(*last.id, *format!("domain-name:{}.example", count - 1));
    }

    #[test]
    fn identifiers_with_one_hash_are_different_nodes() {
        let ids = ["a.example", "b.example", "a.example"];
        let found = KnownNodes::found(vec![0, 0, 0]);
        for mut known in [KnownNodes::with_capacity(0), found] {
            let mut nodes = Vec::new();
            let numbers = ids.map(|id| {
                let id = canonical::observable("domain-name", "value", id).expect("a domain name");
                let node = known.node(7, &id, NodeIndex::new(nodes.len()), &nodes);
                if node.index() == nodes.len() {
                    let record = RecordIndex::new(0);
                    let recorded_first = Moment::from_micros(0);
                    nodes.push(IdentifierNode { id, is_anchor: true, recorded_first, record });
                }
                node.index()
            });
            assert_eq!(numbers, [0, 1, 0]);
        }
    }

    #[test]
    fn a_link_to_an_invalid_value_names_neither_end() {
        let link = |from: &str, to: &str| Claim::Link {
            from: domain(from),
            to: domain(to),
            kind: "related-to".to_owned(),
            layer: Layer::Other,
        };
        let invalid = "";
        let claims = vec![link("a.example", invalid), entity("b.example"), link("b.example", "c.example")];
        let identifiers = IdentifierNodes::of(&view(vec![(1, claims)]));
        let texts: Vec<&str> = identifiers.nodes.iter().map(|node| &*node.id).collect();
        assert_eq!(texts, ["domain-name:b.example", "domain-name:c.example"]);
        assert!(identifiers.of_claim(0, 0).is_empty());
        assert_eq!(identifiers.of_claim(0, 1), [NodeIndex(0)]);
        assert_eq!(identifiers.of_claim(0, 2), [NodeIndex(0), NodeIndex(1)]);
    }
}
