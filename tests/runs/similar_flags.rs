//! A card lists judged flags of all runs of its audience that are similar, and of no other audience.

use std::fs;

use araneus::{
    archive::add_judgements,
    columns::{Column, Columns},
    judgement::{Judgement, Kind, Value},
    tables::{self, TABLE_FILES},
    time::Moment,
};

use crate::{
    fixtures::{Fixture, Flag, RUN_TIMES, about, background::CONFIGURATION, flags},
    review_client::Review,
};

/// Name of a run before those of the fixture.
const EARLIER: &str = "20250101T000000Z";

/// Publishes an earlier run of an audience whose table of flags is that of the first run, with another id and title of one flag.
fn publish_earlier(fixture: &Fixture, audience: &str, flag: &Flag, id: &str) {
    let run = fixture.deployment.published(RUN_TIMES[0]);
    let columns = tables::read_table(&run.folder.join("all/flags.arrow")).expect("the flags");
    let changed = columns.iter().map(|(name, column)| match (name, column) {
        ("flag_id" | "title", Column::Text(texts)) => {
            let other = |text: &Option<String>| match (name, text) {
                ("flag_id", Some(text)) if *text == flag.id => Some(id.to_owned()),
                ("flag_id", Some(text)) => Some(text.replace("flag-", "flag-0")),
                (_, text) => text.as_ref().map(|text| format!("Earlier: {text}")),
            };
            (name.to_owned(), Column::Text(texts.iter().map(other).collect()))
        }
        _ => (name.to_owned(), column.clone()),
    });
    let folder = fixture.deployment.path("out").join(EARLIER).join(audience);
    fs::create_dir_all(&folder).expect("made");
    let table = tables::table(tables::Folder::Audience, "flags");
    tables::write_table(&folder, table, &[], &Columns::new(changed), &TABLE_FILES[0]).expect("written");
}

fn judge(fixture: &Fixture, id: &str, value: Value) {
    let judgement = Judgement {
        judgement_id: None,
        recorded_at: Moment::from_micros(1_760_000_000_000_000),
        by: "ana".to_owned(),
        subject_id: id.to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value,
        reason: "our own exercise".to_owned(),
        reason_code: None,
        note: None,
        identifiers: Vec::new(),
        audience: None,
    };
    add_judgements(&fixture.deployment.path("state"), &[judgement]).expect("added");
}

#[test]
fn a_card_lists_a_judged_flag_that_only_an_earlier_run_has() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let flag =
        about(&flags(&fixture.deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow");
    let (of_audience, of_others) = ("flag-aaaaaaaaaaaaaaaaaaaa", "flag-bbbbbbbbbbbbbbbbbbbb");
    publish_earlier(&fixture, "all", &flag, of_audience);
    publish_earlier(&fixture, "others", &flag, of_others);
    let similar = || {
        let card =
            Review::open(&fixture.deployment, &["--by", "ana"]).get(&format!("/flag/{}", flag.id)).body;
        card.split_once("id=\"similar-title\"").expect("the section").1.to_owned()
    };
    assert!(similar().contains("No judged flag"), "nothing is judged yet");
    judge(&fixture, of_others, Value::Confirmed);
    assert!(similar().contains("No judged flag"), "another audience has that flag");
    judge(&fixture, of_audience, Value::Benign);
    let shown = similar();
    for part in ["Earlier: ", "benign by ana", &format!("run {EARLIER}")] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(of_audience), "the run has no card of the flag, so there is no link");
}
