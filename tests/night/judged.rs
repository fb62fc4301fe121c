//! What people decide about flags: it is followed, it is kept once, and it is taken in whole or not at all.

use std::fs;

use crate::{
    stories::{NIGHTS, Teller, about, background::CONFIGURATION, flags},
    support::Said,
};

const DECIDED: &str = "2026-03-02T12:00:00Z";

#[test]
fn a_benign_flag_leaves_the_queue_until_an_independent_source_is_added() {
    let mut teller = Teller::after_emergence(CONFIGURATION);
    let sparrow = |teller: &Teller, night: &str| {
        about(&flags(&teller.deployment.night(night), "all"), "community birth", "Ash Sparrow")
    };
    let raised = sparrow(&teller, NIGHTS[0]);
    let decide =
        ["judgements", "add", &raised.id, "benign", "--told", DECIDED, "--by", "ana", "--reason", "ours"];
    teller.deployment.ask(&decide).ends_with(0);
    // The night on which it was decided stays as it was: the decision came later.
    teller.nothing(NIGHTS[0]);
    assert_eq!(sparrow(&teller, NIGHTS[0]).state, "new");

    teller.tell(NIGHTS[1], &[]);
    let judged = sparrow(&teller, NIGHTS[1]);
    assert_eq!(
        (judged.id.as_str(), judged.state.as_str(), judged.rank),
        (raised.id.as_str(), "judged", None)
    );

    // More of the same source is no reason to ask again.
    teller.tell(NIGHTS[2], &["northwind: campaign First Smoke uses malware Emberfoot"]);
    assert_eq!(sparrow(&teller, NIGHTS[2]).state, "judged");

    teller.tell(
        NIGHTS[3],
        &[
            "kestrel: actor Ash Sparrow uses malware Cinderlid",
            "kestrel: campaign First Smoke uses malware Emberfoot",
        ],
    );
    let grown = sparrow(&teller, NIGHTS[3]);
    assert_eq!((grown.id.as_str(), grown.state.as_str()), (raised.id.as_str(), "grown"));
    assert!(grown.rank.is_some(), "it is before a person again");

    // It grew beyond what was judged: that judgement says nothing of it any more.
    teller.tell(NIGHTS[4], &[]);
    let after = sparrow(&teller, NIGHTS[4]);
    assert_eq!((after.state.as_str(), after.rank), ("standing", None));
}

#[test]
fn what_is_decided_about_one_flag_leaves_the_others_as_they_are() {
    let mut teller = Teller::after_emergence(CONFIGURATION);
    let before = flags(&teller.deployment.night(NIGHTS[0]), "all");
    let (sparrow, key) =
        (about(&before, "community birth", "Ash Sparrow"), about(&before, "sudden broker", "Skeleton Key"));
    teller.deployment.ask(&["judgements", "add", &sparrow.id, "confirmed", "--told", DECIDED]).ends_with(0);
    teller.tell(NIGHTS[1], &[]);
    let after = flags(&teller.deployment.night(NIGHTS[1]), "all");
    assert_eq!(about(&after, "community birth", "Ash Sparrow").state, "judged");
    assert_eq!(about(&after, "sudden broker", "Skeleton Key").state, "standing");
    assert_eq!(about(&after, "sudden broker", "Skeleton Key").id, key.id);
}

/// A file of judgements in each of the two forms; the value in its third row may be wrong.
fn file(form: &str, third: &str) -> String {
    let rows = [("1", "benign"), ("2", "confirmed"), ("3", third)];
    let of = |number: &str| format!("flag-000000000000000000{number}0");
    match form {
        "csv" => {
            let row = |(number, value): (&str, &str)| {
                format!("2026-03-0{number},ana,{},flag,{value},\"seen, and known\"\r\n", of(number))
            };
            format!("told,by,subject_id,kind,value,reason\r\n{}", rows.map(row).concat())
        }
        _ => rows
            .map(|(number, value)| {
                format!(
                    "{{\"told\":\"2026-03-0{number}T23:59:59.999999Z\",\"by\":\"ana\",\"subject_id\":\"{}\",\"kind\":\"flag\",\"value\":\"{value}\",\"reason\":\"seen, and known\"}}\n",
                    of(number)
                )
            })
            .concat(),
    }
}

fn exported(teller: &Teller) -> Vec<String> {
    let said: Said = teller.deployment.ask(&["judgements", "export"]);
    said.ends_with(0).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn judgements_are_imported_from_both_forms_once() {
    let teller = Teller::after_background(CONFIGURATION);
    for (form, expected) in [("csv", 3), ("jsonl", 3)] {
        let path = teller.deployment.write(&format!("decided.{form}"), file(form, "needs-more"));
        for _ in 0..2 {
            teller.deployment.ask(&["judgements", "import", &path]).ends_with(0);
            let all = exported(&teller);
            // Both files say the same: the second one, and either again, adds nothing.
            assert_eq!(all.len(), expected, "{form}: {all:#?}");
        }
    }
    let all = exported(&teller);
    assert!(all[2].contains("needs-more") && all[2].contains("seen, and known"), "{all:#?}");
    // What is exported can be imported elsewhere.
    let other = Teller::after_background(CONFIGURATION);
    let path = other.deployment.write("exported.jsonl", all.join("\n"));
    other.deployment.ask(&["judgements", "import", &path]).ends_with(0);
    assert_eq!(exported(&other), all);
}

#[test]
fn a_wrong_row_is_named_by_its_line_and_nothing_of_its_file_is_kept() {
    let teller = Teller::after_background(CONFIGURATION);
    for (form, line) in [("csv", "line 4"), ("jsonl", "line 3")] {
        for wrong in ["harmless", "same"] {
            let path = teller.deployment.write(&format!("wrong.{form}"), file(form, wrong));
            let said = teller.deployment.ask(&["judgements", "import", &path]);
            said.ends_with(2);
            assert!(said.stderr.contains(line), "{form}, {wrong}: {}", said.stderr);
            assert!(exported(&teller).is_empty(), "{form}, {wrong}: half of the file was taken");
        }
    }
    assert!(!teller.deployment.path("state/judgements.jsonl").exists());
    // Neither is a judgement of something that is no flag, or told at no time.
    for arguments in [
        ["entity-00000000000000000000", "benign", "--told", DECIDED],
        ["flag-00000000000000000000", "benign", "--told", "yesterday"],
    ] {
        teller.deployment.ask(&[&["judgements", "add"], &arguments[..]].concat()).ends_with(2);
    }
    assert!(fs::metadata(teller.deployment.path("state/judgements.jsonl")).is_err());
}
