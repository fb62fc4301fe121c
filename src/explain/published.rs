//! Answers from the published tables of a run, so that the run is not replayed. A function returns `None` where the tables
//! cannot answer: a folder was removed, or another version wrote it.

use std::{collections::BTreeSet, path::PathBuf};

use super::{
    answers::{CandidateExplanation, CommunityExplanation, Explanation, TestLine},
    error::QuestionError,
    flag_content::{FlagContent, FlagStatus, explanation, explanation_of_parts},
    network::{CommunityFacts, community_explanation},
    opened::{OpenedRun, open_without_view},
    published_records::shown_parts,
    records::{describe_records, entity_reference, indices_of},
    run_tables::{self, CandidateRow, read_table, scan},
};
use crate::{
    archive::{Access, Archive, ArchivedRun},
    features,
    index::{EntityIndex, RecordIndex},
    language,
    marking::Marking,
    progress::Progress,
    report::card::{CardContent, CardKind},
    review::PATTERNS,
    run::rules,
    time::Moment,
};

/// Most records and members of a candidate that are shown.
const RECORDS_MAX: usize = 50;
const MEMBERS_MAX: usize = 50;

/// Returns the folder of the audience in a published run.
fn folder(opened: &OpenedRun, run: Moment) -> PathBuf {
    opened.config.out.join(run.folder()).join(&opened.audience.name)
}

/// Explains a flag, without its minimal support.
pub(super) fn explain_flag(opened: &OpenedRun, id: &str) -> Result<Option<Explanation>, QuestionError> {
    let mut runs = opened.archive.runs();
    runs.retain(|run| run.moment <= opened.run.moment);
    runs.reverse();
    let Some(status) = status_of_flag(opened, &runs, id) else { return Ok(None) };
    // The run that found the flag last has its candidate.
    for run in runs {
        let Ok(card) = card_of(opened, run.moment, id) else { return Ok(None) };
        let Some(card) = card else { continue };
        let Some((_, mut content)) = flag_row(opened, run.moment, id) else { return Ok(None) };
        content.marking_reason = card.marking_reason;
        let earlier = if run.moment == opened.run.moment {
            None
        } else {
            let own_rules = rules::of_earlier_run(&opened.archive, &run, &opened.config.rules)?;
            let archive = Archive::open(&opened.config.state, Access::Read)?;
            Some(open_without_view(archive, &opened.config, Some(&opened.audience.name), run, own_rules)?)
        };
        let opened = earlier.as_ref().unwrap_or(opened);
        let folder = folder(opened, opened.run.moment);
        if let Some(parts) = shown_parts(opened, &folder, (id, &content.entity_ids))? {
            return Ok(Some(explanation_of_parts(opened, content, &status, parts)));
        }
        opened.load_view()?;
        let Some(records) = records(opened, id) else { return Ok(None) };
        content.records = records;
        return Ok(Some(explanation(opened, content, &status)));
    }
    Ok(None)
}

/// Returns the status of a flag in the first of these runs, which are the latest ones first. A run does not list flags that an
/// earlier run closed. Such a flag has the status of the last run that lists it, if that run closed it.
fn status_of_flag(opened: &OpenedRun, runs: &[ArchivedRun], id: &str) -> Option<FlagStatus> {
    for (number, run) in runs.iter().enumerate() {
        if let Some((status, _)) = flag_row(opened, run.moment, id) {
            return Some(status).filter(|status| number == 0 || status.state == "closed");
        }
        if !run_tables::has_table(&folder(opened, run.moment), "flags") {
            return None;
        }
    }
    None
}

/// Returns status and content of a flag in a run, without its records.
fn flag_row(opened: &OpenedRun, run: Moment, id: &str) -> Option<(FlagStatus, FlagContent)> {
    let table = read_table(&folder(opened, run), "flags").ok()?;
    let row = table.text("flag_id")?.iter().position(|cell| cell.as_deref() == Some(id))?;
    let text = |name: &str| Some(table.text(name)?[row].clone());
    let time = |name: &str| Some(table.time(name)?[row].map(Moment::from_micros));
    let pattern = text("pattern")??;
    if !PATTERNS.iter().any(|known| known.name == pattern) {
        return None;
    }
    let answered = time("verdict_at")?;
    let status = FlagStatus {
        state: text("state")??,
        rank: table.count("rank")?[row],
        score: table.number("score")?[row]?,
        verdict: text("verdict")?.map(|verdict| (verdict, answered)),
        verdicts_after: time("verdicts_after")?,
    };
    let content = FlagContent {
        id: id.to_owned(),
        title: text("title")??,
        pattern,
        sampled: table.number("sampling_probability")?[row],
        model: text("model_id")?.unwrap_or_else(|| "rules".to_owned()),
        first_flagged: time("first_flagged")??,
        reasons_for: table.texts("reasons_for")?[row].clone(),
        reasons_against: table.texts("reasons_against")?[row].clone(),
        marking: text("marking")?.unwrap_or_else(|| Marking::Unmarked.to_string()),
        marking_reason: None,
        entity_ids: table.texts("entity_ids")?[row].clone(),
        community: text("community_id")?,
        records: Vec::new(),
    };
    Some((status, content))
}

