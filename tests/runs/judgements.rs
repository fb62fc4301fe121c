//! Judgements of flags: they take effect, are kept once, and a file is imported as a whole or rejected.

use std::fs;

use crate::{
    fixtures::{Fixture, RUN_TIMES, about, background::CONFIGURATION, flags},
    support::{CommandOutput, PublishedRun, malware, named},
};

const DECIDED: &str = "2026-03-02T12:00:00Z";

#[test]
fn a_benign_flag_leaves_the_queue_until_an_independent_source_is_added() {
    let mut fixture = Fixture::after_emergence(CONFIGURATION);
    let sparrow = |fixture: &Fixture, run: &str| {
        about(&flags(&fixture.deployment.published(run), "all"), "community birth", "Ash Sparrow")
    };
    let raised = sparrow(&fixture, RUN_TIMES[0]);
    let decide = [
        "judgements",
        "add",
        &raised.id,
        "benign",
        "--recorded-at",
        DECIDED,
        "--by",
        "ana",
        "--reason",
        "ours",
    ];
    fixture.deployment.ask(&decide).ends_with(0);
    // The judged run stays unchanged, because the judgement is later.
    fixture.rerun(RUN_TIMES[0]);
    assert_eq!(sparrow(&fixture, RUN_TIMES[0]).state, "new");

    fixture.run(RUN_TIMES[1], &[]);
    let judged = sparrow(&fixture, RUN_TIMES[1]);
    assert_eq!(
        (judged.id.as_str(), judged.state.as_str(), judged.rank),
        (raised.id.as_str(), "judged", None)
    );

    // More records of the same source do not return the flag to the queue.
    fixture.run(RUN_TIMES[2], &["northwind: campaign First Smoke uses malware Emberfoot"]);
    assert_eq!(sparrow(&fixture, RUN_TIMES[2]).state, "judged");

    fixture.run(
        RUN_TIMES[3],
        &[
            "kestrel: actor Ash Sparrow uses malware Cinderlid",
            "kestrel: campaign First Smoke uses malware Emberfoot",
        ],
    );
    let grown = sparrow(&fixture, RUN_TIMES[3]);
    assert_eq!((grown.id.as_str(), grown.state.as_str()), (raised.id.as_str(), "grown"));
    assert!(grown.rank.is_some(), "it is before a person again");

    // The flag grew beyond its judged content, so the judgement no longer applies.
    fixture.run(RUN_TIMES[4], &[]);
    let after = sparrow(&fixture, RUN_TIMES[4]);
    assert_eq!((after.state.as_str(), after.rank), ("standing", None));
}

#[test]
fn a_judgement_of_one_flag_does_not_change_the_others() {
    let mut fixture = Fixture::after_emergence(CONFIGURATION);
    let before = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    let (sparrow, key) =
        (about(&before, "community birth", "Ash Sparrow"), about(&before, "sudden broker", "Skeleton Key"));
    fixture
        .deployment
        .ask(&["judgements", "add", &sparrow.id, "confirmed", "--recorded-at", DECIDED, "--reason", "seen"])
        .ends_with(0);
    fixture.run(RUN_TIMES[1], &[]);
    let after = flags(&fixture.deployment.published(RUN_TIMES[1]), "all");
    assert_eq!(about(&after, "community birth", "Ash Sparrow").state, "judged");
    assert_eq!(about(&after, "sudden broker", "Skeleton Key").state, "standing");
    assert_eq!(about(&after, "sudden broker", "Skeleton Key").id, key.id);
}

/// Returns a file with judgements of three flags in one of the two forms; its third row may be invalid.
fn file(form: &str, flags: &[String], (third, reason): (&str, &str)) -> String {
    let known = "seen, and known";
    let rows = [(1, "benign", known), (2, "confirmed", known), (3, third, reason)];
    let rows = flags.iter().zip(rows);
    match form {
        "csv" => {
            let row = |(flag, (number, value, reason)): (&String, (u8, &str, &str))| {
                format!("2026-03-0{number},ana,{flag},flag,{value},\"{reason}\"\r\n")
            };
            format!("recorded_at,by,subject_id,kind,value,reason\r\n{}", rows.map(row).collect::<Vec<_>>().concat())
        }
        _ => rows
            .map(|(flag, (number, value, reason))| {
                format!(
                    "{{\"recorded_at\":\"2026-03-0{number}T23:59:59.999999Z\",\"by\":\"ana\",\"subject_id\":\"{flag}\",\"kind\":\"flag\",\"value\":\"{value}\",\"reason\":\"{reason}\"}}\n"
                )
            })
            .collect::<Vec<_>>()
            .concat(),
    }
}

