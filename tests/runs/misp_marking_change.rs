//! A stricter marking of an event also hides its unchanged attributes.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{Deployment, PublishedRun, named};

const CONFIGURATION: &str = r#"
[model]
id = "rules"
[[source]]
name = "misp"
mode = "snapshot"
[[audience]]
name = "partners"
clearance = "TLP:GREEN"
[[audience]]
name = "insiders"
clearance = "TLP:RED"
"#;
const HOST: &str = "a.example";

/// Returns the event with a tag; its attribute is always the same.
fn event(tag: &str) -> String {
    json!({"Event": {"uuid": "00000000-0000-4000-8000-00000000000e", "info": "Harbour watch", "date": "2026-11-01",
        "Tag": [{"name": tag}],
        "Attribute": [{"uuid": "00000000-0000-4000-8000-00000000000a", "type": "domain", "value": HOST}]}})
    .to_string()
}

fn contains(run: &PublishedRun, audience: &str, name: &str) -> bool {
    let entities = run.table(&format!("{audience}/entities"));
    entities.rows().any(|row| entities.text("label", row) == name)
}

#[test]
fn a_stricter_event_hides_its_attributes_from_audiences_with_a_lower_clearance() {
    let deployment = Deployment::new(CONFIGURATION);
    let tags = ["tlp:white", "tlp:red", "tlp:red", "tlp:green", "tlp:amber"];
    let mut seen = Vec::new();
    for (at, tag) in tags.iter().enumerate() {
        let as_of = format!("2026-11-2{at}T00:00:00Z");
        let file = deployment.write("misp/event.json", event(tag));
        deployment.run(&as_of, &[named("misp", file)]).ends_with(0);
        let run = deployment.published(&as_of);
        assert!(contains(&run, "insiders", HOST) && contains(&run, "insiders", "Harbour watch"), "{tag}");
        assert_eq!(contains(&run, "partners", HOST), contains(&run, "partners", "Harbour watch"), "{tag}");
        seen.push(contains(&run, "partners", HOST));
        // The attribute is delivered unchanged, so it is a duplicate, even if its event changed.
        let deliveries = run.table("steward/deliveries");
        let counts: BTreeMap<&str, u64> =
            ["taken", "duplicate", "changed", "new"].map(|name| (name, deliveries.sum(name))).into();
        let expected = match at {
            0 => [("taken", 2), ("duplicate", 0), ("changed", 0), ("new", 2)],
            2 => [("taken", 0), ("duplicate", 2), ("changed", 0), ("new", 0)],
            _ => [("taken", 1), ("duplicate", 1), ("changed", 1), ("new", 0)],
        };
        assert_eq!(counts, BTreeMap::from(expected), "{tag}");
    }
    assert_eq!(seen, [true, false, false, true, false]);
    // The lost records are one deletion, like a withdrawal. Later runs have no change of them.
    let changes = deployment.published("2026-11-21T00:00:00Z").table("partners/changes");
    let causes: Vec<&str> = changes
        .rows()
        .filter(|&row| changes.text("subject", row) == "record")
        .map(|row| changes.text("cause", row))
        .collect();
    assert_eq!(causes, ["deletion"]);
    let run = deployment.published("2026-11-22T00:00:00Z");
    assert!(!run.text("partners/report.html").contains(HOST));
}
