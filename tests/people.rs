//! Sentences about flags contain nothing about the belief or the likely conduct of a person.
//!
//! A flag that touches a person shows facts with their records (`src/review/people.rs`). Each sentence of a reason and each title
//! is reviewed here: it states a fact or a measure, or it never names anybody.

use std::collections::{BTreeMap, BTreeSet};

use araneus::{features::FEATURES, language::english::ENGLISH, review::PATTERNS};

/// Words that no sentence about a candidate may contain: beliefs, protected attributes, guilt and predictions of conduct.
const FORBIDDEN: &[&str] = &[
    "accomplice",
    "believe",
    "believes",
    "believer",
    "caste",
    "communist",
    "convicted",
    "criminal",
    "criminals",
    "culprit",
    "dangerous",
    "ethnic",
    "ethnicity",
    "extremism",
    "extremist",
    "faith",
    "gender",
    "guilt",
    "guilty",
    "health",
    "ideology",
    "illegal",
    "immigrant",
    "intends",
    "islamist",
    "jihadist",
    "loyal",
    "loyalty",
    "nationality",
    "offence",
    "offender",
    "offenders",
    "perpetrator",
    "political",
    "politics",
    "race",
    "radical",
    "radicalised",
    "recidivism",
    "religion",
    "religious",
    "sect",
    "sexual",
    "suspect",
    "suspects",
    "suspicious",
    "sympathiser",
    "terrorism",
    "terrorist",
    "terrorists",
    "union",
    "villain",
    "wanted",
];
/// Words that a sentence with a name may not contain, either: crimes, and guesses about a person.
const FORBIDDEN_WITH_NAMES: &[&str] = &[
    "fraud",
    "fraudster",
    "laundering",
    "launders",
    "likely",
    "mule",
    "mules",
    "plan",
    "plans",
    "probably",
    "risk",
    "risky",
];

/// Content of a template.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Content {
    /// It states what a record contains.
    Fact,
    /// It states what the program counted or measured.
    Measure,
    /// It states a hypothesis, and its pattern never names a person.
    Hypothesis,
    /// It has no placeholder for a label of an entity.
    NoName,
}

use Content::{Fact, Hypothesis, Measure, NoName};

/// Every sentence of a reason.
const REASONS: &[(&str, Content)] = &[
    ("reason.closed", NoName),
    ("reason.cycle", Fact),
    ("reason.cycle.step", NoName),
    ("reason.fact.contact", Fact),
    ("reason.fact.control", Fact),
    ("reason.fact.designation", Fact),
    ("reason.fact.identifier", Fact),
    ("reason.fact.payment", Fact),
    ("reason.feature", NoName),
    ("reason.fell", NoName),
    ("reason.few-records", NoName),
    ("reason.flow", Fact),
    ("reason.flow.bounds", NoName),
    ("reason.flow.payment", Fact),
    ("reason.flow.separator", NoName),
    ("reason.found-earlier", NoName),
    ("reason.layer", NoName),
    ("reason.more-currencies", NoName),
    ("reason.no-currency", NoName),
    ("reason.no-earlier-window", NoName),
    ("reason.not-above-chance", NoName),
    ("reason.not-above-earlier", NoName),
    ("reason.not-found", NoName),
    ("reason.not-news", NoName),
    ("reason.nothing-against", NoName),
    ("reason.payments", Fact),
    ("reason.relay", NoName),
    ("reason.relay.created", NoName),
    ("reason.relay.object", NoName),
    ("reason.relay.producer", NoName),
    ("reason.relay.reference", NoName),
    ("reason.relay.separator", NoName),
    ("reason.relay.text", NoName),
    ("reason.relay.values", NoName),
    ("reason.relays", NoName),
    ("reason.rose", NoName),
    ("reason.sample-over", NoName),
    ("reason.sampled", NoName),
    ("reason.sampled-earlier", NoName),
    ("reason.source", NoName),
    ("reason.sources", NoName),
    ("reason.strength", NoName),
    ("reason.window.recorded", NoName),
    ("reason.window.valid", NoName),
];

