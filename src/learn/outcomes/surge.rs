//! Surge: will a surge that has begun carry on?

use std::collections::BTreeSet;

use super::{ForecastOutcome, Horizon, OutcomeColumn, OutcomeInput, OutcomeRow, Role, Rows, column};
use crate::{
    features::Scale::{Log, Plain},
    reporting::surge::{self, Surge},
    resolve::lasting_id,
    time::Moment,
};

/// Nights after the cut that decide.
const HORIZON: u32 = 14;
/// Least number of further values.
const LEAST_VALUES: usize = 10;
/// Least number of nights that bring them.
const LEAST_NIGHTS: usize = 3;

pub(super) const SURGE: ForecastOutcome = ForecastOutcome {
    name: "surge",
    table: "backtest-surge",
    question: "Will a surge of reports about an actor, an activity or a capability carry on?",
    candidates: "Subjects whose last 7 nights bring at least 10 new values on at least 2 nights, and at least 3 times the weekly mean of the 28 nights before; none that was a candidate in the last 14 nights.",
    label: "The next 14 nights bring at least 10 further new values on at least 3 nights.",
    horizon: Horizon::Days(HORIZON),
    budget: 3,
    columns: COLUMNS,
    rows: Rows::History(rows),
};

#[rustfmt::skip] // One column a line reads as a table.
const COLUMNS: &[OutcomeColumn] = &[
    column("values_7", "New values in the last 7 nights.", Log, "").with_role(Role::Baseline),
    column("nights_7", "Nights of the last 7 that bring something.", Log, "+"),
    column("reports_7", "Distinct reports in the last 7 nights.", Log, "+"),
    column("reporters_7", "Distinct reporters in the last 7 nights.", Log, "+"),
    column("values_56", "New values in the last 56 nights.", Log, ""),
    column("nights_28", "Nights of the last 28 that bring something.", Log, "+").with_role(Role::Baseline),
    column("reporters_ever", "Distinct reporters until the cut.", Log, "+"),
    column("nights_since", "Nights since the last report before this night; null if there is none after the base.", Log, ""),
    column("is_newborn", "1 if the subject was first recorded in the last 7 nights, else 0.", Plain, ""),
    column("is_observed_before", "1 if the subject was active after the base and before the last 7 nights, else 0.", Plain, ""),
    column("largest_28", "New values of the largest night of the last 28.", Log, ""),
    column("ratio", "Ratio of the last 7 nights to the weekly mean of the 28 nights before.", Log, "").with_role(Role::Score),
];

fn rows(input: &OutcomeInput<'_>) -> Vec<OutcomeRow> {
    let (history, reports) = (input.history, input.first_reports());
    let cuts = history.cuts();
    let (Some(base), Some(last)) = (cuts.first(), cuts.last()) else { return Vec::new() };
    let by_subject = surge::by_subject(reports, *base);
    let row = |surge: &Surge| {
        let Surge { cut, subject, counts } = surge;
        let end = cut.days_earlier(-i64::from(HORIZON));
        let times = by_subject[subject].iter().map(|report| report.recorded_at);
        let later: Vec<Moment> = times.filter(|time| time > cut && *time <= end).collect();
        let nights: BTreeSet<i64> = later.iter().map(|time| surge::night(*cut, *time)).collect();
        let is_true = later.len() >= LEAST_VALUES && nights.len() >= LEAST_NIGHTS;
        let node = history.node(*subject);
        OutcomeRow {
            cut: *cut,
            candidate_id: lasting_id("candidate", &[SURGE.name, &node.id, &cut.to_string()]),
            lineage: node.id.clone(),
            subject: node.label.clone(),
            query: None,
            is_raised: true,
            label: (end <= *last).then_some((is_true, end)),
            values: counts.values(),
        }
    };
    surge::surges(history, reports, &cuts).iter().map(row).collect()
}
