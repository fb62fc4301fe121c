//! Tests of attribution: the score as its formula says it, and the keys of values.

use super::*;
use crate::{
    link::Layer,
    reporting::{
        first_reports::{FirstReport, first_reports},
        invented::{Draws, Invented, day},
    },
};

/// Four subjects whose reports share addresses, domains and posts.
fn drawn(seed: u64) -> ReportingHistory<'static> {
    let mut draws = Draws(seed);
    let mut invented = Invented::default();
    let subjects: Vec<u32> = (0..4).map(|name| invented.node("malware", &name.to_string(), day(0))).collect();
    let labels = (0..4).flat_map(|net| (0..4).map(move |host| format!("10.0.{net}.{host}")));
    let names = (0..3).flat_map(|site| (0..3).map(move |host| format!("h{host}.site{site}.org")));
    let values: Vec<u32> = labels
        .map(|label| ("ipv4-addr", label))
        .chain(names.map(|label| ("domain-name", label)))
        .map(|(kind, label)| invented.node(kind, &label, day(0)))
        .collect();
    let posts: Vec<u32> = (0..6)
        .map(|post| invented.node("url", &format!("https://posts.example/author{}/{post}", post % 2), day(0)))
        .collect();
    for record in 0..60 {
        let time = day(i64::from(record) / 3);
        let report = invented.node("report", &record.to_string(), time);
        let subject = subjects[draws.below(4) as usize];
        for _ in 0..=draws.below(2) {
            let value = values[draws.below(values.len() as u64) as usize];
            invented.mention(subject, value, Layer::Infrastructure, record, time);
            invented.mention(report, value, Layer::CoReport, record, time);
        }
        if draws.below(2) == 0 {
            let post = posts[draws.below(6) as usize];
            invented.mention(report, post, Layer::Provenance, record, time);
        }
    }
    invented.finish((0..20).map(day).collect())
}

/// The score as its formula says it, from all earlier first reports.
fn slow_score(
    history: &ReportingHistory,
    first: &FirstReports,
    known: &[FirstReport],
    query: &Query,
    subject: u32,
    cut: Moment,
) -> f64 {
    let label = |value: u32| history.node(value).label.clone();
    let site = |label: &str| label.rsplit('.').take(2).collect::<Vec<_>>().join(".");
    let network = |label: &str| label.rsplit_once('.').map(|(network, _)| network.to_owned());
    let is_address = |label: &str| label.starts_with("10.");
    let mut score = 0.0;
    let mut shared = |weight: f64, key: &dyn Fn(&str) -> Option<String>| {
        let keys: BTreeSet<String> = query.values.iter().filter_map(|value| key(&label(*value))).collect();
        for wanted in keys {
            let with_key = known.iter().filter(|report| key(&label(report.value)).as_ref() == Some(&wanted));
            let subjects: BTreeSet<u32> = with_key.map(|report| report.subject).collect();
            if subjects.contains(&subject) {
                score += weight / (1.5 + subjects.len() as f64).ln() / (query.values.len() as f64).sqrt();
            }
        }
    };
    shared(3.0, &|label| Some(label.to_owned()));
    shared(1.0, &|label| (!is_address(label)).then(|| site(label)));
    shared(0.7, &|label| if is_address(label) { network(label) } else { None });
    let by_report: BTreeSet<(Origin, u32)> =
        known.iter().map(|report| (report.origin, report.subject)).collect();
    let mut by_source = |weight: f64, sources: &dyn Fn(Origin) -> Vec<u32>| {
        let asked: BTreeSet<u32> = query.origins.iter().flat_map(|origin| sources(*origin)).collect();
        for source in asked {
            let reports: Vec<u32> = by_report
                .iter()
                .filter(|(origin, _)| sources(*origin).contains(&source))
                .map(|(_, subject)| *subject)
                .collect();
            let subjects: BTreeSet<&u32> = reports.iter().collect();
            let own = reports.iter().filter(|other| **other == subject).count();
            if own > 0 {
                score += weight * own as f64 / reports.len() as f64 / (1.5 + subjects.len() as f64).ln();
            }
        }
    };
    by_source(4.0, &|origin| first.posts(origin).to_vec());
    by_source(0.8, &|origin| first.reporters_of(origin).to_vec());
    let nights: BTreeSet<(u32, i64)> = known
        .iter()
        .map(|report| (report.subject, night(cut, report.recorded_at)))
        .filter(|(_, night)| *night < RECENT_NIGHTS)
        .collect();
    let own = nights.iter().filter(|(other, _)| *other == subject).count();
    score + 0.5 * own as f64 / nights.len() as f64
}

#[test]
fn scores_are_those_of_the_formula() {
    let mut compared = 0;
    for seed in 0..10 {
        let history = drawn(seed);
        let first = first_reports(&history);
        let mut evidence = Evidence::new(&history, &first);
        for today in 1..20 {
            let (before, cut) = (day(today - 1), day(today));
            evidence.learn_until(before);
            let known: Vec<FirstReport> =
                first.reports.iter().copied().filter(|report| report.recorded_at <= before).collect();
            let new = first.reports.iter().filter(|report| report.recorded_at == cut);
            for report in new {
                let query = Query { values: [report.value].into(), origins: [report.origin].into() };
                for one in evidence.suggestions(&query, cut) {
                    let slow = slow_score(&history, &first, &known, &query, one.subject, cut);
                    assert!((one.score - slow).abs() < 1e-12, "seed {seed}: {} and {slow}", one.score);
                    compared += usize::from(one.parts.has_evidence());
                }
            }
        }
    }
    assert!(compared > 100, "{compared} scores are too few");
}

#[test]
fn keys_are_the_host_the_registrable_domain_and_the_network() {
    let keys = |kind: &str, label: &str| -> Vec<String> {
        texts(kind, label, "id").into_iter().map(|(_, text)| text).collect()
    };
    assert_eq!(keys("url", "http://user@A.Example.co.uk:8080/x?y"), ["a.example.co.uk", "example.co.uk"]);
    assert_eq!(keys("url", "http://192.0.2.7/a"), ["192.0.2.7", "192.0.2"]);
    assert_eq!(keys("url", "https://[2001:db8::1]/a"), ["2001:db8::1"]);
    assert_eq!(keys("ipv4-addr", "192.0.2.7"), ["192.0.2.7", "192.0.2"]);
    assert_eq!(keys("file", "md5:00"), ["id"]);
}
