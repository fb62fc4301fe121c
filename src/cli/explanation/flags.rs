//! Explanations of flags and candidates as text.

use super::{counted, entity_ids, number_of, record_ids, records};
use crate::{
    cli::sheet::Sheet,
    explain::{CandidateExplanation, FlagExplanation, PublishedFlagExplanation, RecordDescription, Verdict},
    time::Moment,
};

/// Returns the text of a flag: its answer, reasons and records.
pub(super) fn before_support(flag: &FlagExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.paragraph(&flag.answer);
    let rank = flag.rank.map_or_else(|| "not in the queue".to_owned(), |rank| format!("rank {rank}"));
    let first = flag.first_flagged.display_utc();
    let drawn =
        flag.sampled.map_or_else(String::new, |p| format!("; drawn at random with probability {p:.3}"));
    let judged = match &flag.judged {
        Some(verdict) if flag.verdicts.is_empty() => verdict.value.clone(),
        _ => verdicts(&flag.verdicts),
    };
    sheet.facts(&[
        ("Score", format!("{:.3}, {rank}, {}; first flagged {first}{drawn}", flag.score, flag.state)),
        ("Pattern", format!("{}: {}", flag.pattern, flag.pattern_about)),
        ("Rationale", flag.rationale.clone()),
        ("Verdict", judged),
        ("Marking", flag.marking_reason.clone().unwrap_or_else(|| flag.marking.clone())),
    ]);
    reasons(&mut sheet, &flag.reasons_for, &flag.reasons_against, Some(&flag.false_positives));

    sheet.heading(&counted("Records", flag.record_count, flag.records.len()));
    records(&mut sheet, &flag.records, true);
    sheet
}

/// Returns the text of a flag that follows its records: its minimal support and the ids.
pub(super) fn from_support(flag: &FlagExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    let support = &flag.support;
    sheet.heading("Support");
    sheet.hanging("  ", &format!("{}{}.", numbers(flag), support.minimal_support_note.trim_end_matches('.')));
    let alone = |holds: bool| {
        let sources = support.holds_on_one_source.iter().filter(|source| source.holds == holds);
        sources.map(|source| source.source.clone()).collect::<Vec<_>>().join(", ")
    };
    for (sources, sentence) in [
        (alone(true), "The flag holds on the records of one of these sources alone: "),
        (alone(false), "The flag falls on the records of one of these sources alone: "),
    ] {
        if !sources.is_empty() {
            sheet.hanging("  ", &format!("{sentence}{sources}."));
        }
    }

    sheet.heading("Ids");
    sheet.hanging("  ", &flag.flag);
    if let Some(community) = &flag.community {
        sheet.hanging("  ", community);
    }
    let found =
        format!("run {}, last found {}, model {}", flag.run, flag.last_found.display_utc(), flag.model);
    sheet.hanging("  ", &found);
    entity_ids(&mut sheet, &flag.entities);
    record_ids(&mut sheet, &flag.records);
    sheet
}

/// Returns the numbers of the records of the minimal support, as the beginning of a sentence.
fn numbers(flag: &FlagExplanation) -> String {
    let support = &flag.support;
    let needed: Vec<&str> = support.minimal_support.iter().map(|record| &*record.record).collect();
    let is_needed = |(_, record): &(usize, &RecordDescription)| needed.contains(&&*record.record);
    let numbers: Vec<String> =
        (1..).zip(&flag.records).filter(is_needed).map(|(number, _)| number.to_string()).collect();
    let hidden = support.minimal_support_count.saturating_sub(numbers.len());
    let hidden = if hidden == 0 { String::new() } else { format!(" and {hidden} that are not shown") };
    match support.minimal_support_count {
        0 => String::new(),
        1 => format!("Record {}{hidden}, ", numbers.join(", ")),
        _ => format!("Records {}{hidden}, ", numbers.join(", ")),
    }
}

/// Returns the text of a flag that is known from tables only.
pub(super) fn published_flag(flag: &PublishedFlagExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.paragraph(&flag.answer);
    let rank = flag.rank.map_or_else(|| "not in the queue".to_owned(), |rank| format!("rank {rank}"));
    let first = flag.first_flagged.map(Moment::display_utc).unwrap_or_default();
    let judged = flag.judged.clone().filter(|_| flag.verdicts.is_empty());
    let about = flag.pattern_about.clone().unwrap_or_default();
    sheet.facts(&[
        ("Score", format!("{:.3}, {rank}, {}; first flagged {first}", flag.score, flag.state)),
        ("Pattern", format!("{}: {about}", flag.pattern)),
        ("Rationale", flag.rationale.clone().unwrap_or_default()),
        ("Verdict", judged.unwrap_or_else(|| verdicts(&flag.verdicts))),
        ("Note", flag.note.clone()),
    ]);
    if let Some(harmless) = &flag.false_positives {
        reasons(&mut sheet, &[], &[], Some(harmless));
    }
    sheet.heading(&format!("Ids, and those of {}", number_of(flag.records.len(), "record", "records")));
    sheet.hanging("  ", &format!("{}, run {}", flag.flag, flag.run));
    for record in &flag.records {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        sheet.hanging(
            &format!("  {}  ", text(&record.record)),
            &format!("{} {}", text(&record.source), text(&record.object)),
        );
    }
    sheet
}

/// Returns the text of a candidate.
pub(super) fn candidate(candidate: &CandidateExplanation) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.paragraph(&candidate.answer);
    sheet.facts(&[
        ("Status", candidate.status.to_owned()),
        ("Pattern", format!("{}: {}", candidate.pattern, candidate.pattern_about)),
        ("News from", candidate.sources_of_news.join(", ")),
    ]);
    sheet.heading("Tests of the gate");
    for test in &candidate.tests {
        let result = if test.passed { "passed" } else { "failed" };
        sheet.hanging(&format!("  {result}  {:<8}  ", test.test), &test.sentence);
    }
    sheet.heading(&counted("Records", candidate.record_count, candidate.records.len()));
    records(&mut sheet, &candidate.records, false);
    sheet.heading("Ids");
    sheet.hanging("  ", &format!("{}, run {}", candidate.candidate, candidate.run));
    match &candidate.flag {
        Some(flag) => sheet.hanging("  ", flag),
        None => sheet.hanging("  ", &format!("lineage {}", candidate.lineage)),
    }
    entity_ids(&mut sheet, &candidate.members);
    if candidate.members.len() < candidate.member_count {
        let more = candidate.member_count - candidate.members.len();
        sheet.hanging("  ", &format!("and {}", number_of(more, "member more", "members more")));
    }
    record_ids(&mut sheet, &candidate.records);
    sheet
}

fn reasons(sheet: &mut Sheet, for_it: &[String], against: &[String], harmless: Option<&str>) {
    if !for_it.is_empty() {
        sheet.heading("For");
    }
    for reason in for_it {
        sheet.hanging("  + ", reason);
    }
    sheet.heading("Against");
    for reason in against {
        sheet.hanging("  - ", reason);
    }
    if let Some(harmless) = harmless {
        sheet.hanging("  - ", &format!("Harmless explanations of this pattern: {harmless}"));
    }
}

fn verdicts(verdicts: &[Verdict]) -> String {
    let one = |verdict: &Verdict| {
        let reason = if verdict.reason.is_empty() { String::new() } else { format!(": {}", verdict.reason) };
        format!("{} by {}, {}{reason}", verdict.value, verdict.by, verdict.recorded_at.display_utc())
    };
    verdicts.iter().map(one).collect::<Vec<_>>().join("; ")
}
