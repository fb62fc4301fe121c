//! Sentences of reasons: the only place of their words, but for the clauses in `FEATURES`.

use crate::{
    features::{self, Feature},
    record::Reliability,
    review::{Reason, named},
};

/// Returns the sentences of reasons, in their order.
pub fn sentences(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(sentence).collect()
}

/// Returns a reason as a sentence.
fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::Sources { sources } => by_sources(sources),
        Reason::Changed { before, now } => {
            let verb = if now > before { "rose" } else { "fell" };
            format!("Its strength {verb} from {} to {} since it was last found.", real(*before), real(*now))
        }
        Reason::Strength { pattern, strength, strongest_before, windows, chance } => {
            let before = strongest_before.map(real).map_or_else(String::new, |before| match windows {
                1 => format!("; the only earlier window had {before}"),
                _ => format!("; the strongest of {windows} earlier windows had {before}"),
            });
            let chance = chance.map_or_else(String::new, |chance| {
                format!("; {:.1} % of random runs reach it", chance * 100.0)
            });
            format!("Its strength is {} ({}){before}{chance}.", real(*strength), named(pattern).unit)
        }
        Reason::NotAboveEarlier { strongest_before } => {
            format!("An earlier window was at least as strong: {}.", real(*strongest_before))
        }
        Reason::NoEarlierWindow => "The archive has no earlier window for comparison.".to_owned(),
        Reason::NotAboveChance { chance, limit } => format!(
            "{:.1} % of random runs reach its strength; at most {:.1} % may.",
            chance * 100.0,
            limit * 100.0
        ),
        Reason::Payments { currency, received, paid, inside } => {
            payments(currency.as_deref(), *received, *paid, *inside)
        }
        Reason::MoreCurrencies { count } => format!("Its members have payments in {count} more currencies."),
        Reason::Cycle { labels, left_out } => {
            let more = if *left_out > 0 { format!(" to {left_out} more") } else { String::new() };
            let first = labels.first().map_or("", String::as_str);
            format!("Payments form a cycle: {}{more} and back to {first}.", labels.join(" to "))
        }
        Reason::Feature { feature, value, typical, .. } => {
            features::named(feature).map_or_else(String::new, |feature| of_feature(feature, *value, *typical))
        }
        Reason::NotNews { share } => format!(
            "{:.0} % of its recent evidence is not news: it is late, corrected, or from a new source.",
            share * 100.0
        ),
        Reason::FewRecords { count: 0 } => "No recent record supports it.".to_owned(),
        Reason::FewRecords { count: 1 } => "Only 1 recent record supports it.".to_owned(),
        Reason::FewRecords { count } => format!("Only {count} recent records support it."),
        Reason::FoundEarlier { first_flagged, strength } => format!(
            "It was first flagged on {}; its strength was {} when it was last found.",
            first_flagged.display_utc(),
            real(*strength)
        ),
        Reason::NotFound => "This run did not find it: it rests on earlier records.".to_owned(),
        Reason::Closed => CLOSED.to_owned(),
        Reason::NothingAgainst { pattern } => format!(
            "No measurement contradicts it. Possible benign explanations: {}",
            named(pattern).false_positives
        ),
    }
}

/// Reason for the end of a flag.
pub(super) const CLOSED: &str = "Most of its records are gone, or no run found it for two weeks.";

/// Returns a strength with two digits; a sum that rounding left just below 0 is 0.
fn real(number: f64) -> String {
    format!("{number:.2}").replace("-0.00", "0.00")
}

fn by_sources(sources: &[(String, Reliability)]) -> String {
    let names: Vec<String> = sources
        .iter()
        .map(|(source, reliability)| match reliability {
            Reliability::F => format!("{source} (reliability not judged)"),
            known => format!("{source} (reliability {known:?})"),
        })
        .collect();
    match names.as_slice() {
        [] => "No source reports it as news.".to_owned(),
        [only] => format!("Only one source reports it independently: {only}."),
        many => format!("{} sources report it independently: {}.", many.len(), many.join(", ")),
    }
}

fn payments(
    currency: Option<&str>,
    received: Option<(f64, usize)>,
    paid: Option<(f64, usize)>,
    inside: Option<f64>,
) -> String {
    let currency = currency.unwrap_or("of no stated currency");
    let others = |count: usize| if count == 1 { "1 other".to_owned() } else { format!("{count} others") };
    let parts = [
        received.map(|(sum, count)| format!("received {sum:.2} {currency} from {}", others(count))),
        paid.map(|(sum, count)| format!("paid {sum:.2} {currency} to {}", others(count))),
        inside.map(|sum| format!("paid {sum:.2} {currency} to each other")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("In all records, its members {}.", parts.join("; "))
}

fn of_feature(feature: &Feature, number: f64, typical: Option<f64>) -> String {
    let typical = typical.map_or_else(String::new, |typical| {
        format!(" (typical for benign candidates: {})", feature.display(typical))
    });
    format!("{}{typical}.", capitalised(&clause(feature, number)))
}

/// Returns the clause of a feature for a value.
fn clause(feature: &Feature, number: f64) -> String {
    if let (Some(zero), 0.0) = (feature.message_zero, number) {
        return zero.to_owned();
    }
    let value = feature.display(number);
    let text = feature.message.replace("{}", &value);
    let Some((before, choice)) = text.split_once('[') else { return text };
    let Some((words, after)) = choice.split_once(']') else { return text };
    let (one, many) = words.split_once('|').unwrap_or((words, words));
    format!("{before}{}{after}", if value == "1" { one } else { many })
}

fn capitalised(clause: &str) -> String {
    let mut letters = clause.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}