/// Returns the ids of three flags of a deployment.
fn three_flags(fixture: &Fixture) -> Vec<String> {
    let all = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    assert!(all.len() >= 3, "{all:#?}");
    all.into_iter().take(3).map(|flag| flag.id).collect()
}

fn exported(fixture: &Fixture) -> Vec<String> {
    let output: CommandOutput = fixture.deployment.ask(&["judgements", "export"]);
    output.ends_with(0).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn judgements_are_imported_from_both_forms_once() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let ids = three_flags(&fixture);
    for (form, expected) in [("csv", 3), ("jsonl", 3)] {
        let rows = file(form, &ids, ("needs-more", "seen, and known"));
        let path = fixture.deployment.write(&format!("decided.{form}"), rows);
        for _ in 0..2 {
            fixture.deployment.ask(&["judgements", "import", &path]).ends_with(0);
            let all = exported(&fixture);
            // Both files contain the same judgements: the second file and any repetition add none.
            assert_eq!(all.len(), expected, "{form}: {all:#?}");
        }
    }
    let all = exported(&fixture);
    assert!(all[2].contains("needs-more") && all[2].contains("seen, and known"), "{all:#?}");
    // Another deployment with these flags can import the exported file.
    let other = Fixture::after_emergence(CONFIGURATION);
    let path = other.deployment.write("exported.jsonl", all.join("\n"));
    other.deployment.ask(&["judgements", "import", &path]).ends_with(0);
    assert_eq!(exported(&other), all);
}

#[test]
fn an_invalid_row_is_named_by_its_line_and_no_row_of_its_file_is_kept() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let mut ids = three_flags(&fixture);
    let refused = |ids: &[String], third: (&str, &str)| {
        for (form, line) in [("csv", "line 4"), ("jsonl", "line 3")] {
            let path = fixture.deployment.write(&format!("wrong.{form}"), file(form, ids, third));
            let output = fixture.deployment.ask(&["judgements", "import", &path]);
            output.ends_with(2);
            assert!(output.stderr.contains(line), "{form}, {third:?}: {}", output.stderr);
            assert!(exported(&fixture).is_empty(), "{form}, {third:?}: half of the file was taken");
        }
    };
    for third in
        [("harmless", "seen"), ("same", "seen"), ("benign", ""), ("confirmed", " … "), ("needs-more", "-")]
    {
        refused(&ids, third);
    }
    for unknown in ["flag-00000000000000000000", "flag-0123…", "entity-00000000000000000000", "1"] {
        unknown.clone_into(&mut ids[2]);
        refused(&ids, ("benign", "seen"));
    }
    assert!(!fixture.deployment.path("state/judgements.jsonl").exists());
}

