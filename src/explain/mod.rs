//! Answers about runs: the review queue of a published run, explanations, and differences between runs.

mod answers;
mod candidate;
mod diff;
mod entity;
mod error;
mod find;
mod flag;
mod flag_content;
mod known_entities;
mod network;
mod opened;
mod published;
mod published_records;
mod queue;
mod records;
mod replayed;
mod run_names;
mod run_tables;
mod short_ids;
mod source_warnings;
mod statements;
mod support;
mod waiting_pairs;

pub use answers::{
    AttributeClaims, CandidateExplanation, CommunityExplanation, ContestedRule, CurrencyAmount,
    EntityExplanation, EntityReference, Explanation, FlagExplanation, FlagSupport, IdentityReason, LevelLine,
    LinkExplanation, LinkLine, LinkValues, NameRecords, PairComparison, PublishedFlagExplanation,
    PublishedRecord, RecordDescription, RecordPlace, SameEntityExplanation, SharedLine, SourceSupport,
    TestLine, TwoEntitiesExplanation, Verdict, VerdictInForce,
};
pub use diff::{CauseEntities, ChangeLine, ChangedEntity, Difference, diff};
pub use entity::level_meaning;
pub use error::{Alternative, QuestionError};
pub use known_entities::{KnownEntities, KnownEntity, NamedEntity, UnknownEntity, kept_identifiers, own_key};
pub use opened::{OpenedRun, open};
pub use queue::{NearMiss, QueueSummary, queue_summaries};
pub use run_names::run_folder;
pub use run_tables::{PublishedFlag, flags, flags_of, has_table, read_table as run_table};
pub use short_ids::{KnownId, ids_beginning};
pub use source_warnings::{source_warning, unconfigured_sources};
pub use waiting_pairs::{PublishedLevel, WaitingPair, add_verdicts, waiting_pairs};

use crate::progress::Progress;

/// Explains a word by a run, with the records behind the answer. The word is an id of a link, community, flag or
/// candidate, or an id, identifier or name of an entity. The explanation of a flag has its minimal support.
pub fn explain(opened: &OpenedRun, word: &str, progress: &Progress) -> Result<Explanation, QuestionError> {
    let mut answer = explain_without_support(opened, word, progress)?;
    if let Explanation::Flag(flag) = &mut answer {
        add_support(opened, flag, &|| u64::MAX, progress)?;
    }
    Ok(answer)
}

/// Adds the minimal support to the explanation of a flag. A first search analyses the run again for each record behind the
/// flag. No further trial begins once `seconds_left` returns 0, and none at all if the archive is too large for the seconds.
/// The archive keeps the result, and the next question continues a search that ended early.
pub fn add_support(
    opened: &OpenedRun,
    flag: &mut FlagExplanation,
    seconds_left: &dyn Fn() -> u64,
    progress: &Progress,
) -> Result<(), QuestionError> {
    support::add_support(opened, flag, seconds_left, progress)
}

/// Explains a word as [`explain`] does. The explanation of a flag lacks its minimal support, which [`add_support`] adds.
pub fn explain_without_support(
    opened: &OpenedRun,
    word: &str,
    progress: &Progress,
) -> Result<Explanation, QuestionError> {
    if word.starts_with("flag-") {
        return flag::explain_flag(opened, word, progress);
    }
    opened.load_view()?;
    if word.starts_with("link-")
        && let Some(link) = opened.resolution().links.iter().find(|link| link.id == *word)
    {
        return Ok(Explanation::Link(Box::new(network::explain_link(opened, link))));
    }
    if word.starts_with("community-") {
        let community = match published::explain_community(opened, word) {
            Some(community) => community,
            None => network::explain_community(opened, word, progress)?,
        };
        return Ok(Explanation::Community(Box::new(community)));
    }
    if word.starts_with("candidate-") {
        let candidate = candidate::explain_candidate(opened, word, progress)?;
        return Ok(Explanation::Candidate(Box::new(candidate)));
    }
    // The answer needs the reasons of identifiers, so the entity is looked up among those with reasons, too.
    opened.with_reasons();
    let (index, name) = find::find_entity(opened, word)?;
    let mut answer = entity::explain_entity(opened, index);
    if name == word {
        answer.others_of_that_name = entity::others_of_that_name(opened, word, index);
    }
    Ok(Explanation::Entity(Box::new(answer)))
}

/// Explains why two names mean one entity, or why they mean two.
pub fn explain_pair(opened: &OpenedRun, one: &str, other: &str) -> Result<Explanation, QuestionError> {
    opened.load_view()?;
    opened.with_reasons();
    entity::explain_pair(opened, one, other)
}
