//! First runs of a synthetic world: the queue and the communities agree with the documented tables, and equal records
//! give equal bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::OnceLock,
};

use araneus_synth::{self as synth, Level};

use crate::{
    fixtures::copy,
    support::{Deployment, PublishedRun, Table, equal_files, names_in},
};

/// Seed of the world, and number of its runs in these tests.
const SEED: u64 = 3;
const RUNS: usize = 12;

struct World {
    deployment: Deployment,
    configuration: String,
    mapping: Vec<u8>,
    runs: Vec<synth::Day>,
}

/// Name of the mapping of payments, which the configuration expects beside it.
const MAPPING: &str = "payments.toml";

/// Returns a deployment with the mapping of payments.
fn new_deployment(configuration: &str, mapping: &[u8]) -> Deployment {
    let deployment = Deployment::new(configuration);
    fs::write(deployment.path(MAPPING), mapping).expect("written");
    deployment
}

/// Runs the world once, and keeps a copy of the state before its last run.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = synth::generate(SEED, Level::D1);
        let (_, text) = world.files.iter().find(|(path, _)| path == "araneus.toml").expect("a configuration");
        // These tests set the paths themselves.
        let text = String::from_utf8_lossy(text);
        let path_keys = ["paths =", "state =", "out ="];
        let kept: Vec<&str> =
            text.lines().filter(|line| !path_keys.iter().any(|key| line.starts_with(key))).collect();
        let configuration = format!("[model]\nid = \"rules\"\n{}", kept.join("\n"));
        let (_, mapping) = world.files.iter().find(|(path, _)| path == MAPPING).expect("a mapping");
        let deployment = new_deployment(&configuration, mapping);
        world.write_to(&deployment.path("world")).expect("written");
        let mut runs = world.days;
        runs.truncate(RUNS);
        for (at, run) in runs.iter().enumerate() {
            if at + 1 == RUNS {
                copy(&deployment.path("state"), &deployment.path("before"));
            }
            let code = deployment.run(&run.as_of, &inputs(&deployment, run)).code;
            assert!(code == 0 || code == 3, "{}: exit code {code}", run.folder);
        }
        let mapping = mapping.clone();
        World { deployment, configuration, mapping, runs }
    })
}

fn inputs(deployment: &Deployment, run: &synth::Day) -> Vec<String> {
    let folder = deployment.path("world").join(&run.folder);
    names_in(&folder).iter().map(|source| folder.join(source).display().to_string()).collect()
}

fn published_runs() -> impl Iterator<Item = PublishedRun> {
    world().runs.iter().map(|run| world().deployment.published(&run.as_of))
}

/// A change of the folder with the run states of earlier runs.
type Disturbance = fn(&Path);

#[test]
fn results_are_equal_for_any_threads_order_of_inputs_and_run_states() {
    let World { deployment, configuration, mapping, runs } = world();
    let last = runs.last().expect("a run");
    let expected = deployment.published(&last.as_of).digests();
    let ways: [(&str, &str, bool, Disturbance); 3] = [
        ("one thread", "1", false, |_| {}),
        ("two threads, inputs in another order", "2", true, |_| {}),
        ("memory deleted", "2", false, |memory| fs::remove_dir_all(memory).expect("removed")),
    ];
    for (what, threads, is_reversed, disturb) in ways {
        let other = new_deployment(configuration, mapping);
        copy(&deployment.path("before"), &other.path("state"));
        disturb(&other.path("state/run-state"));
        let mut inputs = inputs(deployment, last);
        if is_reversed {
            inputs.reverse();
        }
        let code = other.run_with(&last.as_of, &inputs, &["--threads", threads]).code;
        assert!(code == 0 || code == 3, "{what}: exit code {code}");
        equal_files(&other.published(&last.as_of).digests(), &expected, what);
    }
}

#[test]
fn the_queue_is_in_a_total_order_within_its_budget() {
    let mut ranked = 0;
    for run in published_runs() {
        let flags = run.table("all/flags");
        let mut queue: Vec<(u64, f64, &str)> = Vec::new();
        let mut sample: Vec<u64> = Vec::new();
        for row in flags.rows() {
            let (id, state) = (flags.text("flag_id", row), flags.text("state", row));
            assert!(
                ["new", "standing", "grown", "judged", "contested", "closed"].contains(&state),
                "{id}: {state}"
            );
            let score = flags.number("score", row).expect("every flag has a score");
            assert!((0.0..=1.0).contains(&score), "{id}: score {score}");
            assert_eq!(flags.number("probability", row), None, "{id}: there are no judgements here");
            assert_eq!(flags.text("calibrated_on", row), "", "{id}");
            let is_raised = ["new", "grown"].contains(&state);
            let rank = flags.maybe_count("rank", row);
            // The budget exceeds the number of raised flags, so each flag has a rank.
            assert_eq!(rank.is_some(), is_raised, "{id}: {state}, {rank:?}");
            if flags.truth("sampled", row) {
                sample.extend(rank);
            } else {
                queue.extend(rank.map(|rank| (rank, score, id)));
            }
        }
        queue.sort_by_key(|(rank, ..)| *rank);
        assert!(sample.len() <= 2 && sample.iter().all(|rank| *rank > queue.len() as u64), "{sample:?}");
        assert!(queue.len() <= 20);
        assert!(queue.iter().zip(1..).all(|((rank, ..), expected_rank)| *rank == expected_rank), "{queue:?}");
        let in_order = |pair: &[(u64, f64, &str)]| {
            pair[0].1 > pair[1].1 || (pair[0].1.to_bits() == pair[1].1.to_bits() && pair[0].2 < pair[1].2)
        };
        assert!(queue.windows(2).all(in_order), "{queue:?}");
        let ids: BTreeSet<&str> = flags.rows().map(|row| flags.text("flag_id", row)).collect();
        assert_eq!(ids.len(), flags.rows().len(), "one row for each flag");
        ranked += queue.len();
    }
    assert!(ranked >= 5, "only {ranked} flags have a rank");
}

