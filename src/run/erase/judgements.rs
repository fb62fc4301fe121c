//! Judgements that an erasure concerns.
//!
//! A judgement about two entities goes if no record is left of one of them. It loses its texts if an erased record described
//! one of them. A judgement about a flag goes if the flag is not known any more. It loses its texts if an erased record was
//! evidence of the flag. Every judgement loses its texts if they contain a name or an identifier of an erased record.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::{
    archive::{Archive, ArchiveContents, ConcernedJudgements, ErasurePlan, PendingErasure},
    ingest,
    judgement::{Judgement, Kind},
    progress::Progress,
    record::{LentClaim, LentIdentifier, PackedContent},
    resolve,
    run::{config::Config, error::RunError, known_flags::known_flags, published::run_folders},
    tables::{self, files},
};

/// Shortest name or identifier that is searched in the texts of judgements, in letters.
const TEXT_MIN: usize = 3;

/// Identifiers and names in erased records.
#[derive(Default)]
struct ErasedTexts {
    /// Identifiers of the entities that they describe, as judgements have them.
    described: BTreeSet<String>,
    /// Identifiers that they name, also as ends of links.
    named: BTreeSet<String>,
    /// Names and identifiers, in lower case.
    texts: BTreeSet<String>,
}

fn canonical_text(identifier: LentIdentifier<'_>) -> Option<String> {
    resolve::canonical_id(identifier).map(|id| id.to_string())
}

impl ErasedTexts {
    fn add(&mut self, content: &PackedContent) {
        let mut texts: Vec<String> = Vec::new();
        for claim in content.claims() {
            match claim {
                LentClaim::Entity { identifiers, name, aliases, .. } => {
                    for identifier in identifiers {
                        texts.push(value_of(identifier));
                        if let Some(id) = canonical_text(identifier) {
                            self.described.insert(id.clone());
                            self.named.insert(id);
                        }
                    }
                    texts.extend(name.map(str::to_owned));
                    texts.extend(aliases.map(str::to_owned));
                }
                LentClaim::Link { from, to, .. } => {
                    self.named.extend([from, to].into_iter().filter_map(canonical_text));
                }
            }
        }
        let is_long = |text: &String| text.chars().count() >= TEXT_MIN;
        self.texts.extend(texts.into_iter().filter(is_long).map(|text| text.to_lowercase()));
    }

    fn are_in(&self, judgement: &Judgement) -> bool {
        let texts = [Some(judgement.reason.as_str()), judgement.note.as_deref()];
        texts.into_iter().flatten().any(|text| {
            let text = text.to_lowercase();
            self.texts.iter().any(|erased| text.contains(erased))
        })
    }
}

fn value_of(identifier: LentIdentifier<'_>) -> String {
    let value = match identifier {
        LentIdentifier::Observable { value, .. } => value,
        LentIdentifier::Object(id) | LentIdentifier::Galaxy(id) | LentIdentifier::Reference { id, .. } => id,
    };
    value.to_owned()
}

/// Finds the judgements that an erasure concerns.
pub(super) fn concerned(
    archive: &Archive,
    config: &Config,
    plan: &ErasurePlan,
    progress: &Progress,
) -> Result<ConcernedJudgements, RunError> {
    let mut concerned = ConcernedJudgements::default();
    let judgements = archive.judgements()?;
    if judgements.is_empty() {
        return Ok(concerned);
    }
    progress.step("find the judgements");
    let contents = archive.read()?;
    let count = contents.records().len();
    let is_erased =
        |position: &usize| plan.has_row(contents.records()[*position].commit, contents.row(*position));
    let (erased, kept): (Vec<usize>, Vec<usize>) = (0..count).partition(is_erased);
    let mut texts = ErasedTexts::default();
    for content in contents.contents(&erased, &ingest::mappings(&config.rules.terms))? {
        texts.add(&content);
    }
    let of_identity = |judgement: &&Judgement| judgement.kind == Kind::Identity;
    let is_described = |judgement: &&Judgement| {
        judgement.identifiers.iter().flatten().any(|id| texts.described.contains(id))
    };
    let about: Vec<&Judgement> = judgements.iter().filter(of_identity).filter(is_described).collect();
    let lost = lost_identifiers(&contents, &kept, &about, &texts, config)?;
    for id in &lost {
        concerned.add_identifier(id);
    }
    for judgement in about {
        let is_lost = |side: &Vec<String>| !side.is_empty() && side.iter().all(|id| lost.contains(id));
        let is_removed = judgement.identifiers.iter().any(is_lost);
        let ids = if is_removed { &mut concerned.removed } else { &mut concerned.cleaned };
        ids.insert(judgement.id());
    }
    if judgements.iter().any(|judgement| judgement.kind == Kind::Flag) {
        let known: BTreeSet<String> = known_flags(config, progress)?.into_iter().map(|(id, _)| id).collect();
        let with_evidence = flags_with_evidence(config, plan)?;
        for judgement in judgements.iter().filter(|judgement| judgement.kind == Kind::Flag) {
            if known.contains(&judgement.subject_id) {
                concerned.of_flags.insert(judgement.id());
            }
            if with_evidence.contains(&judgement.subject_id) && has_text(judgement) {
                concerned.cleaned.insert(judgement.id());
            }
        }
    }
    let quoting = judgements.iter().filter(|judgement| texts.are_in(judgement)).map(Judgement::id);
    concerned.cleaned.extend(quoting.filter(|id| !concerned.removed.contains(id)));
    Ok(concerned)
}

