//! Growth: will an entity that others use gain users?

use std::collections::{BTreeMap, BTreeSet};

use super::{ForecastOutcome, Horizon, OutcomeColumn, OutcomeInput, OutcomeRow, Role, Rows, column};
use crate::{
    analysis::Class,
    features::Scale::{Log, Plain, Rank},
    link::Layer,
    reporting::{
        ReportingHistory,
        growth::{self, Forecast, Step},
        usage,
    },
    resolve::lasting_id,
    time::Moment,
};

/// Label of a growth outcome: users must grow by `least`, and by a share of the users of today.
struct Target {
    outcome: &'static ForecastOutcome,
    runs: usize,
    least: f64,
    share: f64,
}

const CANDIDATES: &str = "Every entity with a record of its own, of a kind that several actors, activities or capabilities share, such as a technique. Runs that are more frequent than releases are thinned to one in 28 days.";

pub(super) const GROWTH: ForecastOutcome = ForecastOutcome {
    name: "growth",
    table: "backtest-growth",
    question: "Will an entity that others use gain users by the next release?",
    candidates: CANDIDATES,
    label: "At the next release it has at least 3 users more, and at least a tenth more.",
    horizon: Horizon::Runs(1),
    budget: 20,
    columns: COLUMNS,
    rows: Rows::History(|input| rows(input, &Target { outcome: &GROWTH, runs: 1, least: 3.0, share: 0.1 })),
};

pub(super) const GROWTH_2: ForecastOutcome = ForecastOutcome {
    name: "growth-2",
    table: "backtest-growth-2",
    question: "Will an entity that others use gain users within two releases?",
    label: "Two releases later it has at least 5 users more, and at least a fifth more.",
    horizon: Horizon::Runs(2),
    rows: Rows::History(|input| rows(input, &Target { outcome: &GROWTH_2, runs: 2, least: 5.0, share: 0.2 })),
    ..GROWTH
};

#[rustfmt::skip] // One column a line reads as a table.
const COLUMNS: &[OutcomeColumn] = &[
    column("forecast", "Probability of the label by the share of recent newcomers that use it.", Rank, "+").with_role(Role::Forecast),
    column("forecast_of_growth", "Probability of the label by the last two growths.", Rank, "+").with_role(Role::Forecast),
    column("users", "Users at the run.", Log, "+").with_role(Role::Baseline),
    column("growth_0", "Growth of the users since the run before; null at the first run.", Rank, "+").with_role(Role::Baseline),
    column("growth_1", "Growth of the users one run earlier; null without that run.", Rank, "+"),
    column("growth_2", "Growth of the users two runs earlier; null without that run.", Rank, "+"),
    column("growth_mean", "Mean growth of the users over the last four runs; null at the first run.", Rank, "+"),
    column("growth_max", "Largest growth of the users over the last four runs; null at the first run.", Rank, "+"),
    column("growth_share", "Growth since the run before as a share of the users, plus one; null at the first run.", Rank, ""),
    column("newcomer_share", "Discounted share of the newcomers of the last four runs that use it.", Rank, "+"),
    column("rate", "Expected number of new users by newcomers and by earlier users that took it up.", Rank, "+"),
    column("rate_of_growth", "Expected number of new users by the last two growths.", Rank, "+"),
    column("newcomers", "Newcomers of the last four runs that use it.", Log, "+"),
    column("taken_up", "Earlier users that took it up at the run.", Log, "+"),
    column("age", "Number of runs since it was first recorded.", Log, ""),
    column("is_base", "1 if the first run has it already, else 0.", Plain, ""),
    column("actor_share", "Share of actors and activities among its users; null without users.", Plain, ""),
    column("threshold", "Number of new users that the label requires.", Log, "-"),
    column("neighbour_growth", "Mean growth of the entities that its users also use, weighted by the number of shared users; null without such entities.", Rank, "+").of_relations(),
    column("family_growth", "Mean growth of the parents, parts and siblings in its vocabulary; null without such entities.", Rank, "+").of_relations(),
    column("user_breadth", "Mean number of entities that its users use; null without users.", Log, "").of_relations(),
    column("neighbours", "Number of entities that its users also use.", Log, "").of_relations(),
];

fn rows(input: &OutcomeInput<'_>, target: &Target) -> Vec<OutcomeRow> {
    let history = input.history;
    let releases = input.releases();
    if releases.len() < 2 {
        return Vec::new();
    }
    let steps = growth::steps(usage::usages(history, &releases));
    let mut rows = Vec::new();
    for (position, cut) in releases.iter().enumerate() {
        let known = &steps[..=position];
        let items = items(history, &known[position], *cut);
        let context = Context::new(history, known, &releases, &items);
        let later = position + target.runs;
        for item in &items {
            let users = known[position].usage.count(*item) as f64;
            let threshold = target.least.max(target.share * users);
            // An entity that is gone at the later release has no label.
            let label = releases
                .get(later)
                .filter(|time| history.is_present(*item, **time))
                .map(|time| (steps[later].usage.count(*item) as f64 - users >= threshold, *time));
            let node = history.node(*item);
            rows.push(OutcomeRow {
                cut: *cut,
                candidate_id: lasting_id("candidate", &[target.outcome.name, &node.id, &cut.to_string()]),
                lineage: node.id.to_string(),
                subject: node.label.to_string(),
                query: None,
                is_raised: false,
                label,
                values: context.values(*item, threshold.ceil() as usize, target.runs, position),
            });
        }
        raise(&mut rows, *cut, target.outcome.budget as usize);
    }
    rows
}

