//! Analyst data, sharing groups and decay scores.

use serde_json::{Value, json};

use super::{A, B, E, O, attribute, claims, event, read, within_event};
use crate::{
    ingest::RejectRule,
    marking::{Marking, SHARING_GROUP},
    record::Remark,
};

const N: &str = "00000000-0000-4000-8000-0000000000d1";

fn note(members: &Value) -> Value {
    let mut note = json!({ "uuid": N, "object_uuid": A, "object_type": "Attribute", "note": "checked twice",
        "created": "2024-01-11 10:00:00", "modified": "2024-02-01 08:30:00", "distribution": "1" });
    for (name, value) in members.as_object().expect("members") {
        note[name] = value.clone();
    }
    note
}

fn with_data(name: &str, data: &Value) -> Value {
    let mut domain = attribute("domain", "a.example", false);
    domain[name] = json!([data]);
    domain
}

#[test]
fn a_note_is_an_object_of_its_own_and_leaves_its_attribute_as_it_is() {
    let plain = within_event(&json!({ "Attribute": [attribute("domain", "a.example", false)] }));
    let found = within_event(&json!({ "Attribute": [with_data("Note", &note(&json!({})))] }));
    let positions: Vec<&str> = found.iter().map(|(position, _)| position.as_str()).collect();
    assert_eq!(positions, ["", "/Attribute/0", "/Attribute/0/Note/0"]);
    assert_eq!(found[1].1, plain[1].1);
    let content = &found[2].1;
    assert_eq!(
        claims(content),
        format!("note \"-\" = note--{N}\nnote--{N} --object/co-report-> misp-element--{A}\n")
    );
    assert_eq!(
        content.seen.start.map(|start| start.to_string()),
        content.created.map(|start| start.to_string())
    );
    assert!(content.created.is_some());

    let delivery =
        read(&json!({ "Event": event(&json!({ "Attribute": [with_data("Note", &note(&json!({})))] })) }));
    let taken = &delivery.accepted[2];
    assert_eq!((&*taken.key, taken.markings.as_slice()), (N, &["TLP:AMBER".to_owned()][..]));
    assert!(taken.version.as_deref().is_some_and(|version| version.starts_with("2024-02-01")));
}

#[test]
fn an_opinion_is_about_its_element_and_may_have_a_note() {
    let mut opinion = note(&json!({ "opinion": "80", "object_uuid": null }));
    opinion["Note"] = json!([note(&json!({ "uuid": B, "object_uuid": N, "object_type": "Opinion" }))]);
    let found = within_event(&json!({ "Attribute": [with_data("Opinion", &opinion)] }));
    let all: String = found[2..].iter().map(|(_, content)| claims(content)).collect();
    assert_eq!(
        all,
        format!(
            "opinion \"-\" = opinion--{N}\nopinion--{N} --object/co-report-> misp-element--{A}\n\
             note \"-\" = note--{B}\nnote--{B} --object/co-report-> misp-element--{N}\n"
        )
    );
    assert_eq!(found[1].1.confidence, None, "an opinion is no confidence of the source");
}

#[test]
fn a_relationship_is_a_link_of_its_two_elements() {
    let relation = |kind: &str, related: &str| {
        note(
            &json!({ "related_object_uuid": related, "related_object_type": kind, "relationship_type": "Used By" }),
        )
    };
    for (kind, target) in [
        ("Object", format!("misp-element--{O}")),
        ("GalaxyCluster", format!("galaxy:{O}")),
        ("Organisation", format!("identity--{O}")),
    ] {
        let found = within_event(&json!({ "Attribute": [with_data("Relationship", &relation(kind, O))] }));
        assert_eq!(
            claims(&found[2].1),
            format!("misp-element--{A} --used-by/capability-> {target}\n"),
            "{kind}"
        );
    }
}