fn has_text(judgement: &Judgement) -> bool {
    !judgement.reason.is_empty() || judgement.note.is_some()
}

/// Returns the identifiers of judgements that erased records name and no other record names.
fn lost_identifiers(
    contents: &ArchiveContents,
    kept: &[usize],
    judgements: &[&Judgement],
    texts: &ErasedTexts,
    config: &Config,
) -> Result<BTreeSet<String>, RunError> {
    let all = judgements.iter().flat_map(|judgement| judgement.identifiers.iter().flatten());
    let mut lost: BTreeSet<String> = all.filter(|id| texts.named.contains(*id)).cloned().collect();
    if lost.is_empty() {
        return Ok(lost);
    }
    for content in contents.contents(kept, &ingest::mappings(&config.rules.terms))? {
        for claim in content.claims() {
            let identifiers: Vec<LentIdentifier<'_>> = match claim {
                LentClaim::Entity { identifiers, .. } => identifiers.collect(),
                LentClaim::Link { from, to, .. } => vec![from, to],
            };
            for id in identifiers.into_iter().filter_map(canonical_text) {
                lost.remove(&id);
            }
        }
    }
    Ok(lost)
}

/// Returns the ids of the flags that have an erased record as evidence in a published run.
fn flags_with_evidence(config: &Config, plan: &ErasurePlan) -> Result<BTreeSet<String>, RunError> {
    let erased: BTreeSet<String> = plan.records.iter().map(ToString::to_string).collect();
    let earliest = plan.earliest.map(crate::time::Moment::folder).unwrap_or_default();
    let mut flags = BTreeSet::new();
    for run in run_folders(&config.out).into_iter().filter(|run| *run >= earliest) {
        for table in evidence_tables(&config.out.join(run)) {
            tables::scan_table(&table, &["subject_id", "record_id"], |part| {
                let (Some(subjects), Some(records)) = (part.text("subject_id"), part.text("record_id"))
                else {
                    return;
                };
                let is_erased =
                    |record: &Option<String>| record.as_ref().is_some_and(|record| erased.contains(record));
                let rows = subjects.iter().zip(records).filter(|(_, record)| is_erased(record));
                flags.extend(rows.filter_map(|(subject, _)| subject.clone()));
            })?;
        }
    }
    Ok(flags)
}

fn evidence_tables(run: &std::path::Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(run).into_iter().flatten().flatten();
    folders.filter_map(|folder| files::path_of(&folder.path(), "evidence")).collect()
}

/// Removes the judgements about flags that are not known any more. Returns whether there were any.
pub(in crate::run) fn remove_lost(
    archive: &Archive,
    config: &Config,
    pending: &PendingErasure,
    progress: &Progress,
) -> Result<bool, RunError> {
    let of_flags = &pending.judgements.of_flags;
    if of_flags.is_empty() {
        return Ok(false);
    }
    let known: BTreeMap<String, String> = known_flags(config, progress)?.into_iter().collect();
    let is_lost = |judgement: &Judgement| {
        of_flags.contains(&judgement.id()) && !known.contains_key(&judgement.subject_id)
    };
    let lost: BTreeSet<String> =
        archive.judgements()?.iter().filter(|judgement| is_lost(judgement)).map(Judgement::id).collect();
    archive.remove_judgements(&lost)?;
    Ok(!lost.is_empty())
}
