//! A newer version of the resolver gives changes with the cause `resolver-change`.

use std::{collections::BTreeSet, fs, path::Path};

use araneus::{
    progress::Progress,
    resolve,
    run::{self, Config, Request},
    tables::read_table,
    time::Moment,
};

/// A curated list with a synonym, and an actor with only that synonym as its name.
const DELIVERIES: [(&str, &str); 2] = [
    (
        "book/actors.json",
        r#"{"type": "threat-actor", "name": "Actors", "category": "actor", "values": [
            {"value": "Heron", "uuid": "0d1b2c3d-0000-4000-8000-000000000001", "meta": {"synonyms": ["Grey Wader"]}}]}"#,
    ),
    (
        "feed/bundle.json",
        r#"{"type": "bundle", "objects": [{"type": "intrusion-set", "name": "GREY WADER",
            "id": "intrusion-set--0d1b2c3d-0000-4000-8000-000000000002"}]}"#,
    ),
];

/// Runs the deliveries with a version of the rules; returns the changes and the number of entities.
fn run(folder: &Path, as_of: &str, version: u32) -> (BTreeSet<(String, String)>, usize) {
    let mut config = Config::new(folder);
    config.rules.analysis.resolve.version = version;
    let inputs = ["book", "feed"].map(|name| folder.join(name).display().to_string()).to_vec();
    let moment = Moment::parse(as_of).expect("a moment");
    let request = Request::new(config, moment, inputs);
    let outcome = run::run(&request, &mut || Ok(Vec::new()), &Progress::silent()).expect("the run succeeds");
    let changes = read_table(&outcome.folder.join("all/changes.arrow")).expect("changes");
    let column =
        |name: &str| changes.text(name).expect("a column").iter().flatten().cloned().collect::<Vec<_>>();
    (column("cause").into_iter().zip(column("what")).collect(), outcome.network.entities)
}

#[test]
fn a_newer_resolver_on_the_same_records_is_a_resolver_change_and_not_new() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in DELIVERIES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let (_, apart) = run(folder.path(), "2026-03-01T00:00:00Z", 0);
    assert_eq!(apart, 2, "version 0 has no rule: two entities");
    let (changes, joined) = run(folder.path(), "2026-03-02T00:00:00Z", resolve::VERSION);
    assert_eq!(joined, 1, "the list's synonym joins them");
    let causes: BTreeSet<&str> = changes.iter().map(|(cause, _)| cause.as_str()).collect();
    assert_eq!(causes, BTreeSet::from(["resolver-change"]), "{changes:?}");
    assert!(changes.contains(&("resolver-change".to_owned(), "merged".to_owned())), "{changes:?}");
    let (changes, _) = run(folder.path(), "2026-03-03T00:00:00Z", resolve::VERSION);
    assert!(changes.is_empty(), "unexpected changes: {changes:?}");
}