/// Returns the content of a flag's card in a run; `None` if the run has no candidate of the flag.
fn card_of(opened: &OpenedRun, run: Moment, id: &str) -> Result<Option<CardContent>, QuestionError> {
    let mut content = None;
    let columns = ["flag_id", "kind", "content"];
    scan(&folder(opened, run), "cards", &columns, |part| {
        let (ids, kinds, contents) = (part.text("flag_id")?, part.text("kind")?, part.text("content")?);
        let is_card = |row: &usize| {
            ids[*row].as_deref() == Some(id) && kinds[*row].as_deref() == Some(CardKind::Flag.name())
        };
        if let Some(row) = (0..part.rows()).find(is_card) {
            content.clone_from(&contents[row]);
        }
        Some(())
    })?;
    // A card of another version may have other members.
    let read = |text: String| serde_json::from_str(&text).map_err(|_| QuestionError::Lacks("cards"));
    content.map(read).transpose()
}

/// Returns the records behind a flag of the run, ascending; `None` if the view lacks one of them.
fn records(opened: &OpenedRun, id: &str) -> Option<Vec<RecordIndex>> {
    let mut ids = BTreeSet::new();
    let folder = folder(opened, opened.run.moment);
    let scanned = scan(&folder, "evidence", &["subject_id", "record_id"], |part| {
        let (subjects, records) = (part.text("subject_id")?, part.text("record_id")?);
        let of_flag = subjects.iter().zip(records).filter(|(subject, _)| subject.as_deref() == Some(id));
        ids.extend(of_flag.filter_map(|(_, record)| record.clone()));
        Some(())
    });
    scanned.ok()?;
    indices_of(opened, ids)
}

/// Explains a candidate. Its tests and its status are from the tables; the instances of patterns are found again for its
/// records.
pub(super) fn explain_candidate(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Option<CandidateExplanation>, QuestionError> {
    let folder = folder(opened, opened.run.moment);
    let rows = run_tables::candidates(&folder).ok().flatten().unwrap_or_default();
    let Some(row) = rows.into_iter().find(|row| row.id == id) else { return Ok(None) };
    let (Ok(flag), Some(members)) = (flag_of_candidate(opened, id), members(opened, &row.members)) else {
        return Ok(None);
    };
    let (analysis, candidates) = opened.instances(progress)?;
    let Some(candidate) = candidates.iter().find(|candidate| candidate.id == id) else { return Ok(None) };
    let records = features::records(&analysis, candidate);
    let language = opened.language;
    let CandidateRow { id, title, status, tests, lineage, .. } = row;
    let question = if status.is_stopped() { "question.stopped" } else { "question.candidate" };
    let values = [("title", title), ("status", language::status(language, status, 1))];
    Ok(Some(CandidateExplanation {
        question: language.text(question),
        answer: language.fill("answer.candidate", &values),
        candidate: id,
        pattern: candidate.pattern,
        pattern_about: language.text(&format!("pattern.{}.about", candidate.pattern)),
        run: opened.name(),
        status: status.name(),
        flag,
        lineage,
        fails: tests.iter().filter(|test| !test.passed).map(|test| test.name).collect(),
        tests: tests.iter().map(|test| TestLine::of(language, test)).collect(),
        sources_of_news: features::origins(&analysis, candidate),
        member_count: members.len(),
        members: members
            .iter()
            .take(MEMBERS_MAX)
            .map(|&index| entity_reference(&opened.resolution()[index]))
            .collect(),
        records: describe_records(opened, &records, RECORDS_MAX),
        record_count: records.len(),
    }))
}

/// Returns the id of the flag of a candidate, if it has one.
fn flag_of_candidate(opened: &OpenedRun, id: &str) -> Result<Option<String>, QuestionError> {
    let mut flag = None;
    let columns = ["flag_id", "kind", "candidate_id"];
    scan(&folder(opened, opened.run.moment), "cards", &columns, |part| {
        let (flags, kinds, ids) = (part.text("flag_id")?, part.text("kind")?, part.text("candidate_id")?);
        let is_card = |row: &usize| {
            ids[*row].as_deref() == Some(id) && kinds[*row].as_deref() == Some(CardKind::Flag.name())
        };
        if let Some(row) = (0..part.rows()).find(is_card) {
            flag.clone_from(&flags[row]);
        }
        Some(())
    })?;
    Ok(flag)
}

fn members(opened: &OpenedRun, ids: &[String]) -> Option<Vec<EntityIndex>> {
    let entities = &opened.resolution().entities;
    let index = |id: &String| entities.binary_search_by(|entity| entity.id.as_str().cmp(id)).ok();
    ids.iter().map(|id| index(id).map(EntityIndex::new)).collect()
}

/// Explains a community.
pub(super) fn explain_community(opened: &OpenedRun, id: &str) -> Option<CommunityExplanation> {
    let folder = folder(opened, opened.run.moment);
    let table = read_table(&folder, "communities").ok()?;
    let row = table.text("community_id")?.iter().position(|cell| cell.as_deref() == Some(id))?;
    let number = |name: &str| table.number(name)?[row];
    let mut ids = Vec::new();
    let scanned = scan(&folder, "members", &["community_id", "entity_id"], |part| {
        let (communities, entities) = (part.text("community_id")?, part.text("entity_id")?);
        let of_community =
            communities.iter().zip(entities).filter(|(community, _)| community.as_deref() == Some(id));
        ids.extend(of_community.filter_map(|(_, entity)| entity.clone()));
        Some(())
    });
    scanned.ok()?;
    let members = members(opened, &ids)?;
    let measured = CommunityFacts {
        id: id.to_owned(),
        density: number("density")?,
        conductance: number("conductance")?,
        modularity_share: number("modularity_share")?,
        born: table.time("born")?[row].map(Moment::from_micros),
        state: table.text("state")?[row].clone(),
    };
    Some(community_explanation(opened, measured, &members))
}
