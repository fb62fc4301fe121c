//! Answers about entities, links and communities.

use serde::Serialize;

use super::{EntityReference, RecordDescription};
use crate::time::Moment;

/// Valid time and amount of a link; fields without a value are absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkValues {
    /// Begin of the valid time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Moment>,
    /// End of the valid time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Moment>,
    /// Amount, if the link has one currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// Currency of the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Amounts, if the link has several currencies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<CurrencyAmount>,
}

/// Sum of a link in one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurrencyAmount {
    /// Sum.
    pub amount: f64,
    /// Currency; `None` where no source states it.
    pub currency: Option<String>,
}

/// Explanation of an entity.
#[derive(Clone, Debug, Serialize)]
pub struct EntityExplanation {
    /// Type of question.
    pub question: String,
    /// The entity.
    pub entity: EntityReference,
    /// Names beside the label.
    pub aliases: Vec<String>,
    /// Sources of its records.
    pub sources: Vec<String>,
    /// Join of the markings of its records.
    pub marking: String,
    /// Recorded time of its first record.
    pub recorded_first: Moment,
    /// Recorded time of its last record.
    pub recorded_last: Moment,
    /// Its identifiers, each with the rule that assigned it.
    pub because: Vec<IdentityReason>,
    /// Values of its attributes, each with the records that claim it.
    pub attributes: Vec<AttributeClaims>,
    /// Its records; possibly not all.
    pub records: Vec<RecordDescription>,
    /// Number of its records.
    pub record_count: usize,
    /// Its links, the strongest first; possibly not all.
    pub links: Vec<LinkLine>,
    /// Number of its links.
    pub link_count: usize,
    /// Other entities of the same name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others_of_that_name: Vec<EntityReference>,
}

/// Link of an explained entity.
#[derive(Clone, Debug, Serialize)]
pub struct LinkLine {
    /// Id of the link.
    pub id: String,
    /// Kind of the link.
    pub kind: String,
    /// Label of the entity at its start.
    pub from: String,
    /// Label of the entity at its end.
    pub to: String,
    /// Evidence weight.
    pub weight: f64,
    /// Valid time and amount.
    #[serde(flatten)]
    pub values: LinkValues,
}

/// Identifier of an entity, with the rule and the record that assigned it.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityReason {
    /// Identifier.
    pub identifier: String,
    /// Rule of identity.
    pub rule: String,
    /// Reason of the rule.
    pub reason: String,
    /// Source of the record; `None` for a judgement and for a comparison.
    pub source: Option<String>,
    /// Id that the source gave the object.
    pub object: Option<String>,
    /// Id of the record.
    pub record: Option<String>,
    /// Recorded time of the identifier.
    pub identifier_recorded_first: Moment,
}

/// Explanation why two names are one entity.
#[derive(Clone, Debug, Serialize)]
pub struct SameEntityExplanation {
    /// Type of question.
    pub question: String,
    /// Answer in a sentence.
    pub answer: String,
    /// The entity.
    pub entity: EntityReference,
    /// Other entities with one of these names.
    pub others_of_these_names: Vec<EntityReference>,
    /// The two names with the records that give them.
    pub names: Vec<NameRecords>,
    /// Identifiers of the entity, each with the rule that assigned it.
    pub because: Vec<IdentityReason>,
    /// Comparisons and judgements that joined parts of the entity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<PairComparison>,
}

/// Records that give an entity a name.
#[derive(Clone, Debug, Serialize)]
pub struct NameRecords {
    /// The name.
    pub name: String,
    /// Records; possibly not all.
    pub given_by: Vec<RecordDescription>,
}

/// Explanation why two names are two entities.
#[derive(Clone, Debug, Serialize)]
pub struct TwoEntitiesExplanation {
    /// Type of question.
    pub question: String,
    /// Answer in a sentence.
    pub answer: String,
    /// The two entities.
    pub entities: [EntityReference; 2],
    /// Rules that would join them, with the reason against it.
    pub contested: Vec<ContestedRule>,
    /// Comparison of the two; absent if no key of names brought them together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<PairComparison>,
    /// Attributes that both share, the rarest first; empty unless both are campaigns, reports or actors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<SharedLine>,
    /// Links between them.
    pub links: Vec<LinkExplanation>,
}

/// Comparison of two entities, or of two names of one entity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairComparison {
    /// Names that agree best; absent if names were not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<[String; 2]>,
    /// An identifier of each side.
    pub identifiers: [String; 2],
    /// Levels with their weights in bits, in the order of the comparison.
    pub levels: Vec<LevelLine>,
    /// Sum of the weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<f64>,
    /// Probability that both are one entity, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Probability by the model that sorts the pairs that wait, from 0 to 1; it decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_probability: Option<f64>,
    /// Constraint or judgement that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// State: same, different, contested or unsure.
    pub state: String,
}

/// An attribute that two campaigns, reports or actors share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedLine {
    /// Name of the level, such as `shared-technique`.
    pub level: String,
    /// Name of the attribute.
    pub name: String,
    /// Number of campaigns, reports and actors that have it.
    pub subjects: u32,
    /// Weight in bits.
    pub bits: f64,
}

/// One level of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelLine {
    /// Name of the level.
    pub level: String,
    /// Weight in bits.
    pub bits: f64,
    /// Meaning of the level.
    pub about: String,
}

/// A value of an attribute of an entity, with the records that claim it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttributeClaims {
    /// Name of the attribute: `name`, `alias`, `kind`, or a property of the format.
    pub attribute: String,
    /// Value as delivered.
    pub value: String,
    /// Sources that claim it, sorted.
    pub sources: Vec<String>,
    /// Ids of the records that claim it; possibly not all.
    pub records: Vec<String>,
    /// Number of those records.
    pub record_count: usize,
}

/// Rule of identity that would join two entities.
#[derive(Clone, Debug, Serialize)]
pub struct ContestedRule {
    /// Name of the rule.
    pub rule: String,
    /// Reason why the entities are kept apart.
    pub reason: String,
}

/// Explanation of a link.
#[derive(Clone, Debug, Serialize)]
pub struct LinkExplanation {
    /// Type of question.
    pub question: String,
    /// Id of the link.
    pub link: String,
    /// Kind of the link.
    pub kind: String,
    /// Layer of the network.
    pub layer: String,
    /// Entity at its start.
    pub from: EntityReference,
    /// Entity at its end.
    pub to: EntityReference,
    /// Evidence weight.
    pub weight: f64,
    /// Number of sources.
    pub source_count: usize,
    /// Join of the markings of its records.
    pub marking: String,
    /// Its records; possibly not all.
    pub records: Vec<RecordDescription>,
    /// Number of its records.
    pub record_count: usize,
    /// Valid time and amount.
    #[serde(flatten)]
    pub values: LinkValues,
}

/// Explanation of a community.
#[derive(Clone, Debug, Serialize)]
pub struct CommunityExplanation {
    /// Type of question.
    pub question: String,
    /// Id of the community.
    pub community: String,
    /// Number of members.
    pub size: usize,
    /// Links inside over possible links, from 0 to 1.
    pub density: f64,
    /// As-of time of the run that first had it.
    pub born: Option<Moment>,
    /// Community event since the previous run.
    pub state: Option<String>,
    /// Weight of the links that leave it over the weight of all its links.
    pub conductance: f64,
    /// Contribution to the modularity.
    pub modularity_share: f64,
    /// Members; possibly not all.
    pub members: Vec<EntityReference>,
    /// Links inside, the strongest first; possibly not all.
    pub links: Vec<LinkExplanation>,
    /// Number of links inside.
    pub link_count: usize,
}