/// The title of every pattern.
const TITLES: &[(&str, Content)] = &[
    ("community birth", Measure),
    ("convergence", Measure),
    ("sudden broker", Measure),
    ("dormant reactivation", Measure),
    ("shared-infrastructure convergence", Measure),
    ("payment chain", Measure),
    ("payment cycle", Measure),
    ("scatter-gather", Measure),
    ("payment fan-in", Measure),
    ("pass-through", Measure),
    ("structuring", Measure),
    ("subject surge", Measure),
    ("known infrastructure", Measure),
    ("corroboration", Measure),
    ("attribution", Hypothesis),
    ("technique convergence", Measure),
    ("cross-layer", Measure),
    ("shared rare attributes", Measure),
    ("control change around a designation", Measure),
    ("successor", Measure),
    ("infrastructure migration", Measure),
    ("lockstep", Measure),
    ("layered flow", Measure),
    ("new cut vertex", Measure),
];

/// Placeholders of labels of entities.
const NAMES: &[&str] = &[
    "{first}",
    "{from}",
    "{group}",
    "{labels}",
    "{name}",
    "{names}",
    "{other}",
    "{payee}",
    "{payer}",
    "{payments}",
    "{second}",
    "{subject}",
    "{target}",
    "{to}",
];

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_alphabetic() && letter != '-');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Returns the sentences about flags and candidates by key: reasons, tests, statuses, leads, titles, texts of patterns and
/// messages of features.
fn sentences() -> BTreeMap<String, &'static str> {
    let families = ["reason.", "lead.", "gate.", "candidate-status", "flag.", "test."];
    let rows = ENGLISH.iter().copied().flatten();
    let mut sentences: BTreeMap<String, &'static str> = rows
        .filter(|(key, _)| families.iter().any(|family| key.starts_with(family)))
        .map(|(key, text)| ((*key).to_owned(), *text))
        .collect();
    for pattern in PATTERNS {
        for (part, text) in [
            ("title", pattern.title),
            ("about", pattern.about),
            ("rationale", pattern.rationale),
            ("false_positives", pattern.false_positives),
            ("unit", pattern.unit),
        ] {
            sentences.insert(format!("pattern.{}.{part}", pattern.name), text);
        }
    }
    for feature in FEATURES {
        sentences.insert(format!("feature.{}", feature.name), feature.message);
        if let Some(text) = feature.message_zero {
            sentences.insert(format!("feature.{}.zero", feature.name), text);
        }
    }
    sentences
}

#[test]
fn no_sentence_about_a_flag_states_a_belief_or_guilt() {
    let sentences = sentences();
    assert!(sentences.len() > 200, "{}", sentences.len());
    for (key, text) in &sentences {
        let found: Vec<&&str> = FORBIDDEN.iter().filter(|word| words(text).contains(**word)).collect();
        assert!(found.is_empty(), "{key}: {found:?} in: {text}");
    }
    let guess = "A person who probably believes it";
    assert!(FORBIDDEN.iter().any(|word| words(guess).contains(*word)), "the search finds a word");
}

#[test]
fn each_sentence_that_can_name_a_person_is_a_fact_or_a_measure() {
    let sentences = sentences();
    let reviewed: BTreeMap<String, Content> = REASONS
        .iter()
        .map(|(key, content)| ((*key).to_owned(), *content))
        .chain(TITLES.iter().map(|(name, content)| (format!("pattern.{name}.title"), *content)))
        .collect();
    let to_review: BTreeSet<&String> = sentences
        .keys()
        .filter(|key| {
            key.starts_with("reason.")
                || (key.starts_with("pattern.") && key.strip_suffix(".title").is_some())
        })
        .collect();
    assert_eq!(
        to_review,
        reviewed.keys().collect::<BTreeSet<&String>>(),
        "sentences on the left, reviewed on the right"
    );
    let can_name =
        |text: &str| NAMES.iter().any(|name| text.contains(name)) || text.contains("members [received");
    for (key, content) in &reviewed {
        let text = sentences[key];
        if key.starts_with("reason.") {
            assert_eq!(can_name(text), *content != NoName, "{key}: {text}");
        }
        if *content != NoName {
            let found: Vec<&&str> =
                FORBIDDEN_WITH_NAMES.iter().filter(|word| words(text).contains(**word)).collect();
            assert!(found.is_empty(), "{key}: {found:?} in: {text}");
        }
        let is_guess = ["may", "might", "seems", "could"].iter().any(|word| words(text).contains(*word));
        assert_eq!(is_guess && can_name(text), *content == Hypothesis, "{key}: {text}");
    }
    // Its labels are those of the cases of a model.
    let unreviewed =
        sentences.iter().filter(|(key, _)| !reviewed.contains_key(*key) && *key != "flag.calibrated-on");
    for (key, text) in unreviewed {
        assert!(!can_name(text), "{key} can name an entity and is not reviewed: {text}");
    }
}
