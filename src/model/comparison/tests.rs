use ndarray::Array2;

use super::super::{
    FeatureSpec, Horizon, ModelScores, OutcomeRows, OutcomeTable, Role, from_json, generated::Noise, judge,
    pair, promotion_rules, reference, scores_of, to_json,
};
use super::*;
use crate::{features::Scale, model::Draws};

const CUTS: usize = 24;
const ROWS: usize = 30;

/// Sixty subjects, half of them at each cut. `link` is a relation column with a weight in the labels.
fn table(seed: u64, link: f64) -> OutcomeTable {
    let mut noise = Noise::open(seed);
    let count = CUTS * ROWS;
    let mut features = Array2::from_shape_fn((count, 5), |_| noise.normal());
    let logit = |features: &Array2<f64>, row: usize| {
        features[[row, 0]] + 0.8 * features[[row, 1]] + link * features[[row, 2]] - 1.2
    };
    let labels: Vec<bool> =
        (0..count).map(|row| noise.share() < 1.0 / (1.0 + (-logit(&features, row)).exp())).collect();
    for row in 0..count {
        features[[row, 3]] = 1.0 / (1.0 + (1.2 - 0.5 * features[[row, 0]]).exp());
        features[[row, 0]] = features[[row, 0]].exp();
    }
    let named = |name: &str, scale: Scale, role: &str, relation: bool, sign: &str| FeatureSpec {
        role: Role::parse(role),
        relation,
        sign: super::super::Sign::parse(sign),
        ..FeatureSpec::new(name, scale, "history")
    };
    OutcomeTable {
        outcome: "growth".to_owned(),
        question: "Will it grow?".to_owned(),
        horizon: Horizon::Cuts(1),
        budget: 5,
        specs: vec![
            named("size", Scale::Log, "feature,baseline", false, "+"),
            named("pace", Scale::Plain, "feature", false, ""),
            named("link", Scale::Plain, "feature", true, "+"),
            named("p", Scale::Plain, "feature,forecast", false, "+"),
            named("rules", Scale::Plain, "baseline", false, "+"),
        ],
        features,
        cuts: (0..count).map(|row| i64::try_from(row / ROWS).expect("few cuts") * 86_400_000_000).collect(),
        queries: vec![None; count],
        labels: labels.into_iter().map(Some).collect(),
        labelled_at: vec![None; count],
        lineages: (0..count).map(|row| format!("s{}", (row * 7) % 60)).collect(),
        ids: (0..count).map(|row| format!("c{row:04}")).collect(),
        raised: (0..count).map(|row| row % ROWS < 3).collect(),
    }
}

fn config() -> CompareConfig<'static> {
    CompareConfig { draws: Draws { count: 200, seed: 1 }, ..CompareConfig::default() }
}

fn compared(table: &OutcomeTable) -> (OutcomeRows, Compared) {
    let rows = OutcomeRows::new(table).expect("columns of one length");
    let compared = compare(&rows, &config()).expect("both labels");
    (rows, compared)
}

fn scores<'a>(compared: &'a Compared, name: &str) -> &'a ModelScores {
    compared.scores.iter().find(|scores| scores.name == name).expect("a model of this name")
}

#[test]
fn a_trained_model_is_chosen_reads_back_and_keeps_what_a_run_has() {
    let (rows, compared) = compared(&table(61, 0.8));
    let comparison = &compared.comparison;
    assert!(["logistic", "mean rank"].contains(&&*comparison.chosen), "{}", comparison.chosen);
    assert_eq!((comparison.untrained.clone(), comparison.order), (None, Order::Cut));
    assert!(
        comparison.relations.as_ref().is_some_and(|text| text.starts_with("Relations rank")),
        "{comparison:?}"
    );
    let model =
        fit_model(&rows, &compared, Some(Kind::Logistic), "rows", &ForwardConfig::default()).expect("fitted");
    assert_eq!(from_json(&to_json(&model), None).expect("it was just written"), model);
    assert_eq!(model.calibrated_on(), Some("own rows of growth"));
    assert!(model.features().all(|spec| spec.name != "rules"), "a score that models do not read");
    let judged =
        judge(&model, &Array2::from_shape_fn((ROWS, 4), |(row, column)| rows.table.features[[row, column]]));
    assert!(
        judged
            .iter()
            .all(|row| row.probability.is_some() && row.interval.is_some_and(|(low, high)| low <= high))
    );
}

