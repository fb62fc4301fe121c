//! Actor activity: will the records about an actor grow?

use super::{ForecastOutcome, Horizon, OutcomeColumn, OutcomeInput, OutcomeRow, Role, Rows, column};
use crate::{
    analysis::Class,
    features::Scale::{Log, Rank},
    resolve::lasting_id,
    time::Moment,
};

/// Releases after the cut that decide.
const HORIZON: usize = 3;
/// Least growth of the records.
const LEAST_GROWTH: f64 = 2.0;

pub(super) const ACTOR_ACTIVITY: ForecastOutcome = ForecastOutcome {
    name: "actor-activity",
    table: "backtest-actor-activity",
    question: "Will the records about an actor grow within three releases?",
    candidates: "Every actor with a record of its own.",
    label: "Three releases later its records have at least 2 more references, other names and links. This is reporting activity, and not a threat.",
    horizon: Horizon::Runs(HORIZON as u32),
    budget: 20,
    columns: COLUMNS,
    rows: Rows::History(rows),
};

#[rustfmt::skip] // One column a line reads as a table.
const COLUMNS: &[OutcomeColumn] = &[
    column("size", "References, other names and links of its records.", Log, "+").with_role(Role::Baseline),
    column("growth_3", "Growth of the size over the last three releases; null if it had no record then.", Rank, "+").with_role(Role::Baseline),
    column("growth_1", "Growth of the size since the release before; null if it had no record then.", Rank, "+"),
    column("growth_12", "Growth of the size over the last twelve releases; null if it had no record then.", Rank, "+"),
    column("changes_12", "Number of the last twelve releases that changed the size.", Log, "+"),
    column("age", "Number of releases since it was first recorded.", Log, ""),
    column("growing_share", "Share of all actors that grew since the release before; null at the first release.", Rank, ""),
];

fn rows(input: &OutcomeInput<'_>) -> Vec<OutcomeRow> {
    let history = input.history;
    let releases = input.releases();
    let actors: Vec<u32> =
        history.details.keys().copied().filter(|actor| history.node(*actor).class == Class::Actor).collect();
    let sizes: Vec<Vec<f64>> = actors
        .iter()
        .map(|actor| releases.iter().map(|release| f64::from(history.size(*actor, *release))).collect())
        .collect();
    let mut rows = Vec::new();
    for (position, cut) in releases.iter().enumerate() {
        let is_present = |actor: &u32, release: &Moment| history.is_present(*actor, *release);
        let grew = |sizes: &&Vec<f64>| position > 0 && sizes[position] > sizes[position - 1];
        let present = || actors.iter().zip(&sizes).filter(|(actor, _)| is_present(actor, cut));
        let growing =
            present().map(|(_, sizes)| sizes).filter(grew).count() as f64 / present().count() as f64;
        for (actor, sizes) in present() {
            let node = history.node(*actor);
            let later = releases.get(position + HORIZON).filter(|release| is_present(actor, release));
            let label =
                later.map(|release| (sizes[position + HORIZON] - sizes[position] >= LEAST_GROWTH, *release));
            let growth = |back: usize| match position.checked_sub(back) {
                Some(before) if is_present(actor, &releases[before]) => sizes[position] - sizes[before],
                _ => f64::NAN,
            };
            let first = releases.partition_point(|release| *release < node.first_recorded).min(position);
            let recent = &sizes[position.saturating_sub(12)..=position];
            let changes = recent.windows(2).filter(|pair| (pair[0] - pair[1]).abs() > 0.5).count();
            rows.push(OutcomeRow {
                cut: *cut,
                candidate_id: lasting_id("candidate", &[ACTOR_ACTIVITY.name, &node.id, &cut.to_string()]),
                lineage: node.id.to_string(),
                subject: node.label.to_string(),
                query: None,
                is_raised: false,
                label,
                values: vec![
                    sizes[position],
                    growth(3),
                    growth(1),
                    growth(12),
                    changes as f64,
                    (position - first) as f64,
                    if position > 0 { growing } else { f64::NAN },
                ],
            });
        }
    }
    rows
}