#[test]
fn reasons_differ_between_flags() {
    let mut seen = 0;
    for run in published_runs() {
        let flags = run.table("all/flags");
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in flags.rows() {
            let (mut for_it, against) =
                (flags.texts("reasons_for", row), flags.texts("reasons_against", row));
            if flags.truth("sampled", row) {
                // The first reason of a sampled candidate says that it is one.
                assert!(for_it[0].starts_with("Drawn at random for a fair sample"), "{for_it:?}");
                for_it = &for_it[1..];
            }
            let is_sampled = flags.truth("sampled", row);
            assert!(is_sampled || !for_it.is_empty(), "{} has no reason", flags.text("flag_id", row));
            let output: BTreeSet<&str> = for_it.iter().chain(against).map(String::as_str).collect();
            assert!(
                output.iter().all(|sentence| sentence.ends_with('.') && !sentence.contains("NaN")),
                "{output:?}"
            );
            for sentence in output {
                *counts.entry(sentence).or_default() += 1;
            }
            seen += 1;
        }
        let all = flags.rows().len();
        // Flags of one pattern share its benign explanations.
        let patterns: BTreeSet<&str> = flags.rows().map(|row| flags.text("pattern", row)).collect();
        let constant: Vec<_> =
            counts.iter().filter(|(_, count)| patterns.len() > 1 && **count == all).collect();
        assert!(constant.is_empty(), "equal reasons of all flags: {constant:?}");
    }
    assert!(seen >= 10, "only {seen} flags");
}

#[test]
fn the_evidence_of_a_flag_leads_to_records_and_files() {
    let mut led = 0;
    for run in published_runs() {
        let flags = run.table("all/flags");
        let evidence = run.table("all/evidence");
        let positions = run.table("steward/record_evidence");
        let with_position: BTreeSet<&str> =
            positions.rows().map(|row| positions.text("record_id", row)).collect();
        let deliveries = run.table("steward/sources");
        let known: BTreeSet<&str> = deliveries.rows().map(|row| deliveries.text("delivery", row)).collect();
        assert!(positions.rows().all(|row| known.contains(positions.text("delivery", row))));
        let mut of_subject: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in evidence.rows() {
            of_subject
                .entry(evidence.text("subject_id", row))
                .or_default()
                .insert(evidence.text("record_id", row));
        }
        let entities = run.table("all/entities");
        let entities: BTreeSet<&str> = entities.rows().map(|row| entities.text("entity_id", row)).collect();
        for row in flags.rows().filter(|&row| flags.maybe_count("rank", row).is_some()) {
            let id = flags.text("flag_id", row);
            let evidence_of_flag =
                of_subject.get(id).unwrap_or_else(|| panic!("{id} has no record as evidence"));
            assert!(
                evidence_of_flag.iter().all(|record| with_position.contains(record)),
                "{id}: a record without a place"
            );
            assert!(flags.texts("entity_ids", row).iter().all(|entity| entities.contains(entity.as_str())));
            led += evidence_of_flag.len();
        }
    }
    assert!(led >= 40, "flags have only {led} records as evidence");
}

type Members = BTreeMap<String, BTreeSet<String>>;

fn members(table: &Table) -> Members {
    let mut of = Members::new();
    for row in table.rows() {
        let members_now = of.entry(table.text("community_id", row).to_owned()).or_default();
        members_now.insert(table.text("entity_id", row).to_owned());
    }
    of
}

fn jaccard(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let both = a.intersection(b).count() as f64;
    both / (a.len() as f64 + b.len() as f64 - both)
}

/// Least Jaccard index at which two communities of two runs are clearly the same.
const CLEARLY_SAME: f64 = 0.6;

