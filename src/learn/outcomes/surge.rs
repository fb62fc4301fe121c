//! Surge: will a surge that has begun carry on?

use std::collections::BTreeSet;

use super::{ForecastOutcome, Horizon, OutcomeColumn, OutcomeInput, OutcomeRow, Role, Rows, column};
use crate::{
    features::Scale::{Log, Plain},
    reporting::surge::{self, Surge},
    resolve::lasting_id,
    time::Moment,
};

/// Days after the cut that decide.
const HORIZON: u32 = 14;
/// Least number of further values.
const LEAST_VALUES: usize = 10;
/// Least number of days that bring them.
const LEAST_NIGHTS: usize = 3;

pub(super) const SURGE: ForecastOutcome = ForecastOutcome {
    name: "surge",
    table: "backtest-surge",
    question: "Will a surge of reports about an actor, an activity or a capability carry on?",
    candidates: "Subjects whose last 7 days bring at least 10 new values on at least 2 days, and at least 3 times the weekly mean of the 28 days before. Subjects that were candidates in the last 14 days are left out.",
    label: "The next 14 days bring at least 10 further new values on at least 3 days.",
    horizon: Horizon::Days(HORIZON),
    budget: 3,
    columns: COLUMNS,
    rows: Rows::History(rows),
};

#[rustfmt::skip] // One column a line reads as a table.
const COLUMNS: &[OutcomeColumn] = &[
    column("values_7", "New values in the last 7 days.", Log, "").with_role(Role::Baseline),
    column("days_7", "Days of the last 7 that bring something.", Log, "+"),
    column("reports_7", "Distinct reports in the last 7 days.", Log, "+"),
    column("reporters_7", "Distinct reporters in the last 7 days.", Log, "+"),
    column("values_56", "New values in the last 56 days.", Log, ""),
    column("days_28", "Days of the last 28 that bring something.", Log, "+").with_role(Role::Baseline),
    column("reporters_ever", "Distinct reporters until the cut.", Log, "+"),
    column("days_since", "Days since the last report before this day; null if there is none after the base.", Log, ""),
    column("is_newborn", "1 if the subject was first recorded in the last 7 days, else 0.", Plain, ""),
    column("is_observed_before", "1 if the subject was active after the base and before the last 7 days, else 0.", Plain, ""),
    column("largest_28", "New values of the largest day of the last 28.", Log, ""),
    column("ratio", "Ratio of the last 7 days to the weekly mean of the 28 days before.", Log, "").with_role(Role::Score),
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
            lineage: node.id.to_string(),
            subject: node.label.to_string(),
            query: None,
            is_raised: true,
            label: (end <= *last).then_some((is_true, end)),
            values: counts.columns(),
        }
    };
    surge::surges(history, reports, &cuts).iter().map(row).collect()
}
