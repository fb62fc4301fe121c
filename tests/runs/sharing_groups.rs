//! Sharing groups of MISP: an audience that lists its groups sees no record of another one.

use serde_json::json;

use crate::support::{Deployment, named};

const RUN: &str = "2026-03-02T02:00:00Z";
const OWN: &str = "00000000-0000-4000-8000-0000000000a1";
const OTHER: &str = "00000000-0000-4000-8000-0000000000a2";

#[test]
fn an_audience_sees_the_records_of_its_own_groups_only() {
    let audience = |name: &str, groups: &str| {
        format!("[[audience]]\nname = \"{name}\"\nclearance = \"TLP:RED\"\n{groups}")
    };
    let upper = OWN.to_uppercase();
    let configuration = [
        audience("members", &format!("sharing_groups = [\"{upper}\"]\n")),
        audience("outsiders", "sharing_groups = []\n"),
        audience("cleared", ""),
    ];
    let deployment = Deployment::new(&configuration.concat());
    let attribute = |number: u32, value: &str, group: &str| {
        json!({ "uuid": format!("00000000-0000-4000-8000-{number:012}"), "type": "domain", "value": value,
            "distribution": "4", "SharingGroup": { "uuid": group, "name": "A group" }, "Tag": [{ "name": "tlp:green" }] })
    };
    let open = json!({ "uuid": "00000000-0000-4000-8000-000000000003", "type": "domain", "value": "open.example",
        "distribution": "3" });
    let event = json!({ "Event": { "uuid": "00000000-0000-4000-8000-00000000000e", "info": "A report", "date": "2026-03-01",
        "distribution": "3",
        "Attribute": [attribute(1, "own.example", OWN), attribute(2, "other.example", OTHER), open] } });
    deployment.run(RUN, &[named("misp", deployment.write("in/event.json", event.to_string()))]).ends_with(0);
    let run = deployment.published(RUN);
    for (audience, expected) in [
        ("members", &["A report", "open.example", "own.example"][..]),
        ("outsiders", &["A report", "open.example"]),
        ("cleared", &["A report", "open.example", "other.example", "own.example"]),
    ] {
        let entities = run.table(&format!("{audience}/entities"));
        let mut labels: Vec<&str> = entities.rows().map(|row| entities.text("label", row)).collect();
        labels.sort_unstable();
        assert_eq!(labels, expected, "{audience}");
    }
}