#[test]
fn ids_of_communities_stay() {
    let runs: Vec<Members> = published_runs().map(|run| members(&run.table("all/members"))).collect();
    let (mut kept, mut strange) = (0, Vec::new());
    for pair in runs.windows(2) {
        for (id, members_now) in pair[1].iter().filter(|(_, members_now)| members_now.len() >= 4) {
            let same = pair[0].iter().find(|(_, before)| jaccard(before, members_now) >= CLEARLY_SAME);
            match same {
                Some((before, _)) if before == id => kept += 1,
                Some((before, of)) => strange.push((before.clone(), id.clone(), of.len(), members_now.len())),
                None => {}
            }
        }
    }
    assert!(kept >= 50, "only {kept} communities are clearly those of the previous run");
    assert!(strange.is_empty(), "{kept} ids were kept; these jumped: {strange:?}");
}

#[test]
fn community_events_have_a_cause() {
    let states = ["born", "standing", "grew", "shrank", "merged", "split", "reactivated"];
    let events = ["merged", "split", "born", "grew", "shrank", "ended", "reactivated"];
    let causes = [
        "observed-new",
        "late-arrival",
        "source-correction",
        "expiry",
        "deletion",
        "new-source",
        "resolver-change",
        "configuration-change",
        "model-change",
    ];
    let mut output = BTreeSet::new();
    let mut before: Option<BTreeSet<String>> = None;
    for run in published_runs() {
        let communities = run.table("all/communities");
        let mut became: BTreeMap<&str, &str> = BTreeMap::new();
        for row in communities.rows() {
            let (id, state) = (communities.text("community_id", row), communities.text("state", row));
            assert!(state.is_empty() || states.contains(&state), "{id}: {state}");
            assert!(before.is_some() || state.is_empty(), "{id}: {state} in a first run");
            assert!(became.insert(id, state).is_none(), "{id} is twice in the table");
        }
        let changes = run.table("all/changes");
        for row in changes.rows().filter(|&row| changes.text("subject", row) == "community") {
            let (what, cause) = (changes.text("what", row), changes.text("cause", row));
            assert!(events.contains(&what) && causes.contains(&cause), "{what} {cause}");
            let ids = changes.texts("subject_ids", row);
            assert_eq!(changes.count("count", row), ids.len() as u64);
            for id in ids {
                // A community that ended or merged was in the previous run. Each other event is about a current community.
                let is_gone = !became.contains_key(id.as_str());
                if is_gone {
                    assert!(["ended", "merged"].contains(&what), "{id}: {what}");
                    assert!(
                        before.as_ref().is_some_and(|before| before.contains(id)),
                        "{id} was never there"
                    );
                } else {
                    assert_eq!(became[id.as_str()], what, "{id}");
                }
            }
            output.insert(what.to_owned());
        }
        before = Some(became.keys().map(|id| (*id).to_owned()).collect());
    }
    assert!(output.contains("born") && output.contains("grew"), "{output:?}");
}

#[test]
fn without_new_records_communities_change_by_age_only() {
    let World { deployment, configuration, mapping, runs } = world();
    let other = new_deployment(configuration, mapping);
    copy(&deployment.path("state"), &other.path("state"));
    assert_eq!(runs.last().map(|run| run.as_of.as_str()), Some("2026-03-12T02:00:00Z"));
    let quiet = "2026-03-13T02:00:00Z";
    other.run(quiet, &[]).ends_with(0);
    let run = other.published(quiet);
    let changes = run.table("all/changes");
    for row in changes.rows() {
        assert_eq!(changes.text("cause", row), "expiry", "{}", changes.text("detail", row));
    }
    let before = members(&deployment.published(&runs[RUNS - 1].as_of).table("all/members"));
    let after = members(&run.table("all/members"));
    let tracked: Vec<_> = before.iter().filter(|(_, members_now)| members_now.len() >= 4).collect();
    let is_kept = |(id, members_now): &(&String, &BTreeSet<String>)| {
        after.get(*id).is_some_and(|other| jaccard(members_now, other) >= CLEARLY_SAME)
    };
    let (kept, moved): (Vec<_>, Vec<_>) = tracked.into_iter().partition(is_kept);
    assert!(kept.len() >= 10);
    // Weights age at different rates, so two communities may become one. Then `changes` counts them.
    assert!(moved.len() * 10 <= kept.len(), "{} communities moved, {} stayed", moved.len(), kept.len());
    let counted = |events: &[&str]| -> u64 {
        let rows = changes.rows().filter(|row| events.contains(&changes.text("what", *row)));
        let communities = rows.filter(|row| changes.text("subject", *row) == "community");
        communities.map(|row| changes.maybe_count("count", row).unwrap_or(1)).sum()
    };
    let gone = moved.iter().filter(|(id, _)| !after.contains_key(*id)).count() as u64;
    assert!(counted(&["merged", "ended"]) >= gone, "{gone} communities ended without a change that says so");
    assert!(
        counted(&["grew", "shrank", "split"]) >= moved.len() as u64 - gone,
        "a community moved without a change"
    );
    let flags = run.table("all/flags");
    let raised = flags.rows().filter(|&row| flags.maybe_count("rank", row).is_some()).count();
    assert_eq!(raised, 0, "a run without records raises no flag");
}
