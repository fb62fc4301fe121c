//! Attribution: which known subject does a new report belong to?

use std::collections::BTreeMap;

use super::{ForecastOutcome, Horizon, OutcomeColumn, OutcomeInput, OutcomeRow, Role, Rows, column};
use crate::{
    features::Scale::{Log, Plain, Rank},
    reporting::attribution::{Evidence, Query},
    resolve::lasting_id,
};

/// Number of subjects that each report is compared with.
const ITEMS: usize = 20;
/// Share of the best score in the sum of the two best from which the best one is a suggestion.
const CLEAR_SHARE: f64 = 0.8;

pub(super) const ATTRIBUTION: ForecastOutcome = ForecastOutcome {
    name: "attribution",
    table: "backtest-attribution",
    question: "Which known actor, activity or capability does a new report belong to?",
    candidates: "For all reports of one day about one subject that was known before: the 20 subjects with the best score. The score does not read the subject of the report. No row of a query is true if the subject is not among them.",
    label: "The reports are about this subject.",
    horizon: Horizon::Days(0),
    budget: 5,
    columns: COLUMNS,
    rows: Rows::History(rows),
};

#[rustfmt::skip] // One column a line reads as a table.
const COLUMNS: &[OutcomeColumn] = &[
    column("host", "Shared hosts and addresses, each worth less the more subjects have it.", Log, "+").of_relations().with_role(Role::Baseline),
    column("domain", "Shared registrable domains, each worth less the more subjects have it.", Log, "+").of_relations(),
    column("network", "Shared networks of 256 addresses, each worth less the more subjects have it.", Log, "+").of_relations(),
    column("post", "Share of the cited posts' earlier reports that were on the subject.", Plain, "+").of_relations(),
    column("reporter", "Share of the reporters' earlier reports that were on the subject.", Plain, "+").of_relations(),
    column("recent", "Share of the subject in the recent activity of all subjects.", Rank, "+").with_role(Role::Baseline),
    column("values", "Number of values of the reports.", Log, ""),
    column("score", "Sum of the parts with weights that were set by hand.", Log, "+").with_role(Role::Score),
];

fn rows(input: &OutcomeInput<'_>) -> Vec<OutcomeRow> {
    let (history, reports) = (input.history, input.first_reports());
    let mut evidence = Evidence::new(history, reports);
    let mut rows = Vec::new();
    for cuts in history.cuts().windows(2) {
        let [before, cut] = [cuts[0], cuts[1]];
        evidence.learn_until(before);
        let start = reports.reports.partition_point(|report| report.recorded_at <= before);
        let end = reports.reports.partition_point(|report| report.recorded_at <= cut);
        let mut queries: BTreeMap<u32, Query> = BTreeMap::new();
        for report in &reports.reports[start..end] {
            let query = queries.entry(report.subject).or_default();
            query.values.insert(report.value);
            query.origins.insert(report.origin);
        }
        queries.retain(|subject, _| evidence.knows(*subject));
        for (truth, query) in &queries {
            let lineage = &history.node(*truth).id;
            let name = lasting_id("query", &[ATTRIBUTION.name, lineage, &cut.to_string()]);
            let suggestions = evidence.suggestions(query, cut);
            let is_clear = match suggestions.as_slice() {
                [first, second, ..] => {
                    first.parts.has_evidence() && first.score >= CLEAR_SHARE * (first.score + second.score)
                }
                [first] => first.parts.has_evidence(),
                [] => false,
            };
            let mut listed: Vec<_> = suggestions.iter().take(ITEMS).enumerate().collect();
            // The order of the rows does not depend on their scores.
            listed.sort_by_key(|(_, suggestion)| &history.node(suggestion.subject).id);
            for (position, suggestion) in listed {
                let node = history.node(suggestion.subject);
                rows.push(OutcomeRow {
                    cut,
                    candidate_id: lasting_id("candidate", &[&name, &node.id]),
                    lineage: lineage.to_string(),
                    subject: node.label.to_string(),
                    query: Some(name.clone()),
                    is_raised: position == 0 && is_clear,
                    label: Some((suggestion.subject == *truth, cut)),
                    values: suggestion.columns(query),
                });
            }
        }
    }
    rows
}
