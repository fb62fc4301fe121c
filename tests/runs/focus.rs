//! The focus and the budget of an audience order and cut its queue, and change nothing that is computed.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fixtures::{Fixture, RUN_TIMES, background::CONFIGURATION},
    support::PublishedRun,
};

/// Three audiences that may see the same: one without settings, one with a focus, one with a budget.
fn configuration() -> String {
    let sources = CONFIGURATION.replace("[[source]]", "[[source]]\nmarking = \"TLP:GREEN\"");
    let audience = |name: &str, settings: &str| {
        format!("[[audience]]\nname = \"{name}\"\nclearance = \"TLP:GREEN\"\n{settings}\n")
    };
    [
        sources,
        audience("whole", ""),
        audience("focused", "focus = { kinds = [\"tool\"], sectors = [\"no such sector\"] }"),
        audience("short", "budget = 1"),
    ]
    .concat()
}

/// Returns id, rank and number of met criteria of the flags that a run raised.
fn raised(run: &PublishedRun, audience: &str) -> BTreeMap<String, (Option<u64>, Option<u64>)> {
    let flags = run.table(&format!("{audience}/flags"));
    let is_raised = |row: &usize| !flags.truth("sampled", *row) && flags.text("state", *row) == "new";
    flags
        .rows()
        .filter(is_raised)
        .map(|row| {
            let values = (flags.maybe_count("rank", row), flags.maybe_count("focus", row));
            (flags.text("flag_id", row).to_owned(), values)
        })
        .collect()
}

#[test]
fn a_focus_and_a_budget_cut_the_queue_and_nothing_else() {
    let fixture = Fixture::after_emergence(&configuration());
    let run = fixture.deployment.published(RUN_TIMES[0]);
    let [whole, focused, short] = ["whole", "focused", "short"].map(|audience| raised(&run, audience));
    assert!(whole.len() >= 3, "{whole:#?}");
    for other in [&focused, &short] {
        assert_eq!(other.keys().collect::<BTreeSet<_>>(), whole.keys().collect::<BTreeSet<_>>());
    }
    let digests = run.digests();
    for table in ["entities", "links", "metrics", "communities", "members", "changes", "gate", "features"] {
        let [whole, focused, short] =
            ["whole", "focused", "short"].map(|audience| &digests[&format!("{audience}/{table}.arrow")]);
        assert!(focused == whole && short == whole, "{table}");
    }

    // Without a focus every flag has a rank; with one, those that meet a criterion.
    assert!(whole.values().all(|(rank, focus)| rank.is_some() && focus.is_none()), "{whole:#?}");
    assert!(focused.values().all(|(rank, focus)| rank.is_some() == (*focus == Some(1))), "{focused:#?}");
    let out_of_focus = focused.values().filter(|(_, focus)| *focus == Some(0)).count();
    assert!(out_of_focus > 0 && out_of_focus < whole.len(), "the tool is in one flag: {focused:#?}");
    assert_eq!(short.values().filter(|(rank, _)| *rank == Some(1)).count(), 1, "{short:#?}");
    assert_eq!(short.values().filter(|(rank, _)| rank.is_some()).count(), 1, "{short:#?}");

    // The flags that the focus left out are counted in the queue and in the report.
    let sentence = |count: usize| {
        let verb = if count == 1 { "is" } else { "are" };
        format!("{count} of this run {verb} outside the focus")
    };
    let queue = fixture.deployment.ask(&["queue", "--audience", "focused"]);
    assert!(queue.ends_with(0).stderr.contains(&sentence(out_of_focus)), "{}", queue.stderr);
    let open = fixture.deployment.ask(&["queue", "--audience", "focused", "--open", "--json"]);
    let open: serde_json::Value = serde_json::from_str(&open.ends_with(0).stdout).expect("JSON");
    let left_out = open.as_array().expect("a list").iter().filter(|flag| flag["focus"] == 0).count();
    assert_eq!(left_out, out_of_focus, "{open:#?}");
    let report = run.text("focused/report.html");
    assert!(
        report.contains(&sentence(out_of_focus)) && report.contains("meets no criterion of this audience")
    );
    assert!(!run.text("whole/report.html").contains("outside the focus"));
}
