//! Judgements about what was erased.

use std::fs;

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, about, background::CONFIGURATION, flags},
    support::{Deployment, malware, named},
};

fn lines(deployment: &Deployment) -> Vec<String> {
    let text = fs::read_to_string(deployment.path("state/judgements.jsonl")).expect("judgements");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_judgement_goes_with_the_last_record_of_an_entity_and_loses_its_text_with_the_others() {
    let (feeds, deployment) = (Deployment::new(""), Deployment::new("[model]\nid = \"rules\"\n"));
    let feed = |source: &str, number, name: &str| {
        named(source, feeds.write(&format!("{source}-{number}.json"), malware(number, name)))
    };
    // Two sources have the object 1, and one has each of the others.
    let inputs = [
        feed("north", 1, "Reedwisp"),
        feed("south", 1, "Reedwisp"),
        feed("north", 2, "Fenlight"),
        feed("north", 3, "Tidewash"),
        feed("north", 4, "Marshlamp"),
    ];
    deployment.run("2026-06-01", &inputs).ends_with(0);
    let id = |number: u32| format!("malware--00000000-0000-4000-8000-{number:012}");
    for (pair, reason) in [([1, 2], "of both sources"), ([2, 3], "unlike Marshlamp"), ([3, 4], "other code")]
    {
        let [one, other] = pair.map(id);
        let judge = ["judgements", "add", &one, &other, "different", "--reason", reason, "--by", "ana"];
        deployment.ask(&judge).ends_with(0);
    }
    let before = lines(&deployment);
    assert_eq!(before.len(), 3);
    let erase = |selection: &[&str]| {
        let command = [&["erase", "--reason", "a test", "--by", "ana", "--yes"], selection].concat();
        deployment.ask(&command).ends_with(0);
        deployment.ask(&["verify"]).ends_with(0);
        lines(&deployment)
    };
    let after = erase(&["--id", &id(1), "--source", "south"]);
    assert_eq!(after[1..], before[1..], "judgements about other entities keep their bytes");
    assert!(after[0].contains("different") && !after[0].contains("of both sources"), "{}", after[0]);
    let after = erase(&["--id", &id(4)]);
    assert_eq!(after.len(), 2, "no record is left of the object 4");
    assert!(!after[1].contains("Marshlamp"), "a text that quotes an erased name goes: {}", after[1]);
}

#[test]
fn a_judgement_about_a_flag_goes_with_the_flag() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    fixture.run(RUN_TIMES[0], &EMERGING);
    let raised =
        about(&flags(&fixture.deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow");
    let decide = ["judgements", "add", &raised.id, "benign", "--reason", "an exercise", "--by", "ana"];
    fixture.deployment.ask(&decide).ends_with(0);
    assert_eq!(lines(&fixture.deployment).len(), 1);
    let deliveries = fixture.deployment.published(RUN_TIMES[0]).table("steward/deliveries");
    let mut erase = vec!["erase", "--reason", "a test", "--by", "ana", "--yes"];
    let digests: Vec<String> =
        deliveries.rows().map(|row| deliveries.text("delivery", row).to_owned()).collect();
    for digest in &digests {
        erase.extend(["--delivery", digest]);
    }
    fixture.deployment.ask(&erase).ends_with(0);
    assert_eq!(lines(&fixture.deployment), Vec::<String>::new(), "the flag is not known any more");
    fixture.deployment.ask(&["verify"]).ends_with(0);
}
