//! Tests of the table of outcomes, and of the rows of each outcome on an invented history.

use std::collections::BTreeSet;

use super::*;
use crate::{
    link::Layer,
    reporting::{
        Details,
        invented::{Draws, Invented, day},
    },
};

#[test]
fn every_outcome_has_a_name_a_table_and_sentences_of_its_own() {
    let distinct = |text: fn(&ForecastOutcome) -> &'static str| {
        OUTCOMES.iter().map(text).collect::<BTreeSet<_>>().len() == OUTCOMES.len()
    };
    assert!(distinct(|outcome| outcome.name) && distinct(|outcome| outcome.table));
    for outcome in OUTCOMES {
        assert!(outcome.question.ends_with('?'), "{}", outcome.name);
        assert!(outcome.candidates.ends_with('.') && outcome.label.ends_with('.'), "{}", outcome.name);
        let columns = columns(outcome);
        let names: BTreeSet<&str> = columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), columns.len(), "{}", outcome.name);
        assert!(columns.iter().all(|column| column.about.ends_with('.')), "{}", outcome.name);
        let has_score = columns.iter().any(|column| column.role != Role::Feature);
        assert!(has_score, "{} has no baseline", outcome.name);
    }
}

/// Monthly runs of users and techniques, and in the last one values by day.
fn history() -> ReportingHistory<'static> {
    let mut draws = Draws(9);
    let mut invented = Invented::default();
    let items: Vec<u32> =
        (0..30).map(|item| invented.node("attack-pattern", &item.to_string(), day(0))).collect();
    let mut record = 0;
    for month in 0..8 {
        for user in 0..12 {
            let time = day(30 * month);
            let node = invented.node("threat-actor", &format!("{month}-{user}"), time);
            let size = 1 + draws.below(9) as u32;
            let details = Details { from: time, until: None, size };
            invented.history.details.insert(node, vec![details]);
            for item in &items {
                if draws.below(2) == 0 {
                    invented.mention(node, *item, Layer::Capability, record, time);
                }
            }
            for value in 0..4 {
                let value = invented.node("domain-name", &format!("v{record}-{value}.example"), time);
                invented.mention(node, value, Layer::Infrastructure, record, time);
            }
            record += 1;
        }
    }
    // One subject surges on two days in sequence.
    let subject = invented.node("malware", "surging", day(0));
    for value in 0..40 {
        let time = day(if value == 0 { 0 } else { 211 + i64::from(value) % 20 });
        let node = invented.node("domain-name", &format!("s{value}.example"), time);
        invented.mention(subject, node, Layer::Infrastructure, 1_000 + value, time);
    }
    let daily = (211..240).map(day);
    invented.finish((0..8).map(|month| day(30 * month)).chain(daily).collect())
}

#[test]
fn every_row_has_a_value_for_each_column_and_no_label_before_its_time() {
    let history = history();
    let (progress, last) = (Progress::silent(), *history.runs.last().expect("a run"));
    let input = OutcomeInput::new(&history, &progress);
    for outcome in OUTCOMES {
        let Rows::History(rows) = outcome.rows else { continue };
        let rows = rows(&input);
        assert!(!rows.is_empty(), "{}", outcome.name);
        for row in &rows {
            assert_eq!(row.values.len(), outcome.columns.len(), "{}", outcome.name);
            if let Some((_, recorded_at)) = row.label {
                assert!(row.cut <= recorded_at && recorded_at <= last, "{}", outcome.name);
            }
        }
        let ids: BTreeSet<&String> = rows.iter().map(|row| &row.candidate_id).collect();
        assert_eq!(ids.len(), rows.len(), "{}: two rows have one id", outcome.name);
    }
}
