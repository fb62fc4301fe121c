//! A link to a revoked object counts for the object that takes its place.

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named};

const RUN: &str = "2026-03-02T02:00:00Z";

fn object(kind: &str, number: u32, name: &str) -> Value {
    json!({ "type": kind, "id": format!("{kind}--00000000-0000-4000-8000-{number:012}"), "name": name,
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z" })
}

fn relationship(number: u32, kind: &str, from: &Value, to: &Value) -> Value {
    let mut link = object("relationship", number, "");
    link["relationship_type"] = json!(kind);
    link["source_ref"] = from["id"].clone();
    link["target_ref"] = to["id"].clone();
    link
}

fn bundle(objects: &[&Value]) -> String {
    json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": objects })
        .to_string()
}

/// Returns the links of a run as texts.
fn links(run: &PublishedRun) -> Vec<String> {
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let label = |id: &str| {
        let row = entities.rows().find(|&row| entities.text("entity_id", row) == id).expect("an entity");
        entities.text("label", row).to_owned()
    };
    let text = |row| {
        let [from, to] = ["from_id", "to_id"].map(|column| label(links.text(column, row)));
        format!("{from} {} {to}", links.text("kind", row))
    };
    links.rows().map(text).collect()
}

#[test]
fn a_link_to_a_revoked_technique_leads_to_its_successor() {
    let mut old = object("attack-pattern", 1, "Old Method");
    old["revoked"] = json!(true);
    let (new, lost) = (object("attack-pattern", 2, "New Method"), {
        let mut lost = object("attack-pattern", 3, "Lost Method");
        lost["revoked"] = json!(true);
        lost
    });
    let actor = object("threat-actor", 4, "Grey Heron");
    let catalogue = bundle(&[&old, &new, &lost, &relationship(5, "revoked-by", &old, &new)]);
    let [first, second] = [relationship(6, "uses", &actor, &old), relationship(7, "uses", &actor, &lost)];
    let report = bundle(&[&actor, &first, &second]);
    let deployment = Deployment::new("");
    let inputs = [
        named("catalogue", deployment.write("in/catalogue/bundle.json", catalogue)),
        named("partner", deployment.write("in/partner/bundle.json", report)),
    ];
    deployment.run(RUN, &inputs).ends_with(0);
    assert_eq!(links(&deployment.published(RUN)), ["Grey Heron uses New Method"]);
}
