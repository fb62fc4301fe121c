//! Kept stages of earlier runs save time only: a run gives the same bytes without any of them.

use std::{collections::BTreeMap, fs};

use araneus::{
    archive::{Access, Archive},
    judgement::Value,
};

use crate::{
    fixtures::{Fixture, RUN_TIMES, about, background::CONFIGURATION, copy, flags},
    support::{Deployment, equal_files, names_in},
};

const LAST: &str = RUN_TIMES[1];

/// A changed setting of each kind. Each text replaces another one in the configuration, or follows it.
const SETTINGS: [(&str, &str, &str); 10] = [
    ("nothing", "", ""),
    ("half-life", "", "[weight]\nhalf_life_days = { infrastructure = 5, capability = 9 }\n"),
    ("warning list", "", "warning_lists = [\"list.json\"]\n"),
    ("window", "", "[patterns]\nwindow_days = 5\n"),
    ("false-discovery rate", "", "[patterns]\nfdr = 0.4\n"),
    ("budget", "", "[review]\nbudget = 2\n"),
    ("sample", "", "[review]\nexploration = 5\n"),
    ("match probability", "", "[resolve]\nmatch_probability = 0.99\n"),
    ("reliability", "reliability = \"B\"", "reliability = \"E\""),
    ("audience", "", "[[audience]]\nname = \"partners\"\nclearance = \"TLP:RED\"\n"),
];

const LIST: &str = r#"{"name": "Common", "type": "string", "version": 1, "description": "",
    "matching_attributes": ["domain", "ip-src", "ip-dst", "url"], "list": ["192.0.2.1", "a.example"]}"#;

/// Kinds of kept files, by the beginning of their content.
const KINDS: [(&str, &str); 3] =
    [("found", "{\"as_of\""), ("communities", "{\"run\""), ("flags", "{\"known\"")];

/// Returns a deployment after some runs, with the results of the last one in no folder.
fn prepared() -> Fixture {
    Fixture::after_emergence(CONFIGURATION)
}

/// Returns a deployment with a copy of a state and with a changed setting.
fn changed(from: &Deployment, (_, old, new): (&str, &str, &str)) -> Deployment {
    let configuration = if old.is_empty() {
        // Single keys come before all tables.
        if new.starts_with('[') { format!("{CONFIGURATION}\n{new}") } else { format!("{new}{CONFIGURATION}") }
    } else {
        assert!(CONFIGURATION.contains(old), "the configuration has {old}");
        CONFIGURATION.replacen(old, new, 1)
    };
    let deployment = Deployment::new(&configuration);
    deployment.write("list.json", LIST);
    copy(&from.path("state"), &deployment.path("state"));
    deployment
}

/// Makes the last run, and returns the digests of its results.
fn results(deployment: &Deployment) -> BTreeMap<String, String> {
    deployment.run(LAST, &[]).ends_with(0);
    deployment.published(LAST).digests()
}

/// Returns the kept files with the kind of each.
fn kept(deployment: &Deployment) -> Vec<(String, &'static str)> {
    let archive = Archive::open(&deployment.path("state"), Access::Read).expect("an archive");
    let kind = |name: &String| {
        if name.ends_with(".columns.zst") {
            return Some("sides");
        }
        let content = archive.run_state(name.strip_suffix(".json.zst")?).expect("intact").expect("kept");
        let begins = |(_, begin): &&(&str, &str)| content.starts_with(begin.as_bytes());
        KINDS.iter().find(begins).map(|(kind, _)| *kind)
    };
    let names = names_in(&deployment.path("state/run-state")).into_iter();
    names.filter_map(|name| Some((name.clone(), kind(&name)?))).collect()
}

fn without_stages(deployment: &Deployment) {
    fs::remove_dir_all(deployment.path("state/run-state")).expect("the run state");
}

/// Returns the number of runs that the last run replays.
fn replays(deployment: &Deployment) -> usize {
    let output = deployment.ask(&["run", "--verbose", "--as-of", LAST]);
    output.ends_with(0);
    output.stderr.lines().filter(|line| line.trim().starts_with("replay ")).count()
}

