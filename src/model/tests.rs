//! Properties of the models on generated rows, from training to the file and back.

use ndarray::{Array2, Axis};

use super::fit::LinearPredictor;
use super::fit_rows::FitRows;
use super::fitting::{CalibrationRows, Provenance, assemble, fit_one};
use super::generated::{Noise, draw_labels};
use super::inputs::Order;
use super::logistic::Strengths;
use super::{
    Calibration, FeatureSpec, Kind, Model, Sign, Split, TrainConfig, TrainedModel, TrainingSet, by_family,
    calibrated, explain, from_json, margins, model_scores, probabilities, scores, to_json, train,
};
use crate::features::Scale;

const NAMES: [&str; 4] = ["rank", "log", "plain", "constant"];

/// Forty groups of fifty rows, one after the other; some values are unknown.
fn set(seed: u64) -> TrainingSet {
    let mut noise = Noise::open(seed);
    let truth = LinearPredictor { weights: vec![1.0, -0.7, 0.4, 0.0], intercept: -1.5 };
    let normal = Array2::from_shape_fn((2000, 4), |_| noise.normal());
    let labels = draw_labels(&normal, &truth, &mut noise);
    let features = Array2::from_shape_fn((2000, 4), |(row, column)| match column {
        _ if noise.share() < 0.02 => f64::NAN,
        0 | 1 => normal[[row, column]].exp(),
        2 => 40.0 + 9.0 * normal[[row, 2]],
        _ => 3.5,
    });
    let scales = [Scale::Rank, Scale::Log, Scale::Plain, Scale::Rank];
    let families = ["shape", "shape", "time", "time"];
    let specs = (0..4).map(|column| FeatureSpec::new(NAMES[column], scales[column], families[column]));
    TrainingSet {
        features,
        labels,
        groups: (0..2000).map(|row| row / 50).collect(),
        moments: (0..2000).map(|row| i64::from(row) / 10).collect(),
        specs: specs.collect(),
    }
}

fn reordered(set: &TrainingSet, order: &[usize]) -> TrainingSet {
    TrainingSet {
        features: set.features.select(Axis(0), order),
        labels: order.iter().map(|&row| set.labels[row]).collect(),
        groups: order.iter().map(|&row| set.groups[row]).collect(),
        moments: order.iter().map(|&row| set.moments[row]).collect(),
        specs: set.specs.clone(),
    }
}

/// Features of these names, to read a model with.
fn specs(names: &[&str]) -> Vec<FeatureSpec> {
    names.iter().map(|name| FeatureSpec::new(name, Scale::Plain, "shape")).collect()
}

/// Fits one kind to all rows, without calibration.
fn trained_as(set: &TrainingSet, kind: Kind) -> TrainedModel {
    let rows = FitRows {
        features: &set.features,
        labels: &set.labels,
        groups: &set.groups,
        blocks: &vec![0; set.labels.len()],
        specs: &set.specs,
        order: Order::Pooled,
    };
    let strengths = Strengths { tried: &[1.0], folds: 2 };
    let fitted = fit_one(kind, &rows, &strengths).expect("there are enough positives");
    let none = (Calibration::None, 0.0);
    assemble(fitted, &rows, &CalibrationRows::default(), none, Provenance::default())
}

fn trained(set: &TrainingSet) -> TrainedModel {
    let config = TrainConfig { trained_on: "generated rows".to_owned(), ..TrainConfig::default() };
    train(set, &config).expect("the set is well formed")
}

#[test]
fn the_planted_signs_are_learned_and_the_constant_has_no_weight() {
    let model = trained(&set(1));
    let weights: Vec<f64> = model.weights().into_iter().map(|(_, weight)| weight).collect();
    assert!(weights[0] > 0.5 && weights[1] < -0.3 && weights[2] > 0.2, "{weights:?}");
    assert_eq!(weights[3].to_bits(), 0.0_f64.to_bits());
    assert_eq!(model.strength().map(|(_, tried)| tried.len()), Some(5));
    assert!(matches!(model.calibration(), Calibration::Platt { .. }));
    assert!(model.fitted().rows + model.calibrated().rows <= 2000 && model.calibrated().positives > 50);
    assert_eq!(model.thresholds().len(), 2, "{:?}", model.thresholds());
}

