//! Sentences of reasons for and against a flag.

use super::{Language, gate::expected as number_expected, real};
use crate::{
    features::{self, Feature, Relay, TimeAxis, Unit},
    record::Reliability,
    review::Reason,
};

/// Returns the sentences of reasons, in their order.
pub fn reasons(language: &Language, reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(|reason| sentence(language, reason)).collect()
}

fn sentence(language: &Language, reason: &Reason) -> String {
    match reason {
        Reason::Sources { sources } => by_sources(language, sources),
        Reason::Relays { relays, left_out } => by_relays(language, relays, *left_out),
        Reason::Changed { before, now } => {
            let key = if now > before { "reason.rose" } else { "reason.fell" };
            language.fill(key, &[("before", real(*before)), ("now", real(*now))])
        }
        Reason::Strength { pattern, strength, strongest_before, windows, expected } => language.fill(
            "reason.strength",
            &[
                ("strength", real(*strength)),
                ("unit", language.text(&format!("pattern.{pattern}.unit"))),
                ("before", strongest_before.map(real).unwrap_or_default()),
                ("windows", windows.to_string()),
                ("expected", expected.map(number_expected).unwrap_or_default()),
            ],
        ),
        Reason::Window { choice } => {
            let key = match choice.axis {
                TimeAxis::Recorded => "reason.window.recorded",
                TimeAxis::Valid => "reason.window.valid",
            };
            let counts = [("days", choice.days), ("windows", choice.windows)];
            language.fill(key, &counts.map(|(name, count)| (name, count.to_string())))
        }
        Reason::Layer { layer, layers } => {
            language.fill("reason.layer", &[("layer", layer.clone()), ("layers", layers.to_string())])
        }
        Reason::NotAboveEarlier { strongest_before } => {
            language.fill("reason.not-above-earlier", &[("strength", real(*strongest_before))])
        }
        Reason::NoEarlierWindow => language.text("reason.no-earlier-window"),
        Reason::NotAboveChance { expected, limit } => {
            let values = [("expected", number_expected(*expected)), ("limit", number_expected(*limit))];
            language.fill("reason.not-above-chance", &values)
        }
        Reason::Payments { .. }
        | Reason::FlowPayments { .. }
        | Reason::FlowBounds { .. }
        | Reason::MoreCurrencies { .. }
        | Reason::Cycle { .. } => of_payments(language, reason),
        Reason::Feature { feature, value, typical, .. } => features::named(feature)
            .map_or_else(String::new, |feature| of_feature(language, feature, *value, *typical)),
        Reason::RecordedFact { fact, kind, from, to, date, record } => {
            let values = [
                ("from", from.clone()),
                ("to", to.clone()),
                ("kind", kind.clone()),
                ("date", date.map(|date| date.to_string()[..10].to_owned()).unwrap_or_default()),
                ("record", record.clone()),
            ];
            language.fill(&format!("reason.fact.{fact}"), &values)
        }
        Reason::NotNews { share } => {
            language.fill("reason.not-news", &[("share", format!("{:.0} %", share * 100.0))])
        }
        Reason::FewRecords { count } => language.fill("reason.few-records", &[("count", count.to_string())]),
        Reason::FoundEarlier { first_flagged, strength } => language.fill(
            "reason.found-earlier",
            &[("time", first_flagged.display_utc()), ("strength", real(*strength))],
        ),
        Reason::Sampled { tests } => {
            let tests: Vec<String> = tests.iter().map(|test| language.name("test", test)).collect();
            let values =
                [("count", tests.len().to_string()), ("tests", tests.join(&language.text("list.separator")))];
            language.fill("reason.sampled", &values)
        }
        Reason::SampledEarlier { drawn } => {
            language.fill("reason.sampled-earlier", &[("time", drawn.display_utc())])
        }
        Reason::SampleOver => language.text("reason.sample-over"),
        Reason::NotFound => language.text("reason.not-found"),
        Reason::Closed => language.text("reason.closed"),
        Reason::NothingAgainst { pattern } => language.fill(
            "reason.nothing-against",
            &[("explanations", language.text(&format!("pattern.{pattern}.false_positives")))],
        ),
    }
}

