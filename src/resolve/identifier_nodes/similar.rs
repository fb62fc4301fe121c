//! Nodes of a view, collected from those of a similar view.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{Batch, BatchReader, ClaimNodes, IdentifierNode, IdentifierNodes, NodeIndex, Slot, hash};
use crate::{
    canonical::CanonicalId, index::RecordIndex, resolve::same_records::SameRecords, time::Moment, view::View,
};

impl IdentifierNodes {
    /// Collects every identifier that the records of a view name, from those of another view. Identifiers are read in
    /// the records only that the other view does not have. Also returns the node of each identifier in the other view;
    /// `None` if that view does not name it.
    pub(in crate::resolve) fn similar(
        view: &View,
        (base, same): (&Self, &SameRecords),
    ) -> (Self, Vec<Option<NodeIndex>>) {
        let mut reader = BatchReader::default();
        for (position, record) in RecordIndex::enumerate(view.records()) {
            if same.before(position).is_none() {
                reader.read(position, record);
            }
        }
        let batch = reader.finish();
        let mut similar = SimilarNodes::new(base, &batch, view.records().len());
        let mut read = BatchClaims { batch: &batch, claim: 0, record: 0 };
        for (position, record) in RecordIndex::enumerate(view.records()) {
            similar.nodes.claims.claims_before.push(similar.nodes.claims.ends.len());
            match same.before(position) {
                Some(before) => similar.add_same(before, position, record.recorded_first),
                None => similar.add_read(&mut read, position, record.recorded_first),
            }
        }
        (similar.nodes, similar.before)
    }
}

/// Nodes of a view that are collected from those of another view.
struct SimilarNodes<'a> {
    base: &'a IdentifierNodes,
    nodes: IdentifierNodes,
    /// Node of the other view of each node.
    before: Vec<Option<NodeIndex>>,
    /// Node of each node of the other view.
    of_base: Vec<NodeIndex>,
    /// For each slot of the records that were read: its identifier, and its node of the other view.
    slots: Vec<Option<(&'a CanonicalId, Option<NodeIndex>)>>,
    of_slot: Vec<NodeIndex>,
    /// New nodes by their identifiers.
    new_slots: HashMap<&'a CanonicalId, NodeIndex>,
}

/// Claims of the records that were read, in order.
struct BatchClaims<'a> {
    batch: &'a Batch,
    claim: usize,
    record: usize,
}

impl<'a> SimilarNodes<'a> {
    fn new(base: &'a IdentifierNodes, batch: &'a Batch, records: usize) -> Self {
        let wanted: HashSet<u64> = batch.named.iter().map(|named| named.hash).collect();
        let known: HashMap<&CanonicalId, NodeIndex> = (0..base.nodes.len())
            .into_par_iter()
            .filter(|node| wanted.contains(&hash(&base.nodes[*node].id)))
            .map(|node| (&base.nodes[node].id, NodeIndex::new(node)))
            .collect();
        let mut slots = vec![None; batch.slot_count];
        for named in &batch.named {
            slots[named.slot as usize] = Some((&named.id, known.get(&named.id).copied()));
        }
        let claims = ClaimNodes {
            nodes: Vec::with_capacity(base.claims.nodes.len() + batch.slots.len()),
            ends: Vec::with_capacity(base.claims.ends.len() + batch.ends.len()),
            traits: Vec::with_capacity(base.claims.ends.len() + batch.ends.len()),
            claims_before: Vec::with_capacity(records),
        };
        let capacity = base.nodes.len() + batch.named.len();
        Self {
            base,
            nodes: IdentifierNodes { nodes: Vec::with_capacity(capacity), claims },
            before: Vec::with_capacity(capacity),
            of_base: vec![NodeIndex::NONE; base.nodes.len()],
            slots,
            of_slot: vec![NodeIndex::NONE; batch.slot_count],
            new_slots: HashMap::new(),
        }
    }

    fn add_same(&mut self, before: RecordIndex, record: RecordIndex, recorded_first: Moment) {
        let base = self.base;
        for claim in base.claims.of_record(before.index()) {
            for &node in base.claims.nodes(claim) {
                let node = self.node_of_base(node);
                self.name(node, record, recorded_first);
            }
            self.nodes.claims.ends.push(self.nodes.claims.nodes.len());
            self.nodes.claims.traits.push(base.claims.traits[claim]);
        }
    }

    fn add_read(&mut self, read: &mut BatchClaims<'_>, record: RecordIndex, recorded_first: Moment) {
        let batch = read.batch;
        let end = read.claim + batch.claims_of_record[read.record];
        for claim in read.claim..end {
            let start = if claim == 0 { 0 } else { batch.ends[claim - 1] };
            for &slot in &batch.slots[start..batch.ends[claim]] {
                let node = self.node_of_slot(slot);
                self.name(node, record, recorded_first);
            }
            self.nodes.claims.ends.push(self.nodes.claims.nodes.len());
            self.nodes.claims.traits.push(batch.traits[claim]);
        }
        (read.claim, read.record) = (end, read.record + 1);
    }

    fn node_of_base(&mut self, node: NodeIndex) -> NodeIndex {
        if self.of_base[node.index()] == NodeIndex::NONE {
            let id = self.base[node].id.clone();
            self.of_base[node.index()] = self.new_node(id, Some(node));
        }
        self.of_base[node.index()]
    }

    fn node_of_slot(&mut self, slot: Slot) -> NodeIndex {
        if let Some((_, Some(node))) = self.slots[slot as usize] {
            return self.node_of_base(node);
        }
        if self.of_slot[slot as usize] == NodeIndex::NONE {
            let (id, _) = self.slots[slot as usize].expect("a claim names only slots with an identifier");
            // Two texts of one new value are two slots with one identifier.
            let twin = self.new_slots.get(id).copied();
            let node = twin.unwrap_or_else(|| self.new_node(id.clone(), None));
            self.new_slots.insert(id, node);
            self.of_slot[slot as usize] = node;
        }
        self.of_slot[slot as usize]
    }

    /// Adds a node. Its record follows when a claim names it.
    fn new_node(&mut self, id: CanonicalId, before: Option<NodeIndex>) -> NodeIndex {
        let node = NodeIndex::new(self.nodes.nodes.len());
        let is_anchor = !id.is_catalogue();
        let recorded_first = Moment::from_micros(i64::MAX);
        self.nodes.nodes.push(IdentifierNode { id, is_anchor, recorded_first, record: RecordIndex::new(0) });
        self.before.push(before);
        node
    }

    fn name(&mut self, node: NodeIndex, record: RecordIndex, recorded_first: Moment) {
        let known = &mut self.nodes.nodes[node.index()];
        if recorded_first < known.recorded_first {
            (known.recorded_first, known.record) = (recorded_first, record);
        }
        self.nodes.claims.nodes.push(node);
    }
}