#[test]
fn a_flag_is_selected_by_id_prefix_or_rank_and_an_unknown_flag_is_rejected() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let all = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    let first = all.iter().find(|flag| flag.rank == Some(1)).expect("a queue");
    let add = |arguments: &[&str]| fixture.deployment.ask(&[&["judgements", "add"], arguments].concat());
    let why = ["--reason", "an exercise"];
    let digits = &first.id["flag-".len()..];
    let unlike = if first.id.ends_with('0') { "1" } else { "0" };
    let almost_id = format!("{}{unlike}", &first.id[..first.id.len() - 1]);
    for (flag, words) in [
        (almost_id.as_str(), first.id.as_str()),
        ("flag-0123…", "first six digits"),
        ("…", "first six digits"),
        (&first.id[..10], "flag-"),
        (&digits[..5], "no "),
        ("99", "rank 99"),
        ("entity-00000000000000000000", "flag-"),
        ("", "flag-"),
    ] {
        let output = add(&[&[flag, "benign"], &why[..]].concat());
        assert!(output.ends_with(2).stderr.contains(words), "{flag}: {}", output.stderr);
    }
    for invalid_arguments in [
        &[&first.id, "benign"][..],
        &[&first.id, "confirmed"],
        &[&first.id, "benign", "--reason", "  "],
        &[&first.id, "benign", "--reason", "…"],
        &[&first.id, "needs-more", "--reason", ""],
        &[&first.id, "benign", "--reason", "ours", "--by", " "],
        &[&first.id, "harmless", "--reason", "ours"],
        &[&first.id, "benign", "--reason", "ours", "--recorded-at", "yesterday"],
    ] {
        add(invalid_arguments).ends_with(2);
    }
    assert!(fs::metadata(fixture.deployment.path("state/judgements.jsonl")).is_err());

    for flag in [&first.id, &first.id[..11], &digits[..6], "1", "#1"] {
        add(&[&[flag, "benign"], &why[..]].concat()).ends_with(0);
    }
    add(&[&first.id, "needs-more"]).ends_with(0);
    let all = exported(&fixture);
    assert!(all.len() >= 6 && all.iter().all(|line| line.contains(&first.id)), "{all:#?}");
    // This also works with another results folder, because the archive knows its flags.
    fs::rename(fixture.deployment.path("out"), fixture.deployment.path("moved")).expect("moved");
    add(&[&[&digits[..8], "benign"], &why[..]].concat()).ends_with(0);
    let output = add(&[&[almost_id.as_str(), "benign"], &why[..]].concat());
    assert!(output.ends_with(2).stderr.contains(&first.id), "{}", output.stderr);
}

#[test]
fn a_flag_of_an_early_run_can_be_judged_after_the_archive_forgot_it() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let flag = flags(&fixture.deployment.published(RUN_TIMES[0]), "all").swap_remove(0);
    let later = ["2027-01-01T00:00:00Z", "2028-06-01T00:00:00Z"];
    for (number, as_of) in (1..).zip(later) {
        let path = fixture.deployment.write(&format!("later/{number}.json"), malware(number, "Gorsefire"));
        fixture.deployment.run_with(as_of, &[named("northwind", path)], &["--future"]).ends_with(0);
    }
    let latest = flags(&fixture.deployment.published(later[1]), "all");
    assert!(latest.iter().all(|other| other.id != flag.id), "the archive knows the flag: {latest:#?}");
    let add = ["judgements", "add", &flag.id, "benign", "--reason", "ours"];
    fixture.deployment.ask(&add).ends_with(0);
    assert_eq!(exported(&fixture).len(), 1);
}

