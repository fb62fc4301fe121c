//! Synthetic worlds: planted patterns become candidates, and no feature knows the future.

use araneus::{
    features::FEATURES,
    learn::{
        backtest::{self, Row},
        worlds,
    },
    model,
    progress::Progress,
    run::{Config, models},
};
use araneus_synth::{self as synth, Level};

/// Archives the first runs of a world, and replays them.
fn replay(world: &synth::World, runs: usize) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config: Config = worlds::configuration(world, folder.path()).expect("a configuration");
    config.state = folder.path().join("state");
    worlds::archive_deliveries(world, &config, runs).expect("the deliveries are archived");
    backtest::backtest(&config, None, 30, &Progress::silent()).expect("the runs are replayed")
}

/// Patterns of the network. The other planted patterns are flows of money, and questions about one subject.
const OF_NETWORK: [&str; 5] = [
    "community-birth",
    "convergence",
    "sudden-broker",
    "dormant-reactivation",
    "shared-infrastructure-convergence",
];
const OF_MONEY: [&str; 6] =
    ["payment-chain", "payment-cycle", "scatter-gather", "payment-fan-in", "pass-through", "structuring"];

/// Returns the planted cases of some patterns, without look-alikes.
fn cases<'a>(evaluated: &'a worlds::EvaluatedWorld, patterns: &[&str]) -> Vec<&'a worlds::CaseOutcome> {
    let outcomes = evaluated.outcomes.iter();
    outcomes.filter(|case| !case.is_benign && patterns.contains(&case.pattern.as_str())).collect()
}

/// Checks that each planted pattern of the network is a candidate, and most flows of money.
fn planted_cases_are_candidates(evaluated: &worlds::EvaluatedWorld) {
    let missed: Vec<_> =
        cases(evaluated, &OF_NETWORK).into_iter().filter(|case| !case.is_candidate).collect();
    assert!(missed.is_empty(), "missed: {missed:?}");
    let flows = cases(evaluated, &OF_MONEY);
    let found = flows.iter().filter(|case| case.is_candidate).count();
    assert!(found * 4 >= flows.len() * 3, "only {found} of {} flows of money are candidates", flows.len());
}

#[test]
fn features_of_a_candidate_do_not_depend_on_later_records() {
    let world = synth::generate(11, Level::D2);
    let (early, late) = (replay(&world, 9), replay(&world, 12));
    assert!(early.len() >= 5, "the early runs have {} candidates", early.len());
    let last = early.last().expect("there are candidates").as_of;
    let later_rows: Vec<&Row> = late.iter().filter(|row| row.as_of <= last).collect();
    assert_eq!(later_rows.len(), early.len());
    for (now, before) in later_rows.into_iter().zip(&early) {
        assert_eq!((&now.candidate_id, now.is_raised), (&before.candidate_id, before.is_raised));
        for ((feature, a), b) in FEATURES.iter().zip(&now.features).zip(&before.features) {
            assert_eq!(a.to_bits(), b.to_bits(), "{} of {} knows the future", feature.name, now.candidate_id);
        }
    }
}

#[test]
fn planted_patterns_become_candidates() {
    let folder = tempfile::tempdir().expect("a folder");
    let evaluated = worlds::evaluate_world(12, Level::D1, folder.path(), &Progress::silent())
        .expect("the world is evaluated");
    planted_cases_are_candidates(&evaluated);
    for (patterns, planted, least) in [(OF_NETWORK.as_slice(), 20, 12), (OF_MONEY.as_slice(), 12, 6)] {
        let cases = cases(&evaluated, patterns);
        assert_eq!(cases.len(), planted);
        let flagged = cases.iter().filter(|case| case.days_to_flag.is_some()).count();
        assert!(flagged >= least, "only {flagged} of {planted} are flagged: {cases:?}");
    }
}

#[test]
fn in_a_typical_world_features_vary_and_none_alone_decides_the_label() {
    let folder = tempfile::tempdir().expect("a folder");
    let evaluated = worlds::evaluate_world(13, Level::D2, folder.path(), &Progress::silent())
        .expect("the world is evaluated");
    planted_cases_are_candidates(&evaluated);
    let rows: Vec<&Row> = evaluated.rows.iter().collect();
    let table = backtest::matrix(&rows);
    for (at, feature) in FEATURES.iter().enumerate() {
        let known: std::collections::BTreeSet<u64> =
            table.column(at).iter().filter(|value| value.is_finite()).map(|value| value.to_bits()).collect();
        // These worlds have payments, but no ownership and no calls, so features of these layers are unknown and not 0.
        if ["communication_share", "ownership_share"].contains(&feature.name) {
            assert!(known.is_empty(), "{} is known in a world without such links", feature.name);
        } else {
            assert!(known.len() > 1, "{} has one value for all candidates of a world", feature.name);
        }
    }
    let labels: Vec<bool> =
        rows.iter().map(|row| row.label.as_ref().is_some_and(|label| label.is_true)).collect();
    assert!(labels.iter().any(|label| *label));
    assert!(model::suspicious(&table, &labels).is_empty());
}

#[test]
fn the_default_model_has_the_current_features() {
    let config = Config::new(std::path::Path::new(""));
    let shipped = models::load(&config).expect("the model is there and fits");
    assert!(matches!(shipped.flags, model::Model::Trained(_)), "a trained model is shipped");
}
