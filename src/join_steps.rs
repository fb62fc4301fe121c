//! Steps of a run with a join form, which an engine beyond this machine can run.
//!
//! A run calls these steps on [`JoinSteps`]. If the answer is `None`, it runs its own form of the step, so that an engine can
//! take any of them and leave any of them. An answer is exact: the same whole numbers that this machine would find. A run
//! therefore publishes the same bytes with every engine.
//!
//! Only whole numbers pass: hashes of keys, positions, kinds and counts. No text of a record leaves this machine.

use std::fmt;

/// A member of a block: an entity with a key that makes pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockMember {
    /// Number of the block.
    pub block: u32,
    /// Kind of the key, as a bit.
    pub kind: u8,
    /// Number of the member.
    pub member: u32,
}

/// Two members with blocks in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberPair {
    /// Both members, the lower one first.
    pub members: (u32, u32),
    /// Kinds of the blocks, as bits.
    pub kinds: u8,
    /// Number of blocks.
    pub blocks: u32,
}

/// Both ends of a link, and a number for its kind and layer.
pub type LinkEnds = (u32, u32, u32);

/// Links of the measured graph.
#[derive(Clone, Copy, Debug)]
pub struct DirectedLinks<'a> {
    /// Number of vertices.
    pub vertices: usize,
    /// Ends of each link, with a repetition for each kind and layer. No link leads back to its start.
    pub ends: &'a [(u32, u32)],
}

/// Numbers of distinct links at each vertex, in the order of vertices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VertexDegrees {
    /// Links from the vertex.
    pub outgoing: Vec<u32>,
    /// Links to the vertex.
    pub incoming: Vec<u32>,
}

/// An engine for the steps of a run with a join form.
///
/// Each method returns `None` if the step runs on this machine.
pub trait JoinSteps: fmt::Debug + Send + Sync {
    /// Returns whether any step may have an answer.
    fn has_engine(&self) -> bool {
        true
    }

    /// Returns whether the run must end without publishing, because of an error that the engine reports itself.
    fn is_stopped(&self) -> bool {
        false
    }

    /// Finds for each key the position of the first equal key. `step` names the use in messages.
    fn first_equal(&self, step: &'static str, keys: &[u64]) -> Option<Vec<u32>> {
        let _ = (step, keys);
        None
    }

    /// Finds the pairs of members that share a block, ascending. `members` has no repetition, and all members of a block
    /// have one kind.
    fn pairs(&self, members: &[BlockMember]) -> Option<Vec<MemberPair>> {
        let _ = members;
        None
    }

    /// Aggregates claims of links: each distinct link, ascending.
    fn links(&self, claims: &[LinkEnds]) -> Option<Vec<LinkEnds>> {
        let _ = claims;
        None
    }

    /// Counts the distinct links of each vertex.
    fn degrees(&self, links: DirectedLinks<'_>) -> Option<VertexDegrees> {
        let _ = links;
        None
    }

    /// Ranks each vertex in `passes` passes of `PageRank`, in units of 2^-60, as [`crate::metrics::pagerank_in_units`] does.
    fn ranks(&self, links: DirectedLinks<'_>, passes: u32) -> Option<Vec<i64>> {
        let _ = (links, passes);
        None
    }
}

/// The engine that leaves every step to this machine.
#[derive(Clone, Copy, Debug)]
pub struct ThisMachine;

impl JoinSteps for ThisMachine {
    fn has_engine(&self) -> bool {
        false
    }
}