#[test]
fn a_changed_setting_of_each_kind_gives_the_same_bytes_with_and_without_kept_stages() {
    let fixture = prepared();
    let mut of_settings = Vec::new();
    for setting in SETTINGS {
        let [with, without] = [(); 2].map(|()| changed(&fixture.deployment, setting));
        without_stages(&without);
        let expected = results(&without);
        equal_files(&results(&with), &expected, setting.0);
        let of_state = |deployment: &Deployment| {
            let names = names_in(&deployment.path("state/run-state"));
            names.into_iter().map(|name| (name, String::new())).collect()
        };
        equal_files(&of_state(&with), &of_state(&without), &format!("{}: kept stages", setting.0));
        of_settings.push(expected);
    }
    let unchanged = of_settings.remove(0);
    assert!(of_settings.iter().all(|results| *results != unchanged), "every setting changes the results");
}

#[test]
fn every_subset_of_the_kept_stages_gives_the_same_bytes() {
    let fixture = prepared();
    let files = kept(&fixture.deployment);
    let kinds = ["found", "communities", "flags", "sides"];
    for kind in kinds {
        assert!(files.iter().any(|(_, of)| *of == kind), "{kind}: {files:?}");
    }
    for setting in [SETTINGS[0], SETTINGS[4]] {
        let without = changed(&fixture.deployment, setting);
        without_stages(&without);
        let expected = results(&without);
        for subset in 1..1_usize << kinds.len() {
            let deployment = changed(&fixture.deployment, setting);
            let is_removed = |kind: &str| {
                kinds.iter().position(|of| *of == kind).is_some_and(|bit| subset & (1 << bit) != 0)
            };
            for (name, _) in files.iter().filter(|(_, kind)| is_removed(kind)) {
                fs::remove_file(deployment.path("state/run-state").join(name)).expect("removed");
            }
            equal_files(&results(&deployment), &expected, &format!("{}: subset {subset:b}", setting.0));
        }
    }
}

#[test]
fn without_any_one_kept_file_the_bytes_are_the_same() {
    let fixture = prepared();
    let setting = SETTINGS[4];
    let expected = results(&changed(&fixture.deployment, setting));
    for (name, kind) in kept(&fixture.deployment) {
        let deployment = changed(&fixture.deployment, setting);
        fs::remove_file(deployment.path("state/run-state").join(&name)).expect("removed");
        deployment.ask(&["verify"]).ends_with(7);
        equal_files(&results(&deployment), &expected, &format!("{kind} {name}"));
        deployment.ask(&["verify"]).ends_with(0);
    }
}

#[test]
fn a_setting_of_the_review_and_a_late_judgement_replay_no_run() {
    let fixture = prepared();
    for setting in &SETTINGS[4..7] {
        assert_eq!(replays(&changed(&fixture.deployment, *setting)), 0, "{}", setting.0);
    }
    assert!(replays(&changed(&fixture.deployment, SETTINGS[1])) > 2, "a half-life replays every run");
    let raised =
        about(&flags(&fixture.deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow");
    let decide =
        ["judgements", "add", &raised.id, Value::Benign.name(), "--reason", "an exercise", "--by", "ana"];
    let late = ["--recorded-at", "2026-03-02T01:00:00Z"];
    fixture.deployment.ask(&[&decide[..], &late[..]].concat()).ends_with(0);
    let [with, without] = [(); 2].map(|()| changed(&fixture.deployment, SETTINGS[0]));
    without_stages(&without);
    equal_files(&results(&with), &results(&without), "a late judgement");
    assert_eq!(replays(&changed(&fixture.deployment, SETTINGS[0])), 0, "a late judgement");
}

#[test]
fn a_changed_kept_file_ends_with_7() {
    let fixture = prepared();
    for (name, kind) in kept(&fixture.deployment) {
        let deployment = changed(&fixture.deployment, SETTINGS[0]);
        let path = deployment.path("state/run-state").join(&name);
        let mut bytes = fs::read(&path).expect("a file");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).expect("written");
        let output = deployment.ask(&["verify"]);
        assert!(output.ends_with(7).stderr.contains("run-state"), "{kind}: {}", output.stderr);
    }
}