/// Returns the entities of a run that are asked about: those of the kinds that are used.
fn items(history: &ReportingHistory, step: &Step, cut: Moment) -> Vec<u32> {
    let kinds: BTreeSet<&str> = step.usage.users.keys().map(|item| &*history.node(*item).kind).collect();
    let nodes = (0..).zip(&history.nodes);
    let of_kind = nodes.filter(|(_, node)| node.class == Class::Context && kinds.contains(&*node.kind));
    of_kind.map(|(item, _)| item).filter(|item| history.is_present(*item, cut)).collect()
}

/// Marks the rows of a cut with the highest forecasts.
fn raise(rows: &mut [OutcomeRow], cut: Moment, budget: usize) {
    let start = rows.partition_point(|row| row.cut < cut);
    let rows = &mut rows[start..];
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| rows[*b].values[0].total_cmp(&rows[*a].values[0]).then(a.cmp(b)));
    order.into_iter().take(budget).for_each(|row| rows[row].is_raised = true);
}

/// Inputs that the rows of one cut share.
struct Context<'a> {
    history: &'a ReportingHistory<'a>,
    steps: &'a [Step],
    mean_growth: f64,
    growth: BTreeMap<u32, f64>,
    /// Other entities of the vocabulary next to each entity.
    family: BTreeMap<u32, BTreeSet<u32>>,
    releases: &'a [Moment],
}

impl<'a> Context<'a> {
    fn new(
        history: &'a ReportingHistory<'a>,
        steps: &'a [Step],
        releases: &'a [Moment],
        items: &[u32],
    ) -> Self {
        let cut = releases[steps.len() - 1];
        let last_growth = |item: &u32| growth::growths(steps, *item, 1).first().copied().unwrap_or(0.0);
        let growth: BTreeMap<u32, f64> = items.iter().map(|item| (*item, last_growth(item))).collect();
        Self {
            history,
            steps,
            mean_growth: growth::mean_growth(steps, items),
            family: family(history, &growth, cut),
            growth,
            releases,
        }
    }

    fn values(&self, item: u32, threshold: usize, runs: usize, position: usize) -> Vec<f64> {
        let forecast = growth::forecast(self.steps, item, self.mean_growth);
        let Forecast { users, adopted, share, rate, rate_of_growth, .. } = forecast;
        let growths = growth::growths(self.steps, item, 4);
        let at = |back: usize| growths.get(back).copied().unwrap_or(f64::NAN);
        let usage = &self.steps[position].usage;
        let users_of_item = usage.users.get(&item);
        let actors = users_of_item
            .into_iter()
            .flatten()
            .filter(|user| matches!(self.history.node(**user).class, Class::Actor | Class::Activity));
        let breadth = users_of_item.into_iter().flatten().map(|user| usage.used[user].len()).sum::<usize>();
        let neighbours = self.neighbours(item, position);
        let weighted = neighbours.iter().map(|(other, shared)| {
            (*shared as f64 * self.growth.get(other).copied().unwrap_or(0.0), *shared as f64)
        });
        let (sum, weight) =
            weighted.fold((0.0, 0.0), |(sum, weight), (one, shared)| (sum + one, weight + shared));
        let family = self.family.get(&item).into_iter().flatten().map(|other| self.growth[other]);
        let family: Vec<f64> = family.collect();
        vec![
            forecast.probability(threshold, runs),
            forecast.probability_of_growth(threshold, runs),
            users as f64,
            at(0),
            at(1),
            at(2),
            mean(&growths),
            growths.iter().copied().reduce(f64::max).unwrap_or(f64::NAN),
            at(0) / (users as f64 + 1.0),
            share,
            rate,
            rate_of_growth,
            adopted as f64,
            growth::taken_up(self.steps, item) as f64,
            self.age(item, position) as f64,
            f64::from(self.history.node(item).is_base),
            actors.count() as f64 / users as f64,
            threshold as f64,
            sum / weight,
            mean(&family),
            breadth as f64 / users as f64,
            neighbours.len() as f64,
        ]
    }

    /// Returns the number of runs since an entity was first recorded.
    fn age(&self, item: u32, position: usize) -> usize {
        let first = self.history.node(item).first_recorded;
        position - self.releases.partition_point(|release| *release < first).min(position)
    }

    /// Returns the other entities that the users of an entity use, each with the number of shared users.
    fn neighbours(&self, item: u32, position: usize) -> BTreeMap<u32, usize> {
        let usage = &self.steps[position].usage;
        let mut neighbours: BTreeMap<u32, usize> = BTreeMap::new();
        for user in usage.users.get(&item).into_iter().flatten() {
            usage.used[user].iter().filter(|other| **other != item).for_each(|other| {
                *neighbours.entry(*other).or_default() += 1;
            });
        }
        neighbours
    }
}

/// Returns the parents, parts and siblings of each entity: links of the taxonomy that are live at the cut.
fn family(
    history: &ReportingHistory,
    items: &BTreeMap<u32, f64>,
    cut: Moment,
) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut next: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let known = history.mentions.partition_point(|mention| mention.recorded_at <= cut);
    for mention in &history.mentions[..known] {
        let is_inside = items.contains_key(&mention.from) && items.contains_key(&mention.to);
        if mention.layer == Layer::Taxonomy && is_inside && mention.is_live(cut) {
            next.entry(mention.from).or_default().insert(mention.to);
            next.entry(mention.to).or_default().insert(mention.from);
        }
    }
    let with_siblings = |(item, direct): (&u32, &BTreeSet<u32>)| {
        let siblings = direct.iter().flat_map(|other| &next[other]);
        let mut family: BTreeSet<u32> = direct.iter().chain(siblings).copied().collect();
        family.remove(item);
        (*item, family)
    };
    next.iter().map(with_siblings).collect()
}

/// Returns the mean; NaN without a value.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