#[test]
fn relations_without_a_gain_explain_and_do_not_rank() {
    let (_, compared) = compared(&table(62, 0.0));
    let relations = compared.comparison.relations.expect("there are relation columns");
    assert!(relations.starts_with("Relations explain and do not rank"), "{relations}");
}

#[test]
fn nothing_depends_on_the_order_of_rows_or_on_later_labels() {
    let first = table(63, 0.5);
    let order: Vec<usize> = (0..CUTS * ROWS).map(|row| row * 7 % (CUTS * ROWS)).collect();
    let texts = |values: &[String]| order.iter().map(|&row| values[row].clone()).collect();
    let shuffled = OutcomeTable {
        features: fitting::select_rows(&first.features, &order),
        cuts: fitting::select(&first.cuts, &order),
        labels: fitting::select(&first.labels, &order),
        lineages: texts(&first.lineages),
        ids: texts(&first.ids),
        raised: fitting::select(&first.raised, &order),
        ..first.clone()
    };
    let (_, one) = compared(&first);
    let (_, other) = compared(&shuffled);
    let json = |compared: &Compared| serde_json::to_string(&compared.comparison).expect("plain data");
    assert_eq!(json(&one), json(&other));

    // The last five cuts get other labels: no score up to the first of them may change.
    let mut changed = first;
    for row in (CUTS - 5) * ROWS..CUTS * ROWS {
        changed.labels[row] = changed.labels[row].map(|label| !label);
    }
    let (_, changed) = compared(&changed);
    for name in ["logistic", "mean rank", "single column", "closed form"] {
        let until = (CUTS - 4) * ROWS;
        let (before, after) = (scores(&one, name), scores(&changed, name));
        assert_eq!(before.margins[..until], after.margins[..until], "{name}");
        assert_eq!(before.probabilities[..until], after.probabilities[..until], "{name}");
    }
}

#[test]
fn few_positives_train_nothing_and_leaks_are_errors() {
    let mut few = table(64, 0.5);
    let mut kept = 0;
    for label in &mut few.labels {
        kept += usize::from(*label == Some(true));
        *label = Some(*label == Some(true) && kept <= 20);
    }
    // So few positives prove no leak, even if one column ranks all of them first.
    for row in 0..CUTS * ROWS {
        few.features[[row, 1]] = if few.labels[row] == Some(true) { 1.0 } else { 0.0 };
    }
    let (_, compared) = compared(&few);
    let untrained = compared.comparison.untrained.expect("too few positives");
    assert!(untrained.contains("720 rows") && untrained.contains("20 of them positive"), "{untrained}");
    assert!(["closed form", "single column"].contains(&&*compared.comparison.chosen));

    let mut leaking = table(65, 0.5);
    for row in 0..CUTS * ROWS {
        leaking.features[[row, 1]] = if leaking.labels[row] == Some(true) { 1.0 } else { 0.0 };
    }
    let rows = OutcomeRows::new(&leaking).expect("columns of one length");
    let error = compare(&rows, &config()).err().expect("a leak");
    assert!(error.ends_with("the future: pace"), "{error}");
}

#[test]
fn a_better_model_is_promoted_and_an_equal_one_is_not() {
    let (rows, compared) = compared(&table(66, 1.2));
    let model =
        fit_model(&rows, &compared, Some(Kind::Logistic), "rows", &ForwardConfig::default()).expect("fitted");
    let own = scores_of(&model, "new", &rows, &compared).expect("all columns are there");
    assert_eq!(
        own.margins,
        scores(&compared, "logistic").margins,
        "the model is scored by forward models of its kind"
    );
    let in_place = reference(&compared, Kind::Logistic).expect("a closed form");
    let paired = pair(&rows, &own, in_place, &config()).expect("both labels");
    let rules = promotion_rules(&paired, Kind::Logistic, &compared.comparison, 5);
    assert!(rules.iter().all(|rule| rule.passed), "{rules:?}");
    let same = pair(&rows, &own, &own, &config()).expect("both labels");
    assert!(!promotion_rules(&same, Kind::Logistic, &compared.comparison, 5)[0].passed);
    let crowded = Comparison { raised_per_cut: 9.0, ..compared.comparison.clone() };
    assert!(
        !promotion_rules(&paired, Kind::Logistic, &crowded, 5)[2].passed,
        "more candidates than the budget"
    );
    let alarmed = Comparison {
        sentinel: Sentinel { moved: vec!["pace".to_owned()], ..Sentinel::default() },
        ..compared.comparison.clone()
    };
    assert!(!promotion_rules(&paired, Kind::Logistic, &alarmed, 5)[3].passed);
    assert!(promotion_rules(&paired, Kind::Forecast, &alarmed, 5)[3].passed, "a closed form is not trained");
}

