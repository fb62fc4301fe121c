//! Answers about runs: the review queue of a published run, explanations, and differences between runs.

mod diff;
mod entity;
mod error;
mod find;
mod flag;
mod network;
mod opened;
mod queue;
mod records;
mod run_names;
mod run_tables;
mod source_warnings;
mod support;

use serde_json::Value;

pub use diff::{Difference, diff};
pub use error::{Alternative, QuestionError};
pub use opened::{OpenedRun, open};
pub use queue::{NearMiss, QueueSummary, queue_summaries};
pub use run_names::run_folder;
pub use run_tables::{FlagLine, TestLine, Verdict, flags};
pub use source_warnings::{source_warning, unconfigured_sources};

use crate::progress::Progress;

/// Explains what a word means in a run, and the records behind it: an entity, a link, a community, a flag or a
/// candidate.
pub fn explain(opened: &OpenedRun, word: &str, watch: &Progress) -> Result<Value, QuestionError> {
    if let Some(link) = opened.resolution.links.iter().find(|link| link.id == word) {
        return Ok(network::explain_link(opened, link));
    }
    if word.starts_with("community-") {
        return network::explain_community(opened, word, watch);
    }
    if word.starts_with("flag-") {
        return flag::explain_flag(opened, word, watch);
    }
    if word.starts_with("candidate-") {
        return flag::explain_candidate(opened, word, watch);
    }
    let (index, name) = find::find_entity(opened, word)?;
    let mut answer = entity::explain_entity(opened, index);
    let others = if name == word { entity::others_of_that_name(opened, word, index) } else { Vec::new() };
    if !others.is_empty() {
        answer["others_of_that_name"] = others.into();
    }
    Ok(answer)
}

/// Explains why two words mean one entity, or why they mean two.
pub fn explain_pair(opened: &OpenedRun, one: &str, other: &str) -> Result<Value, QuestionError> {
    entity::explain_pair(opened, one, other)
}