/// Judges a flag as two people, and returns the ids of the judgements.
fn two_verdicts(fixture: &Fixture, flag: &str, values: [&str; 2]) -> Vec<String> {
    for (by, value) in ["ana", "ben"].into_iter().zip(values) {
        let reason = ["--by", by, "--reason", "looked at it", "--recorded-at", DECIDED];
        fixture.deployment.ask(&[&["judgements", "add", flag, value], &reason[..]].concat()).ends_with(0);
    }
    let listed = fixture.deployment.ask(&["judgements", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("JSON");
    let ids =
        listed.as_array().expect("a list").iter().map(|row| row["judgement_id"].as_str().expect("an id"));
    ids.map(str::to_owned).collect()
}

#[test]
fn two_different_verdicts_make_a_flag_contested_until_people_agree() {
    let mut fixture = Fixture::after_emergence(CONFIGURATION);
    let sparrow = |fixture: &Fixture, run: &str| {
        about(&flags(&fixture.deployment.published(run), "all"), "community birth", "Ash Sparrow")
    };
    let flag = sparrow(&fixture, RUN_TIMES[0]);
    let judgements = two_verdicts(&fixture, &flag.id, ["confirmed", "benign"]);
    // The queue shows the disagreement at once, and `explain` does, too.
    let shown = fixture.deployment.ask(&["queue"]);
    assert!(shown.stdout.contains("contested") && shown.stdout.contains("[confirmed by ana, benign by ben]"));
    let explained = fixture.deployment.ask(&["explain", &flag.id, "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&explained.ends_with(0).stdout).expect("JSON");
    assert_eq!(answer["state"], "contested");
    assert_eq!(
        (answer["verdicts"].as_array().map(Vec::len), &answer["judged"]),
        (Some(2), &serde_json::Value::Null)
    );

    fixture.run(RUN_TIMES[1], &[]);
    let run = fixture.deployment.published(RUN_TIMES[1]);
    assert_eq!((sparrow(&fixture, RUN_TIMES[1]).state.as_str(), flag.rank.is_some()), ("contested", true));
    let table = run.table("all/flags");
    let row = table.rows().find(|&row| table.text("flag_id", row) == flag.id).expect("the flag");
    assert_eq!(table.texts("verdicts", row), ["benign", "confirmed"]);
    assert_eq!(table.text("verdict", row), "");
    let report = run.text("all/report.html");
    assert!(report.contains("Reviewers disagree: 1 benign, 1 confirmed."));
    assert!(!report.contains("ben "), "an audience reads no names of people");
    let waiting = fixture.deployment.ask(&["queue"]);
    assert!(waiting.stderr.contains("1 is contested: reviewers disagree"), "{}", waiting.stderr);
    let labels = |fixture: &Fixture| {
        fixture.deployment.ask(&["backtest"]).ends_with(0);
        let rows = PublishedRun { folder: fixture.deployment.path("out") };
        let rows = rows.table("backtest");
        let of_flag = rows.rows().filter(|&row| rows.text("lineage", row) == flag.id);
        of_flag.filter(|&row| rows.text("label_source", row) == "judgement").count()
    };
    assert_eq!(labels(&fixture), 0, "learning uses neither verdict");

    // Ben takes the verdict back; the other one is in force.
    let of_ben = judgements.iter().find(|id| {
        let listed = fixture.deployment.ask(&["judgements", "list"]).stdout;
        listed.lines().any(|line| line.contains(id.as_str()) && line.contains("benign"))
    });
    let of_ben = of_ben.expect("the judgement of ben");
    let withdraw =
        ["judgements", "add", of_ben, "withdrawn", "--by", "ben", "--recorded-at", "2026-03-03T12:00:00Z"];
    fixture.deployment.ask(&withdraw).ends_with(0);
    fixture.run(RUN_TIMES[2], &[]);
    assert_eq!(sparrow(&fixture, RUN_TIMES[2]).state, "judged");
    assert!(labels(&fixture) > 0);
    let unknown = ["judgements", "add", "judgement-00000000000000000000", "withdrawn", "--by", "ben"];
    fixture.deployment.ask(&unknown).ends_with(2);
    // Another deployment imports the withdrawal with the judgement that it names.
    let path = fixture.deployment.write("all.jsonl", exported(&fixture).join("\n"));
    for _ in 0..2 {
        fixture.deployment.ask(&["judgements", "import", &path]).ends_with(0);
    }
    assert_eq!(exported(&fixture).len(), 3);
}

#[test]
fn the_agreement_of_reviewers_is_reported() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let ids = three_flags(&fixture);
    let nobody = fixture.deployment.ask(&["judgements", "agreement"]);
    assert!(nobody.ends_with(0).stdout.contains("not known"), "{}", nobody.stdout);
    two_verdicts(&fixture, &ids[0], ["confirmed", "confirmed"]);
    two_verdicts(&fixture, &ids[1], ["benign", "benign"]);
    two_verdicts(&fixture, &ids[2], ["confirmed", "benign"]);
    let answer = fixture.deployment.ask(&["judgements", "agreement", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&answer.ends_with(0).stdout).expect("JSON");
    assert_eq!(
        (&answer["flags"], &answer["agreed"], &answer["contested"]),
        (&3.into(), &2.into(), &1.into())
    );
    // Two pairs of six differ within flags, and three of five pairs of all values differ: 1 - (1 / 3) / (3 / 5).
    let alpha = answer["alpha"]["value"].as_f64().expect("a number");
    assert!((alpha - (1.0 - (1.0 / 3.0) / 0.6)).abs() < 1e-9, "{alpha}");
    let listed = fixture.deployment.ask(&["judgements", "list"]);
    assert!(listed.stderr.contains("agreed: 2, contested: 1"), "{}", listed.stderr);
}