fn by_sources(language: &Language, sources: &[(String, Reliability)]) -> String {
    let source = |(source, reliability): &(String, Reliability)| {
        let values = [("source", source.clone()), ("reliability", format!("{reliability:?}"))];
        language.fill("reason.source", &values)
    };
    let names: Vec<String> = sources.iter().map(source).collect();
    let names = names.join(&language.text("list.separator"));
    language.fill("reason.sources", &[("count", sources.len().to_string()), ("sources", names)])
}

fn by_relays(language: &Language, relays: &[Relay], left_out: usize) -> String {
    let relay = |relay: &Relay| {
        let values = [
            ("source", relay.source.clone()),
            ("origin", relay.origin.clone()),
            ("evidence", language.text(&format!("reason.relay.{}", relay.evidence.name()))),
            ("days", relay.days.map(|days| days.to_string()).unwrap_or_default()),
        ];
        language.fill("reason.relay", &values)
    };
    let relays: Vec<String> = relays.iter().map(relay).collect();
    let relays = relays.join(&language.text("reason.relay.separator"));
    language.fill("reason.relays", &[("relays", relays), ("more", left_out.to_string())])
}

fn of_payments(language: &Language, reason: &Reason) -> String {
    match reason {
        Reason::Payments { currency, received, paid, inside } => {
            let sum = |sum: f64| format!("{sum:.2}");
            let part = |part: &Option<(f64, usize)>| part.map(|(amount, _)| sum(amount)).unwrap_or_default();
            let others = |part: &Option<(f64, usize)>| part.map_or(0, |(_, others)| others).to_string();
            let currency = currency.clone().unwrap_or_else(|| language.text("reason.no-currency"));
            let values = [
                ("currency", currency),
                ("received", part(received)),
                ("payers", others(received)),
                ("paid", part(paid)),
                ("payees", others(paid)),
                ("inside", inside.map(sum).unwrap_or_default()),
            ];
            language.fill("reason.payments", &values)
        }
        Reason::FlowPayments { currency, payments, left_out } => {
            let payment = |(payer, payee, amount): &(String, String, f64)| {
                let values =
                    [("payer", payer.clone()), ("payee", payee.clone()), ("amount", format!("{amount:.2}"))];
                language.fill("reason.flow.payment", &values)
            };
            let payments: Vec<String> = payments.iter().map(payment).collect();
            let values = [
                ("currency", currency.clone().unwrap_or_else(|| language.text("reason.no-currency"))),
                ("payments", payments.join(&language.text("reason.flow.separator"))),
                ("left_out", left_out.to_string()),
            ];
            language.fill("reason.flow", &values)
        }
        Reason::FlowBounds { layers, width, payments } => {
            let counts = [("layers", layers), ("width", width), ("most", payments)];
            language.fill("reason.flow.bounds", &counts.map(|(name, count)| (name, count.to_string())))
        }
        Reason::Cycle { labels, left_out } => {
            let values = [
                ("labels", labels.join(&language.text("reason.cycle.step"))),
                ("left_out", left_out.to_string()),
                ("first", labels.first().cloned().unwrap_or_default()),
            ];
            language.fill("reason.cycle", &values)
        }
        Reason::MoreCurrencies { count } => {
            language.fill("reason.more-currencies", &[("count", count.to_string())])
        }
        _ => String::new(),
    }
}

fn of_feature(language: &Language, feature: &Feature, value: f64, typical: Option<f64>) -> String {
    let key = format!("feature.{}", feature.name);
    let clause = if feature.message_zero.is_some() && value == 0.0 {
        language.text(&format!("{key}.zero"))
    } else {
        language.fill(&key, &[("value", with_unit(language, feature, value))])
    };
    let typical = typical.map(|typical| with_unit(language, feature, typical)).unwrap_or_default();
    language.fill("reason.feature", &[("clause", capitalised(&clause)), ("typical", typical)])
}

/// Returns a value of a feature with its unit.
fn with_unit(language: &Language, feature: &Feature, value: f64) -> String {
    let displayed = feature.display(value);
    match (feature.unit, displayed.split_once(' ')) {
        (Unit::Days, Some((count, _))) => language.fill("unit.days", &[("count", count.to_owned())]),
        _ => displayed,
    }
}

fn capitalised(clause: &str) -> String {
    let mut letters = clause.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}