#[test]
fn invalid_analyst_data_is_rejected_and_its_attribute_is_kept() {
    for (name, members, rule) in [
        ("Note", json!({ "note": "" }), RejectRule::WrongType),
        ("Opinion", json!({ "opinion": "101" }), RejectRule::WrongType),
        ("Opinion", json!({}), RejectRule::WrongType),
        ("Relationship", json!({}), RejectRule::MissingReference),
        ("Note", json!({ "modified": "soon" }), RejectRule::BadTime),
    ] {
        let data = with_data(name, &note(&members));
        let delivery = read(&json!({ "Event": event(&json!({ "Attribute": [data] })) }));
        let rejected: Vec<_> =
            delivery.rejects.iter().map(|reject| (&*reject.position, reject.cause.rule)).collect();
        assert_eq!(rejected, [(&*format!("/Event/Attribute/0/{name}/0"), rule)]);
        assert_eq!(delivery.accepted.len(), 2);
    }
}

/// Returns the strictest marking of the attribute of an event.
fn marking(members: &Value) -> Marking {
    let mut domain = attribute("domain", "a.example", false);
    for (name, value) in members.as_object().expect("members") {
        domain[name] = value.clone();
    }
    let delivery = read(&json!({ "Event": event(&json!({ "Attribute": [domain] })) }));
    let markings = &delivery.accepted[1].markings;
    markings
        .iter()
        .filter(|text| !text.starts_with(SHARING_GROUP))
        .map(|text| Marking::parse(text).unwrap_or(Marking::Unknown))
        .max()
        .unwrap_or(Marking::Clear)
}

#[test]
fn a_sharing_group_without_organisations_is_for_nobody() {
    let group = |members: Value| json!({ "distribution": "4", "SharingGroup": members });
    assert_eq!(marking(&group(json!({ "uuid": E, "SharingGroupOrg": [] }))), Marking::Unknown);
    let organisation = json!([{ "org_id": "1", "Organisation": { "uuid": O, "name": "Day Watch" } }]);
    assert_eq!(marking(&group(json!({ "uuid": E, "SharingGroupOrg": organisation }))), Marking::AmberStrict);
    let servers = json!({ "uuid": E, "SharingGroupOrg": [], "SharingGroupServer": [{ "all_orgs": true }] });
    assert_eq!(marking(&group(servers)), Marking::AmberStrict, "all organisations of a server");
    assert_eq!(marking(&group(json!({ "uuid": E }))), Marking::AmberStrict, "the members are not listed");
    let for_all = json!({ "distribution": "3", "SharingGroup": { "SharingGroupOrg": [] } });
    assert_eq!(marking(&for_all), Marking::Clear, "the group does not apply");
    let tagged = json!({ "distribution": "4", "SharingGroup": { "uuid": E, "SharingGroupOrg": [] },
        "Tag": [{ "name": "tlp:green" }] });
    assert_eq!(marking(&tagged), Marking::Unknown, "a tag opens no empty group");
    // The event's group protects everything in the event.
    let document = event(&json!({ "distribution": "4", "SharingGroup": { "SharingGroupOrg": [] },
        "Attribute": [attribute("domain", "a.example", false)] }));
    let delivery = read(&json!({ "Event": document }));
    for taken in &delivery.accepted {
        assert!(taken.markings.iter().any(|text| Marking::parse(text).is_none()), "{}", taken.position);
    }
}

#[test]
fn a_decayed_value_and_an_unread_pattern_have_a_remark() {
    let remarks = |attribute: &Value| {
        let found = within_event(&json!({ "Attribute": [attribute] }));
        found[1].1.remarks.iter().collect::<Vec<Remark>>()
    };
    let mut domain = attribute("domain", "a.example", true);
    assert!(remarks(&domain).is_empty());
    domain["decay_score"] = json!([{ "score": 0.0, "decayed": true }]);
    assert_eq!(remarks(&domain), [Remark::Decayed]);
    domain["decay_score"] = json!([{ "decayed": true }, { "decayed": false }]);
    assert!(remarks(&domain).is_empty(), "one model keeps it");
    assert_eq!(
        remarks(&attribute("stix2-pattern", "[domain-name:value = 'a", true)),
        [Remark::UnreadPattern]
    );
    assert!(remarks(&attribute("stix2-pattern", "[domain-name:value = 'a.example']", true)).is_empty());
}