#[test]
fn a_new_level_alarms_the_sentinel() {
    let calm = OutcomeRows::new(&table(67, 0.5)).expect("columns of one length");
    assert_eq!(sentinel::sentinel(&calm).moved, [""; 0]);
    let mut moved = table(67, 0.5);
    for row in (CUTS - 1) * ROWS..CUTS * ROWS {
        moved.features[[row, 1]] += 9.0;
        moved.labels[row] = Some(true);
    }
    let found = sentinel::sentinel(&OutcomeRows::new(&moved).expect("columns of one length"));
    assert_eq!(found.moved, ["pace"]);
    let warning = found.warning().expect("two signs");
    assert!(found.base_rate.is_some() && warning.starts_with("The past is a poor guide"), "{warning}");
}

#[test]
fn an_alarm_replaces_a_trained_kind_by_the_closed_form() {
    let (_, compared) = compared(&table(67, 0.5));
    assert!(compared.comparison.sentinel.is_calm() && compared.comparison.replaced.is_none());
    let mut moved = table(67, 0.5);
    for row in (CUTS - 1) * ROWS..CUTS * ROWS {
        moved.features[[row, 1]] += 9.0;
    }
    let (rows, alarmed) = self::compared(&moved);
    let comparison = &alarmed.comparison;
    assert_eq!(comparison.replaced.as_deref(), Some(&*compared.comparison.chosen), "a trained kind was best");
    assert_eq!(comparison.chosen, Kind::Forecast.name());
    let model = fit_model(&rows, &alarmed, None, "rows", &ForwardConfig::default()).expect("fitted");
    assert_eq!(model.kind(), Kind::Forecast);
}

#[test]
fn a_base_rate_that_varies_by_chance_does_not_alarm() {
    let alarms = (0..40).filter(|seed| {
        let rows = OutcomeRows::new(&table(1000 + seed, 0.5)).expect("columns of one length");
        sentinel::sentinel(&rows).base_rate.is_some()
    });
    assert!(alarms.count() <= 2, "at most one in twenty tables alarms without a cause");
}

#[test]
fn queries_are_ranked_inside_themselves() {
    let mut asked = table(68, 0.5);
    for row in 0..CUTS * ROWS {
        asked.queries[row] = Some(format!("q{}", row / 15));
    }
    let (_, compared) = compared(&asked);
    let comparison = &compared.comparison;
    assert!(comparison.queries > 10 && comparison.models[0].measures[0].name == "share_right_first");
    assert!(comparison.models.iter().all(|model| model.measures[0].estimate.value.is_some()));
}

#[test]
fn earlier_cuts_calibrate_the_first_judged_one() {
    let rows = OutcomeRows::new(&table(69, 0.5)).expect("columns of one length");
    let first = 14;
    let forward = ForwardConfig { from: Some(rows.cut_times[first]), worlds: None };
    let compared = compare(&rows, &CompareConfig { forward, ..config() }).expect("both labels");
    let logistic = scores(&compared, "logistic");
    assert_eq!(
        (compared.comparison.cuts, compared.comparison.scored.rows),
        (CUTS - first, (CUTS - first) * ROWS)
    );
    assert!(logistic.probabilities[first * ROWS..].iter().all(Option::is_some));
    let measures =
        &compared.comparison.models.iter().find(|model| model.name == "logistic").expect("it").measures;
    assert!(measures.iter().any(|measure| measure.name == "brier_skill_running"), "{measures:?}");
}
