//! Answers to questions about a run, as data. The names of the fields are the keys of the JSON output.

mod flags;
mod network;

use serde::Serialize;

pub use self::{
    flags::{
        CandidateExplanation, FlagExplanation, FlagSupport, PublishedFlagExplanation, PublishedRecord,
        SourceSupport, TestLine, Verdict, VerdictInForce,
    },
    network::{
        AttributeClaims, CommunityExplanation, ContestedRule, CurrencyAmount, EntityExplanation,
        IdentityReason, LevelLine, LinkExplanation, LinkLine, LinkValues, NameRecords, PairComparison,
        SameEntityExplanation, SharedLine, TwoEntitiesExplanation,
    },
};
use crate::time::Moment;

/// Answer to a question about one identifier, name or id.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Explanation {
    /// An entity.
    Entity(Box<EntityExplanation>),
    /// Two names of one entity.
    SameEntity(Box<SameEntityExplanation>),
    /// Two entities.
    TwoEntities(Box<TwoEntitiesExplanation>),
    /// A link.
    Link(Box<LinkExplanation>),
    /// A community.
    Community(Box<CommunityExplanation>),
    /// A flag with the records of its run.
    Flag(Box<FlagExplanation>),
    /// A flag of a run that the archive cannot compute again.
    PublishedFlag(Box<PublishedFlagExplanation>),
    /// A candidate.
    Candidate(Box<CandidateExplanation>),
}

/// An entity in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityReference {
    /// Lasting id.
    pub id: String,
    /// Kind of the entity.
    pub kind: String,
    /// Label of the entity.
    pub label: String,
}

/// A record in an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordDescription {
    /// Id of the record.
    pub record: String,
    /// Name of its source.
    pub source: String,
    /// Id that the source gave the object.
    pub object: String,
    /// Type of the object.
    pub r#type: String,
    /// Content in words: the entity that it describes and the links that it supports, else its type.
    pub states: String,
    /// Recorded time.
    pub recorded_at: Moment,
    /// Marking.
    pub marking: String,
    /// Files with the object; empty for an audience with a clearance.
    pub places: Vec<RecordPlace>,
    /// Properties of the object as `name value`; possibly not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<String>>,
    /// Number of properties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property_count: Option<usize>,
}

/// Place of a record in a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordPlace {
    /// Path of the file as given.
    pub path: String,
    /// JSON pointer, line or row.
    pub position: String,
    /// Digest of the delivery.
    pub delivery: String,
}