#[test]
fn a_model_is_the_same_for_any_row_order_and_any_number_of_threads() {
    let whole = set(2);
    let expected = to_json(&trained(&whole));
    let mut order: Vec<usize> = (0..2000).collect();
    order.sort_by_key(|row| row * 7919 % 2003);
    assert_ne!(order[..3], [0, 1, 2]);
    assert_eq!(to_json(&trained(&reordered(&whole, &order))), expected);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can start");
    assert_eq!(one.install(|| to_json(&trained(&whole))), expected);
}

#[test]
fn an_explanation_adds_up_to_the_logit() {
    let whole = set(3);
    let model = trained(&whole);
    let all = margins(&model, &whole.features, &[0; 2000]);
    for (parts, margin) in explain(&model, &whole.features).iter().zip(all) {
        let sum = model.intercept() + parts.iter().map(|part| part.contribution).sum::<f64>();
        assert!((sum - margin).abs() < 1e-9);
        let families: f64 = by_family(&model, parts).iter().map(|family| family.1).sum();
        assert!((model.intercept() + families - sum).abs() < 1e-9);
    }
}

#[test]
fn an_unknown_value_adds_nothing() {
    let model = trained(&set(4));
    let unknown = Array2::from_elem((1, 4), f64::NAN);
    let parts = explain(&model, &unknown);
    assert!(parts[0].iter().all(|part| part.contribution.to_bits() == 0.0_f64.to_bits()));
    assert_eq!(margins(&model, &unknown, &[0])[0].to_bits(), model.intercept().to_bits());
}

#[test]
fn scores_and_probabilities_are_in_range_and_rise_together() {
    let whole = set(5);
    let model = trained(&whole);
    let shares = calibrated(&model, &whole.features, &[0; 2000]);
    let shares = shares.into_iter().map(|share| share.expect("calibrated"));
    let mut pairs: Vec<(f64, f64)> = model_scores(&model, &whole.features).into_iter().zip(shares).collect();
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
    assert!(pairs.iter().all(|pair| (0.0..=1.0).contains(&pair.0) && (0.0..=1.0).contains(&pair.1)));
    assert!(pairs.windows(2).all(|two| two[0].1 <= two[1].1));
}

#[test]
fn a_model_reads_back_with_equal_bits() {
    for seed in 0..8 {
        let model = trained(&set(seed));
        let text = to_json(&model);
        let read = from_json(&text, Some(&specs(&NAMES))).expect("it was just written");
        assert_eq!(read, model);
        assert_eq!(to_json(&read), text);
    }
}

#[test]
fn a_feature_that_came_later_adds_nothing_to_any_score() {
    let whole = set(7);
    let model = trained(&whole);
    let later = ["first", "rank", "log", "between", "plain", "constant", "last"];
    let read = from_json(&to_json(&model), Some(&specs(&later))).expect("each of its features is there");
    assert_eq!(read.id(), model.id());
    let before = margins(&model, &whole.features, &[0; 2000]);
    for value in [f64::NAN, 0.0, 1e9] {
        let longer = Array2::from_shape_fn((2000, 7), |(row, column)| match column {
            1 | 2 => whole.features[[row, column - 1]],
            4 | 5 => whole.features[[row, column - 2]],
            _ => value,
        });
        assert_eq!(margins(&read, &longer, &[0; 2000]), before);
        let parts = explain(&read, &longer);
        assert!([0, 3, 6].iter().all(|at| parts[7][*at].contribution.to_bits() == 0.0_f64.to_bits()));
    }
}

