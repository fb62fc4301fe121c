//! Pairs of entities that wait for a judgement, from the tables of a published run.

use std::path::Path;

use serde::Serialize;

use super::{error::QuestionError, run_tables::read_table};
use crate::{
    judgement::{Decisions, Judgement, Kind, Value},
    time::Moment,
};

/// A pair that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitingPair {
    /// Id of the pair.
    pub pair_id: String,
    /// Ids of the two entities.
    pub entity_ids: [String; 2],
    /// Their labels.
    pub labels: [String; 2],
    /// Names that agree best; absent if names were not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<[String; 2]>,
    /// Levels with their weights in bits, in the order of the comparison.
    pub levels: Vec<PublishedLevel>,
    /// Sum of the weights.
    pub bits: Option<f64>,
    /// Probability that both are one entity, from 0 to 1.
    pub probability: Option<f64>,
    /// Probability by the model that sorts the pairs that wait, from 0 to 1; `None` if it does not apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_probability: Option<f64>,
    /// Reason why it waits, in words.
    pub constraint: Option<String>,
    /// `contested` or `unsure`.
    pub state: String,
    /// Communities that a merge would join.
    pub communities: u64,
    /// Links that a merge would move.
    pub link_count: u64,
    /// Join of the markings of both entities.
    pub marking: Option<String>,
    /// Verdicts in force that people gave since the run.
    pub verdicts: Vec<String>,
}

/// A level of a published comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedLevel {
    /// Name.
    pub level: String,
    /// Weight in bits, with its sign.
    pub weight: String,
}

impl WaitingPair {
    /// Returns whether a judgement is about the pair. A withdrawal names its judgement instead, and is about one entity.
    pub fn is_judged_by(&self, judgement: &Judgement) -> bool {
        let other = judgement.other_id.as_deref().unwrap_or_default();
        let named = [judgement.subject_id.as_str(), other];
        let [one, two] = &self.entity_ids;
        judgement.kind == Kind::Identity && (named == [one, two] || named == [two, one])
    }

    /// Returns whether a verdict since the run says same or different.
    pub fn is_decided(&self) -> bool {
        self.verdicts
            .iter()
            .any(|verdict| verdict == Value::Same.name() || verdict == Value::Different.name())
    }
}

/// Reads the pairs in the folder of an audience, the most consequential first; empty if a run of an older version wrote it.
///
/// # Errors
/// If the table cannot be read.
pub fn waiting_pairs(folder: &Path, judgements: &[Judgement]) -> Result<Vec<WaitingPair>, QuestionError> {
    if !super::has_table(folder, "pairs") {
        return Ok(Vec::new());
    }
    let table = read_table(folder, "pairs")?;
    let lacks = || QuestionError::Lacks("pairs");
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let both = |one: &str, other: &str| Ok::<_, QuestionError>([text(one)?, text(other)?]);
    let (ids, states) = (text("pair_id")?, text("state")?);
    let (entities, labels) = (both("entity_id", "other_id")?, both("label", "other_label")?);
    let (names, constraints) = (both("name", "other_name")?, text("constraint")?);
    let (levels, weights) = table.texts("levels").zip(table.texts("weights")).ok_or_else(lacks)?;
    let (bits, probabilities) = table.number("bits").zip(table.number("probability")).ok_or_else(lacks)?;
    // Runs of older versions lack the column.
    let sorted_by = table.number("review_probability");
    let (communities, links) = table.count("communities").zip(table.count("link_count")).ok_or_else(lacks)?;
    let markings = text("marking")?;
    let rows = (0..table.rows()).map(|row| {
        let cells =
            |columns: [&[Option<String>]; 2]| columns.map(|column| column[row].clone().unwrap_or_default());
        let entity_ids = cells(entities);
        WaitingPair {
            pair_id: ids[row].clone().unwrap_or_default(),
            labels: cells(labels),
            names: Some(cells(names)).filter(|names| !names[0].is_empty()),
            levels: (levels[row].iter().zip(&weights[row]))
                .map(|(level, weight)| PublishedLevel { level: level.clone(), weight: weight.clone() })
                .collect(),
            bits: bits[row],
            probability: probabilities[row],
            review_probability: sorted_by.and_then(|column| column[row]),
            constraint: constraints[row].clone(),
            state: states[row].clone().unwrap_or_default(),
            communities: communities[row].unwrap_or_default(),
            link_count: links[row].unwrap_or_default(),
            marking: markings[row].clone(),
            verdicts: Vec::new(),
            entity_ids,
        }
    });
    let mut pairs: Vec<WaitingPair> = rows.collect();
    add_verdicts(&mut pairs, judgements);
    Ok(pairs)
}

/// Adds the verdicts in force on each pair.
pub fn add_verdicts(pairs: &mut [WaitingPair], judgements: &[Judgement]) {
    let decisions = Decisions::of(judgements, Moment::from_micros(i64::MAX));
    for pair in pairs {
        pair.verdicts = verdicts(&decisions, &pair.entity_ids);
    }
}

/// Returns the last verdict of each person on a pair, in order of time.
fn verdicts(decisions: &Decisions, pair: &[String; 2]) -> Vec<String> {
    let is_pair = |ids: &[String; 2]| ids == pair || (ids[0] == pair[1] && ids[1] == pair[0]);
    let mut last: Vec<(&str, Value)> = Vec::new();
    for decision in decisions.all().iter().filter(|decision| is_pair(&decision.entities)) {
        last.retain(|(by, _)| *by != decision.by);
        last.push((&decision.by, decision.value));
    }
    last.into_iter().map(|(_, value)| value.name().to_owned()).collect()
}
