//! Completion: what else will a new subject be seen to use?

use std::collections::BTreeSet;

use super::{ForecastOutcome, Horizon, OutcomeColumn, OutcomeInput, OutcomeRow, Role, Rows, column};
use crate::{
    features::Scale::{Log, Rank},
    reporting::{expected::UseMatrix, growth, usage},
    resolve::lasting_id,
};

/// Least number of known entities that a new subject uses: half of them are shown, the others are asked for.
const LEAST_USED: usize = 10;

pub(super) const COMPLETION: ForecastOutcome = ForecastOutcome {
    name: "completion",
    table: "backtest-completion",
    question: "What else will a new actor, activity or capability be seen to use?",
    candidates: "For each subject that a run has for the first time, with at least 10 entities in use: every entity of the run before but the half that is shown. A draw by the ids shows the half.",
    label: "The subject uses the entity at the run.",
    horizon: Horizon::Runs(0),
    budget: 10,
    columns: COLUMNS,
    rows: Rows::History(rows),
};

#[rustfmt::skip] // One column a line reads as a table.
const COLUMNS: &[OutcomeColumn] = &[
    column("users", "Users of all kinds.", Rank, "+").with_role(Role::Baseline),
    column("users_of_kind", "Users of the subject's own kind.", Rank, "+").with_role(Role::Baseline),
    column("together", "Sum of the cosines to the entities that are shown.", Rank, "+").of_relations(),
    column("similar_users", "Weighted number of the 60 most similar users that use it.", Rank, "+").of_relations(),
    column("autoencoder", "Score of a linear autoencoder in closed form.", Rank, "+").of_relations(),
    column("shown", "Number of entities that are shown.", Log, ""),
    column("score", "Sum of the three ranks of shared use.", Rank, "+").with_role(Role::Score).of_relations(),
];

fn rows(input: &OutcomeInput<'_>) -> Vec<OutcomeRow> {
    let history = input.history;
    let releases = input.releases();
    let steps = growth::steps(usage::usages(history, &releases));
    let mut rows = Vec::new();
    for (position, cut) in releases.iter().enumerate().skip(1) {
        let (before, step) = (&steps[position - 1], &steps[position]);
        if before.usage.used.is_empty() || step.newcomers.is_empty() {
            continue;
        }
        input.progress.step(&format!("completion {}", cut.display_utc()));
        let matrix = UseMatrix::new(history, &before.usage);
        for user in &step.newcomers {
            let node = history.node(*user);
            let mut used: Vec<u32> =
                step.usage.used[user].iter().copied().filter(|item| matrix.has(*item)).collect();
            if used.len() < LEAST_USED {
                continue;
            }
            // The order is the same for any numbering of the nodes.
            used.sort_by_cached_key(|item| lasting_id("draw", &[&node.id, &history.node(*item).id]));
            let (shown, hidden) = used.split_at(used.len() / 2);
            let (shown, hidden): (BTreeSet<u32>, BTreeSet<u32>) =
                (shown.iter().copied().collect(), hidden.iter().copied().collect());
            let query = lasting_id("query", &[COMPLETION.name, &node.id, &cut.to_string()]);
            let expected = matrix.expected(&shown, &node.kind);
            let mut listed: Vec<_> = expected.iter().enumerate().collect();
            // The order of the rows does not depend on their scores.
            listed.sort_by_key(|(_, one)| &history.node(one.item).id);
            for (place, one) in listed {
                let item = history.node(one.item);
                rows.push(OutcomeRow {
                    cut: *cut,
                    candidate_id: lasting_id("candidate", &[&query, &item.id]),
                    lineage: node.id.to_string(),
                    subject: format!("{} > {}", node.label, item.label),
                    query: Some(query.clone()),
                    is_raised: place < COMPLETION.budget as usize,
                    label: Some((hidden.contains(&one.item), *cut)),
                    values: vec![
                        one.users as f64,
                        one.users_of_kind as f64,
                        one.together,
                        one.similar_users,
                        one.autoencoder,
                        shown.len() as f64,
                        one.score,
                    ],
                });
            }
        }
    }
    rows
}
