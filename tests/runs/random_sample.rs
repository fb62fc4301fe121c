//! The random sample of a run: unflagged candidates that a person reviews beside the flags.

use std::collections::BTreeSet;

use crate::{
    fixtures::{EMERGING, Fixture, Flag, RUN_TIMES, background::CONFIGURATION, flags, ids, sample},
    support::PublishedRun,
};

/// A run more than two weeks after the emergence.
const LATER: &str = "2026-03-18T02:00:00Z";

/// Two groups that one vendor reports, beside the structures of [`EMERGING`].
const ALONE: [&str; 8] = [
    "kestrel: actor Marsh Harrier uses malware Reedfall",
    "kestrel: actor Marsh Harrier uses malware Siltbar",
    "kestrel: campaign Low Water attributed-to actor Marsh Harrier",
    "kestrel: campaign Low Water uses malware Siltbar",
    "northwind: actor Dune Plover uses malware Sandglass",
    "northwind: actor Dune Plover uses malware Wrackline",
    "northwind: campaign Neap Tide attributed-to actor Dune Plover",
    "northwind: campaign Neap Tide uses malware Wrackline",
];

/// Returns a deployment after a run with flags and with candidates that the gate stops.
fn emerged(configuration: &str) -> Fixture {
    let mut fixture = Fixture::after_background(configuration);
    fixture.run(RUN_TIMES[0], &[&EMERGING[..], &ALONE[..]].concat());
    fixture
}

/// Returns the candidates that a run drew.
fn drawn_by(run: &PublishedRun) -> Vec<Flag> {
    sample(run, "all").into_iter().filter(|row| row.state == "new").collect()
}

/// Returns the number of candidates of a run from which the sample is drawn: those that the gate stopped, but not for
/// want of news.
fn eligible(run: &PublishedRun) -> usize {
    let (candidates, gate) = (run.table("all/candidates"), run.table("all/gate"));
    let stale: BTreeSet<&str> = gate
        .rows()
        .filter(|&row| gate.text("test", row) == "news" && !gate.truth("passed", row))
        .map(|row| gate.text("candidate_id", row))
        .collect();
    let statuses = ["sampled", "one-source-unknown", "one-source-weak", "ordinary", "chance"];
    candidates
        .rows()
        .filter(|&row| {
            let is_known = stale.contains(candidates.text("candidate_id", row));
            !is_known && statuses.contains(&candidates.text("status", row))
        })
        .count()
}

#[test]
fn a_sample_is_marked_comes_last_and_is_no_flag() {
    let fixture = emerged(CONFIGURATION);
    let run = fixture.deployment.published(RUN_TIMES[0]);
    let (raised, drawn) = (flags(&run, "all"), drawn_by(&run));
    assert!((1..=2).contains(&drawn.len()), "{drawn:#?}");
    let last = raised.iter().filter_map(|flag| flag.rank).max().expect("flags");
    assert!(drawn.iter().all(|row| row.state == "new" && row.rank > Some(last)), "{drawn:#?}");
    let table = run.table("all/flags");
    for row in table.rows().filter(|&row| table.text("state", row) == "new") {
        let is_sampled = table.truth("sampled", row);
        let said = table.texts("reasons_for", row)[0]
            .starts_with("Drawn at random for a fair sample; the gate stopped it");
        assert_eq!(said, is_sampled, "{:?}", table.texts("reasons_for", row));
        let probability = table.number("sampling_probability", row);
        let expected = is_sampled.then_some(drawn.len() as f64 / eligible(&run) as f64);
        assert_eq!(probability, expected);
    }
    let candidates = run.table("all/candidates");
    assert_eq!(candidates.only("status", "sampled"), drawn.len());
    let output = fixture.deployment.ask(&["queue"]);
    // The table breaks long lines.
    let table = output.ends_with(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "(Drawn at random for a fair sample; the gate stopped it at the test";
    assert!(table.contains(sentence), "{table}");
    assert!(output.stderr.contains("drawn at random"), "{}", output.stderr);
    assert!(run.text("all/report.html").contains("drawn at random"));

    let off = emerged(&format!("[review]\nexploration = 0\n{CONFIGURATION}"));
    let without = off.deployment.published(RUN_TIMES[0]);
    assert!(sample(&without, "all").is_empty());
    assert_eq!(flags(&without, "all"), raised, "the flags are the same");
}

#[test]
fn a_run_without_news_draws_nothing_and_a_sample_closes_after_two_weeks() {
    let fixture = emerged(CONFIGURATION);
    let drawn = drawn_by(&fixture.deployment.published(RUN_TIMES[0]));
    // Other rules draw again from earlier runs, and nothing from this one.
    for rule in ["", "[patterns]\nfdr = 0.3\n", "[review]\nexploration = 5\n"] {
        fixture.deployment.configure(&format!("{rule}{CONFIGURATION}"));
        let run = fixture.rerun(RUN_TIMES[1]);
        assert!(sample(&run, "all").iter().all(|row| row.state != "new" && row.rank.is_none()), "{rule}");
    }
    fixture.deployment.configure(CONFIGURATION);
    let waits = fixture.rerun(RUN_TIMES[1]);
    assert!(ids(&drawn).is_subset(&ids(&sample(&waits, "all"))));
    let output = fixture.deployment.ask(&["queue"]);
    let count = drawn.len();
    assert!(
        output.ends_with(0).stderr.contains(&format!("{count} of earlier random samples wait")),
        "{}",
        output.stderr
    );
    let flagged = fixture.deployment.run_with(RUN_TIMES[1], &[], &["--fail-on", "flags"]);
    flagged.ends_with(0);

    let over = fixture.rerun(LATER);
    assert!(sample(&over, "all").iter().all(|row| row.state == "closed"), "{:#?}", sample(&over, "all"));
    let output = fixture.deployment.ask(&["queue", "--open", "--json"]);
    assert!(drawn.iter().all(|row| !output.stdout.contains(&row.id)), "a closed sample does not wait");
}

#[test]
fn a_verdict_on_a_sample_is_a_label_with_its_probability() {
    let mut fixture = emerged(CONFIGURATION);
    let drawn = drawn_by(&fixture.deployment.published(RUN_TIMES[0])).remove(0);
    let reason = ["--reason", "a shared host", "--recorded-at", "2026-03-02T12:00:00Z"];
    fixture.deployment.ask(&[&["judgements", "add", &drawn.id, "benign"], &reason[..]].concat()).ends_with(0);
    fixture.run(RUN_TIMES[1], &EMERGING);
    let later = fixture.deployment.published(RUN_TIMES[1]);
    let judged = sample(&later, "all").into_iter().find(|row| row.id == drawn.id).expect("still listed");
    assert_eq!((judged.state.as_str(), judged.rank), ("judged", None));
    fixture.deployment.ask(&["backtest"]).ends_with(0);
    let out = PublishedRun { folder: fixture.deployment.path("out") };
    let rows = out.table("backtest");
    let mut labelled = 0;
    for row in rows.rows() {
        let probability = rows.number("sampling_probability", row);
        assert!(probability.is_none() || !rows.truth("raised", row), "a flag has no probability");
        if rows.text("lineage", row) == drawn.id && rows.text("label_source", row) == "judgement" {
            assert!(
                !rows.truth("label", row) && probability.is_some_and(|share| share > 0.0 && share <= 1.0)
            );
            labelled += 1;
        }
    }
    assert!(labelled > 0, "the sample is in the rows for training");
}