#[test]
fn another_format_other_features_and_altered_files_are_errors() {
    let text = to_json(&trained(&set(6)));
    let error_of = |text: &str, names: &[&str]| from_json(text, Some(&specs(names))).expect_err("an error");
    let other = error_of(&text.replacen("\"format\": 2", "\"format\": 3", 1), &NAMES);
    assert!(other.contains("format 3"), "{other}");
    let missing = error_of(&text, &["rank", "log", "plain", "degree"]);
    assert!(missing.contains("only in the model: constant; only in this program: degree"), "{missing}");
    let altered = error_of(&text.replacen("\"rank\"", "\"rang\"", 1), &["rang", "log", "plain", "constant"]);
    assert!(altered.contains("altered"), "{altered}");
    assert!(error_of("{", &NAMES).starts_with("this is not a model"));
}

#[test]
fn rows_without_both_labels_are_an_error() {
    let mut one_label = set(7);
    one_label.labels.fill(false);
    let words = train(&one_label, &TrainConfig::default()).expect_err("there is no positive");
    assert!(words.contains("0 positives of"), "{words}");
    let mut short = set(7);
    short.labels.pop();
    assert!(train(&short, &TrainConfig::default()).is_err());
}

#[test]
fn groups_that_span_all_moments_leave_no_row_for_calibration() {
    let mut long = set(8);
    long.groups = (0..2000).map(|row| row % 40).collect();
    let model = trained(&long);
    assert_eq!((model.calibrated().rows, model.calibration()), (0, &Calibration::None));
    let row = Array2::from_elem((1, 4), 1.0);
    assert_eq!(calibrated(&model, &row, &[0]), [None]);
    let split = Split::Groups { calibration: (30..40).collect() };
    let named = train(&long, &TrainConfig { split, ..TrainConfig::default() }).expect("groups are named");
    assert_eq!((named.calibrated().rows, named.fitted().rows), (500, 1500));
    assert!(calibrated(&named, &row, &[0])[0].is_some());
    assert_eq!(probabilities(&Model::Trained(Box::new(named)), &row), [None], "no own rows");
}

#[test]
fn the_strongest_scores_one_by_rules_and_equals_score_alike() {
    let no_features = Array2::zeros((4, 0));
    assert_eq!(scores(&Model::Rules, &[3.0, 1.0, 3.0, 2.0], &no_features), [1.0, 0.25, 1.0, 0.5]);
    assert_eq!(probabilities(&Model::Rules, &no_features), [None; 4]);
    assert_eq!(Model::default().id(), "rules");
}

#[test]
fn a_model_scores_rows_in_their_order() {
    let whole = set(9);
    let logistic = trained(&whole);
    let expected = model_scores(&logistic, &whole.features);
    let model = Model::Trained(Box::new(logistic));
    let found = scores(&model, &[0.0; 2000], &whole.features);
    assert_eq!(found, expected);
    assert!(model.id().starts_with("logistic-"));
}

#[test]
fn every_kind_reads_back_keeps_its_signs_and_explains_itself() {
    let mut whole = set(10);
    // The truth falls with the second feature, so that this sign forbids what the labels say.
    whole.specs[1].sign = Sign::Plus;
    whole.specs[0].sign = Sign::Plus;
    for kind in [Kind::Logistic, Kind::Forest, Kind::Boosted, Kind::MeanRank] {
        let model = trained_as(&whole, kind);
        let text = to_json(&model);
        assert_eq!(from_json(&text, None).expect("it was just written"), model, "{kind:?}");
        assert!(model.id().starts_with(&kind.name().replace(' ', "-")));
        let mut rows = Array2::from_shape_fn((60, 4), |(row, column)| whole.features[[row, column]]);
        for column in [0, 1] {
            for (step, value) in rows.column_mut(column).iter_mut().enumerate() {
                *value = 0.1 * step as f64;
            }
            for other in (0..4).filter(|other| *other != column) {
                rows.column_mut(other).fill(whole.features[[3, other]]);
            }
            let found = margins(&model, &rows, &[0; 60]);
            assert!(found.windows(2).all(|two| two[0] <= two[1] + 1e-12), "{kind:?} falls: {found:?}");
        }
        let parts = explain(&model, &whole.features);
        assert!(parts.iter().flatten().all(|part| part.contribution.is_finite()), "{kind:?}");
        assert!(parts.iter().any(|row| row[0].contribution > 0.0), "{kind:?}");
    }
}
