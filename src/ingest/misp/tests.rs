//! Objects, rejects and claims of small MISP documents.

mod analyst_data;

use std::{fmt::Write, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    entity::Identifier,
    ingest::{self, Delivery, Input, Location, RejectRule, Status},
    record::{Claim, Content},
    time::Moment,
};

fn read_as(path: &str, text: &str) -> Delivery {
    let location = Location::Bytes(text.as_bytes().to_vec());
    let input = Input { source: "misp".to_owned(), path: path.to_owned(), location, pseudonyms: None };
    ingest::read(&[input], &|_| ()).pop().expect("one input, one delivery")
}

fn read(document: &Value) -> Delivery {
    read_as("event.json", &document.to_string())
}

/// Positions of what was taken, and positions and rules of what was not.
fn accepted_and_rejected(delivery: &Delivery) -> (Vec<&str>, Vec<(&str, RejectRule)>) {
    (
        delivery.accepted.iter().map(|taken| &*taken.position).collect(),
        delivery.rejects.iter().map(|reject| (reject.position.as_str(), reject.cause.rule)).collect(),
    )
}

fn contents(delivery: &Delivery) -> Vec<Content> {
    delivery
        .accepted
        .iter()
        .map(|taken| ingest::interpret("misp", &taken.object, taken.context.as_deref(), None))
        .collect()
}

fn short(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Observable { kind, property, value } => format!("{kind}:{property}={value}"),
        Identifier::Object(id) => id.clone(),
        Identifier::Galaxy(id) => format!("galaxy:{id}"),
        Identifier::Reference { catalogue, kind, id } => format!("{catalogue}:{kind}:{id}"),
    }
}

/// Claims as lines: `kind "name" = identifier, …` and `from --kind/layer-> to`.
fn claims(content: &Content) -> String {
    let mut lines = String::new();
    for claim in &content.claims {
        match claim {
            Claim::Entity { identifiers, kind, name, .. } => {
                let names: Vec<String> = identifiers
                    .iter()
                    .map(short)
                    .filter(|text| !text.starts_with("misp-element--"))
                    .collect();
                let name = name.as_deref().unwrap_or("-");
                writeln!(lines, "{kind} \"{name}\" = {}", names.join(", ")).expect("writes to memory");
            }
            Claim::Link { from, to, kind, layer } => {
                writeln!(lines, "{} --{kind}/{layer}-> {}", short(from), short(to))
                    .expect("writes to memory");
            }
        }
    }
    lines
}

const E: &str = "00000000-0000-4000-8000-00000000000e";
const A: &str = "00000000-0000-4000-8000-00000000000a";
const B: &str = "00000000-0000-4000-8000-00000000000b";
const O: &str = "00000000-0000-4000-8000-000000000001";

fn event(members: &Value) -> Value {
    let mut event = json!({ "uuid": E, "info": "a campaign", "date": "2020-10-25" });
    for (name, value) in members.as_object().expect("members") {
        event[name] = value.clone();
    }
    event
}

fn attribute(kind: &str, value: &str, to_ids: bool) -> Value {
    json!({ "uuid": A, "type": kind, "value": value, "to_ids": to_ids })
}

/// Claims of the only attribute of an event.
fn claims_of(attribute: &Value) -> String {
    let delivery = read(&json!({ "Event": event(&json!({ "Attribute": [attribute] })) }));
    assert_eq!(delivery.accepted.len(), 2, "{:?}", delivery.rejects);
    claims(&contents(&delivery)[1])
}

/// Contents of the elements of an event, by the last part of their positions.
fn within_event(members: &Value) -> Vec<(String, Content)> {
    let delivery = read(&json!({ "Event": event(members) }));
    assert!(delivery.rejects.is_empty(), "{:?}", delivery.rejects);
    let positions = delivery.accepted.iter().map(|taken| taken.position.replacen("/Event", "", 1));
    positions.zip(contents(&delivery)).collect()
}

#[test]
fn what_stands_in_something_deleted_is_deleted() {
    let object = |deleted: Value| {
        json!({ "uuid": O, "name": "file", "deleted": deleted, "Attribute": [
            { "uuid": A, "type": "md5", "object_relation": "md5", "value": "0f".repeat(16), "to_ids": true,
              "deleted": false, "Sighting": [{ "uuid": B, "type": "0" }] }] })
    };
    for (deleted, expected) in
        [(json!(true), true), (json!("1"), true), (json!(false), false), (json!(null), false)]
    {
        let found = within_event(&json!({ "Object": [object(deleted.clone())] }));
        let retracted: Vec<bool> = found.iter().map(|(_, content)| content.retracted).collect();
        assert_eq!(retracted, [false, expected, expected, expected], "{deleted}");
    }
    let cluster = json!({ "uuid": B, "type": "threat-actor", "value": "Open Heron" });
    let mut named = attribute("domain", "a.example", true);
    named["deleted"] = json!(true);
    named["Galaxy"] = json!([{ "type": "threat-actor", "GalaxyCluster": [cluster] }]);
    let found = within_event(&json!({ "Attribute": [named] }));
    assert!(found[1].1.retracted && !found[2].1.retracted, "the galaxy's entry is not the attribute's");
}

#[test]
fn an_attribute_that_ties_nobody_claims_links_that_weigh_nothing() {
    let weights = |members: &Value| {
        let found = within_event(members);
        let content = &found.last().expect("an attribute").1;
        let links = (0..).zip(&content.claims).filter(|(_, claim)| matches!(claim, Claim::Link { .. }));
        links.map(|(at, _)| !content.weightless.contains(&at)).collect::<Vec<bool>>()
    };
    let mut plain = attribute("ip-dst", "192.0.2.7", false);
    assert_eq!(weights(&json!({ "Attribute": [plain] })), [true]);
    assert_eq!(weights(&json!({ "disable_correlation": "1", "Attribute": [plain] })), [false]);
    plain["disable_correlation"] = json!(true);
    assert_eq!(weights(&json!({ "Attribute": [plain] })), [false]);
    plain["to_ids"] = json!(true);
    assert_eq!(weights(&json!({ "Attribute": [plain] })), [false, false]);
    let file = |disabled: bool| {
        json!({ "Object": [{ "uuid": O, "name": "file", "Attribute": [{ "uuid": A, "type": "md5",
            "object_relation": "md5", "value": "0f".repeat(16), "disable_correlation": disabled }] }] })
    };
    let identifies = |members: &Value| {
        let digest = "file:hashes.MD5";
        claims(&within_event(members)[2].1).lines().any(|line| {
            line.starts_with("file ") && line.contains(&format!("file--{O}")) && line.contains(digest)
        })
    };
    assert!(identifies(&file(false)));
    assert!(!identifies(&file(true)), "equal digests would be one file");
    assert_eq!(weights(&file(true)), [false, false]);
}

#[test]
fn of_a_value_of_several_parts_only_the_first_is_named_alone() {
    for (kind, value, expected) in [
        ("filename|md5", "copper.exe|0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", vec![true, false]),
        ("domain|ip", "a.example|192.0.2.7", vec![true, false]),
        ("ip-dst|port", "192.0.2.7|443", vec![true]),
        ("regkey|value", "HKCU\\Run|copper", vec![false, false]),
        ("filename", "copper.exe", vec![true]),
        ("stix2-pattern", "[file:name='a' AND mutex:name='b']", vec![false, false]),
    ] {
        let content = within_event(&json!({ "Attribute": [attribute(kind, value, true)] })).remove(1).1;
        let weighs = (0..).zip(&content.claims).filter_map(|(at, claim)| match claim {
            Claim::Link { kind, .. } if kind == "matches" => Some(!content.weightless.contains(&at)),
            _ => None,
        });
        assert_eq!(weighs.collect::<Vec<bool>>(), expected, "{kind}");
    }
}

#[test]
fn an_expiration_by_the_organisation_of_the_event_ends_what_it_is_of() {
    let own = json!({ "uuid": "00000000-0000-4000-8000-0000000000aa", "name": "CERT Sample" });
    let other = json!({ "uuid": "00000000-0000-4000-8000-0000000000bb", "name": "Reader" });
    let sighting = |kind: &str, date: &str, by: &Value| json!({ "type": kind, "date_sighting": date, "Organisation": by, "attribute_uuid": A });
    let february = Moment::parse("2021-02-01T00:00:00Z");
    for (sightings, expected) in [
        (vec![sighting("2", "1612137600", &own)], february),
        (vec![sighting("2", "1614556800", &own), sighting("2", "1612137600", &own)], february),
        (vec![sighting("2", "1612137600", &other)], None),
        (vec![sighting("1", "1612137600", &own)], None),
        (vec![sighting("0", "1612137600", &own)], None),
        (vec![sighting("2", "0", &own)], None),
        (vec![], None),
    ] {
        let mut inside = attribute("ip-dst", "192.0.2.7", true);
        inside["last_seen"] = json!("2021-01-15T00:00:00Z");
        let beside = inside.clone();
        inside["Sighting"] = json!(sightings);
        for members in [
            json!({ "Orgc": own, "Attribute": [inside] }),
            json!({ "Orgc": own, "Attribute": [beside], "Sighting": sightings }),
            json!({ "Orgc": own, "Object": [{ "uuid": O, "name": "ip-port", "Attribute": [inside] }] }),
        ] {
            let found = within_event(&members);
            let (_, content) = found.iter().find(|(_, content)| content.kind == "attribute").expect("one");
            let end = expected.or(Moment::parse("2021-01-15T00:00:00Z"));
            assert_eq!((content.expires, content.seen.end), (expected, end), "{members}");
        }
    }
    let object = json!({ "uuid": O, "name": "file", "Sighting": [{ "type": 2, "date_sighting": 1_612_137_600, "org_id": "7" }],
        "Attribute": [attribute("md5", &"0f".repeat(16), false)] });
    let found = within_event(&json!({ "orgc_id": 7, "Orgc": { "name": "CERT Sample" }, "Object": [object] }));
    for (_, content) in &found {
        let is_ended = ["object", "attribute"].contains(&content.kind.as_str());
        assert_eq!(content.expires, february.filter(|_| is_ended), "{}", content.kind);
    }
}

#[test]
fn every_wrapping_is_read() {
    let bare = event(&json!({ "Attribute": [attribute("domain", "a.example", true)] }));
    let wrapped = json!({ "Event": bare });
    for (document, prefix) in [
        (bare.clone(), ""),
        (wrapped.clone(), "/Event"),
        (json!({ "response": [wrapped] }), "/response/0/Event"),
        (json!({ "response": wrapped }), "/response/Event"),
        (json!({ "response": [bare] }), "/response/0"),
        (json!([wrapped]), "/0/Event"),
        (json!([bare]), "/0"),
    ] {
        let delivery = read(&document);
        assert_eq!((delivery.format, delivery.status), (Some("misp"), Status::Ok));
        let inner = format!("{prefix}/Attribute/0");
        assert_eq!(accepted_and_rejected(&delivery), (vec![prefix, inner.as_str()], vec![]));
        assert_eq!(&*delivery.accepted[0].key, E);
        assert_eq!(&*delivery.accepted[1].key, A);
    }
    let parts = json!({ "response": { "Attribute": [attribute("domain", "a.example", true)] } });
    assert_eq!(accepted_and_rejected(&read(&parts)), (vec!["/response/Attribute/0"], vec![]));
}

#[test]
fn index_files_of_a_feed_deliver_nothing_and_an_index_of_events_is_refused() {
    let manifest = json!({ E: { "info": "a campaign", "date": "2020-10-25", "Orgc": { "name": "x" } } });
    let delivery = read_as("manifest.json", &manifest.to_string());
    assert_eq!((delivery.format, delivery.status), (Some("misp"), Status::Ok));
    assert_eq!(accepted_and_rejected(&delivery), (vec![], vec![]));
    let delivery = read_as("hashes.csv", &format!("9e107d9d372bb6826bd81d3542a419d6,{E}\n"));
    assert_eq!((delivery.status, accepted_and_rejected(&delivery)), (Status::Ok, (vec![], vec![])));
    let losses = json!({ "format": "misp", "losses": [{ "subject": "link", "value": "weight" }] });
    let delivery = read_as("loss.json", &losses.to_string());
    assert_eq!((delivery.status, accepted_and_rejected(&delivery)), (Status::Ok, (vec![], vec![])));
    let head = event(&json!({ "EventTag": [], "distribution": "3" }));
    let delivery = read(&json!([head]));
    assert_eq!(
        (delivery.status, accepted_and_rejected(&delivery)),
        (Status::Rejected, (vec![], vec![("", RejectRule::UnknownFormat)]))
    );
    assert!(delivery.rejects[0].cause.reason.contains("MISP"));
    for other in [json!({}), json!({ "response": [{ "a": 1 }] }), json!({ "Event": { "System": {} } })] {
        assert_eq!(accepted_and_rejected(&read(&other)).1, [("", RejectRule::UnknownFormat)], "{other}");
    }
    assert_eq!(read(&json!({ "response": [] })).status, Status::Ok);
}

#[test]
fn everything_that_stands_in_an_event_is_delivered_by_itself() {
    let document = json!({ "Event": event(&json!({
        "Attribute": { "type": "domain", "value": "a.example",
            "ShadowAttribute": [{ "type": "domain", "value": "b.example" }], "Sighting": [{ "type": "0" }],
            "Galaxy": [{ "type": "tool", "GalaxyCluster": [{ "type": "tool", "value": "X", "uuid": B }] }] },
        "Object": { "name": "file", "uuid": O,
            "Attribute": { "type": "md5", "value": "9e107d9d372bb6826bd81d3542a419d6" },
            "ObjectReference": [{ "referenced_uuid": A, "Attribute": { "type": "x", "value": "y" } }] },
        "ShadowAttribute": [{ "type": "filename", "value": "c" }],
        "EventReport": [{ "name": "r", "content": "c" }],
        "Galaxy": [{ "type": "tool", "GalaxyCluster": { "type": "tool", "value": "X", "uuid": B } }],
        "RelatedEvent": [{ "Event": { "uuid": O, "info": "x", "date": "2020-01-01" } }],
        "Tag": [{ "name": "osint" }],
    })) });
    let delivery = read(&document);
    let expected = vec![
        "/Event",
        "/Event/Attribute",
        "/Event/Attribute/Galaxy/0/GalaxyCluster/0",
        "/Event/Attribute/ShadowAttribute/0",
        "/Event/Attribute/Sighting/0",
        "/Event/EventReport/0",
        "/Event/Galaxy/0/GalaxyCluster",
        "/Event/Object",
        "/Event/Object/Attribute",
        "/Event/ShadowAttribute/0",
    ];
    assert_eq!(accepted_and_rejected(&delivery), (expected, vec![]));
}

#[test]
fn a_changed_attribute_changes_only_itself() {
    let of = |value: &str| {
        let object = json!({ "name": "domain-ip", "uuid": O, "Attribute": [
            { "uuid": A, "type": "domain", "value": value, "ShadowAttribute": [] }] });
        read(&json!({ "Event": event(&json!({ "Object": [object], "Attribute": [] })) }))
    };
    let digests =
        |delivery: &Delivery| delivery.accepted.iter().map(|taken| taken.content).collect::<Vec<_>>();
    let (before, after) = (digests(&of("a.example")), digests(&of("b.example")));
    assert_eq!(before[..2], after[..2]);
    assert_ne!(before[2], after[2]);
    let bare = read(&json!({ "Event": event(&json!({})) }));
    assert_eq!(digests(&bare)[0], before[0], "empty lists are no content");
}

#[test]
fn a_bad_one_never_costs_a_good_one() {
    let text = format!(
        r#"{{"Event":{{"uuid":"{E}","info":"x","date":"2020-10-25","info":"y","Attribute":[
            {{"uuid":"{A}","type":"domain","value":"a.example","value":"b.example"}},
            {{"uuid":"{B}","type":"domain","value":"c.example"}},
            7,
            {{"type":"domain","value":{{}}}},
            {{"value":"no type"}},
            {{"type":"domain","value":"d.example","timestamp":"yesterday"}},
            {{"type":"domain","value":"e.example","to_ids":"perhaps"}}
        ]}}}}"#
    );
    let delivery = read_as("event.json", &text);
    let expected = vec![
        ("/Event", RejectRule::DuplicateKey),
        ("/Event/Attribute/0", RejectRule::DuplicateKey),
        ("/Event/Attribute/2", RejectRule::NotAnObject),
        ("/Event/Attribute/3", RejectRule::WrongType),
        ("/Event/Attribute/4", RejectRule::BadType),
        ("/Event/Attribute/5", RejectRule::BadTime),
        ("/Event/Attribute/6", RejectRule::WrongType),
    ];
    assert_eq!(accepted_and_rejected(&delivery), (vec!["/Event/Attribute/1"], expected));
    assert_eq!(delivery.rejects[0].object_id.as_deref(), Some(E));
    assert_eq!(delivery.rejects[1].object_id.as_deref(), Some(A));
    assert!(delivery.rejects.iter().all(|reject| !reject.cause.reason.contains("example")));
    assert!(claims(&contents(&delivery)[0]).contains(&format!("report--{E} --object/co-report->")));
}

#[test]
fn lists_that_stand_twice_are_both_read_and_refuse_their_holder() {
    let list = |value: &str| format!(r#""Attribute":[{{"type":"domain","value":"{value}"}}]"#);
    let text = format!(r#"{{"Event":{{"uuid":"{E}","info":"x",{},{}}}}}"#, list("a"), list("b"));
    let delivery = read_as("event.json", &text);
    assert_eq!(delivery.accepted.len(), 2);
    assert_eq!(accepted_and_rejected(&delivery).1, [("/Event", RejectRule::DuplicateKey)]);
    let delivery = read(&json!({ "Event": event(&json!({ "Attribute": "none" })) }));
    assert_eq!(accepted_and_rejected(&delivery), (vec![], vec![("/Event", RejectRule::WrongType)]));
}

#[test]
fn numbers_are_read_as_texts_and_texts_as_numbers() {
    let of = |timestamp: Value, to_ids: Value, value: Value| {
        let attribute = json!({ "uuid": A.to_uppercase(), "type": "AS", "value": value, "to_ids": to_ids,
            "timestamp": timestamp, "deleted": 0 });
        let delivery = read(&json!({ "Event": event(&json!({ "Attribute": [attribute] })) }));
        assert_eq!(accepted_and_rejected(&delivery).1, []);
        let taken = &delivery.accepted[1];
        (taken.key.to_string(), taken.version.clone(), taken.own_time, claims(&contents(&delivery)[1]))
    };
    let plain = of(json!("1603642920"), json!(true), json!("174"));
    assert_eq!(plain.0, A);
    assert_eq!(plain.1.as_deref(), Some("2020-10-25T16:22:00Z"));
    assert_eq!(plain.2, Moment::parse("2020-10-25T16:22:00Z"));
    assert!(plain.3.contains("matches/infrastructure-> autonomous-system:number=174"), "{}", plain.3);
    assert_eq!(of(json!(1_603_642_920), json!("1"), json!(174)), plain);
    assert_eq!(of(json!("1603642920"), json!(1), json!("174")), plain);
}

#[test]
fn own_time_falls_back_to_the_event_and_seen_to_its_date() {
    let of = |members: Value| {
        let mut attribute = attribute("domain", "a.example", true);
        attribute["first_seen"] = members["first_seen"].clone();
        attribute["timestamp"] = members["timestamp"].clone();
        let published = &members["publish_timestamp"];
        let event = event(&json!({ "publish_timestamp": published, "Attribute": [attribute] }));
        let delivery = read(&json!({ "Event": event }));
        assert_eq!(accepted_and_rejected(&delivery).1, []);
        let seen = contents(&delivery)[1].seen;
        assert_eq!(seen.end, None);
        (delivery.accepted[1].own_time, seen.start)
    };
    let (day, one, two) = (
        Moment::parse("2020-10-25T00:00:00Z"),
        Moment::parse("2020-10-25T16:22:00Z"),
        Moment::parse("2020-10-26T16:22:00Z"),
    );
    assert_eq!(of(json!({})), (day, day));
    assert_eq!(of(json!({ "publish_timestamp": "0" })), (day, day));
    assert_eq!(of(json!({ "publish_timestamp": "1603642920" })), (one, day));
    let all = json!({ "publish_timestamp": "1603642920", "timestamp": "1603729320",
        "first_seen": "2020-10-25T16:22:00.000000+00:00" });
    assert_eq!(of(all), (two, one));
}

#[test]
fn an_attribute_for_detection_is_an_indicator_and_any_other_is_the_thing() {
    assert_eq!(
        claims_of(&attribute("filename|sha1", "a b.exe|da39", true)),
        format!(
            "indicator \"a b.exe|da39\" = indicator--{A}
indicator--{A} --matches/infrastructure-> file:hashes.SHA-1=da39
indicator--{A} --matches/infrastructure-> file:name=a b.exe
report--{E} --object/co-report-> indicator--{A}
"
        )
    );
    assert_eq!(
        claims_of(&attribute("filename|sha1", "a b.exe|da39", false)),
        format!(
            "file \"a b.exe\" = file--{A}, file:hashes.SHA-1=da39
report--{E} --object/co-report-> file--{A}
"
        )
    );
    assert_eq!(
        claims_of(&attribute("domain|ip", "a.example|192.0.2.1", false)),
        format!(
            "domain-name \"a.example\" = domain-name--{A}, domain-name:value=a.example
domain-name:value=a.example --resolves-to/infrastructure-> ipv4-addr:value=192.0.2.1
report--{E} --object/co-report-> domain-name--{A}
"
        )
    );
    assert_eq!(
        claims_of(&attribute("vulnerability", "cve-2017-0199", false)),
        format!(
            "vulnerability \"cve-2017-0199\" = vulnerability--{A}, cve:vulnerability:CVE-2017-0199
report--{E} --object/co-report-> vulnerability--{A}
"
        )
    );
    for silent in ["comment", "text", "link", "unheard-of"] {
        assert_eq!(claims_of(&attribute(silent, "a.example", true)), "", "{silent}");
    }
}

#[test]
fn an_object_ties_its_attributes_together() {
    let object = |name: &str, attributes: Value| {
        let reference = json!([{ "referenced_uuid": B, "relationship_type": "connected-to" },
            { "referenced_uuid": A, "relationship_type": "drops", "deleted": true }]);
        let object =
            json!({ "uuid": O, "name": name, "Attribute": attributes, "ObjectReference": reference });
        let delivery = read(&json!({ "Event": event(&json!({ "Object": [object] })) }));
        assert_eq!(accepted_and_rejected(&delivery).1, []);
        contents(&delivery)[1..].iter().map(claims).collect::<Vec<_>>().join("\n")
    };
    let file = json!([
        { "uuid": A, "type": "md5", "object_relation": "md5", "value": "d41d", "to_ids": true },
        { "uuid": B, "type": "filename", "object_relation": "filename", "value": "x.exe" },
    ]);
    assert_eq!(
        object("file", file),
        format!(
            "file \"-\" = file--{O}
report--{E} --object/co-report-> file--{O}
file--{O} --connected-to/infrastructure-> misp-element--{B}

file \"-\" = file--{O}, file:hashes.MD5=d41d
indicator \"d41d\" = indicator--{O}
indicator--{O} --matches/infrastructure-> file:hashes.MD5=d41d
indicator--{O} --based-on/infrastructure-> file--{O}
report--{E} --object/co-report-> indicator--{O}

file \"x.exe\" = file--{O}
"
        )
    );
    let section = json!([{ "uuid": A, "type": "md5", "object_relation": "md5", "value": "d41d" }]);
    assert!(!object("pe-section", section).contains("file:hashes"), "a section's digest is no file's");
    let pair = json!([{ "uuid": A, "type": "domain", "object_relation": "domain", "value": "a.example" }]);
    let tied = object("domain-ip", pair);
    let tie = format!("observed-data--{O} --object/infrastructure-> domain-name--{A}");
    assert!(tied.contains(&tie), "{tied}");
}

#[test]
fn galaxies_are_named_by_their_holder_and_told_by_their_clusters() {
    let tag = r#"misp-galaxy:threat-actor="Sofacy""#;
    let technique = r#"misp-galaxy:mitre-attack-pattern="Phishing - T1566""#;
    let document = json!({ "Event": event(&json!({
        "Tag": [{ "name": tag }, { "name": technique }, { "name": "Threat actor" }],
        "Galaxy": [{ "type": "threat-actor", "GalaxyCluster": [
            { "uuid": B, "type": "threat-actor", "value": "Sofacy", "tag_name": tag,
              "meta": { "synonyms": ["APT28"] } }] }],
    })) });
    let delivery = read(&document);
    assert_eq!(accepted_and_rejected(&delivery).1, []);
    let contents = contents(&delivery);
    let event = claims(&contents[0]);
    assert!(event.contains(&format!("report--{E} --object/co-report-> galaxy:{B}")), "{event}");
    assert!(event.contains(
        "\"Phishing\" = galaxy:mitre-attack-pattern:Phishing - T1566, mitre-attack:attack-pattern:T1566"
    ));
    assert_eq!(event.matches("-->").count() + event.matches("co-report->").count(), 2, "{event}");
    let Some(Claim::Entity { aliases, kind, .. }) = contents[1].claims.first() else { panic!("an entity") };
    assert_eq!((aliases.as_slice(), kind.as_str()), (["APT28".to_owned()].as_slice(), "threat-actor"));
    let mut tagged = attribute("domain", "a.example", true);
    tagged["Tag"] = json!([{ "name": technique }]);
    assert!(
        claims_of(&tagged)
            .contains(&format!("indicator--{A} --indicates/infrastructure-> galaxy:mitre-attack-pattern:"))
    );
}

#[test]
fn a_cluster_that_carries_the_uuid_of_its_list_is_known_by_its_name() {
    let cluster = |value: &str| json!({ "uuid": B, "galaxy_id": "3", "type": "tool", "value": value });
    let galaxy = json!([{ "type": "tool", "GalaxyCluster": [cluster("X-Agent"), cluster("X-Tunnel")] }]);
    let delivery = read(&json!({ "Event": event(&json!({ "Galaxy": galaxy })) }));
    assert_eq!(accepted_and_rejected(&delivery).1, []);
    assert_ne!(delivery.accepted[1].key, delivery.accepted[2].key);
    let contents = contents(&delivery);
    assert!(claims(&contents[0]).contains(&format!("report--{E} --object/co-report-> galaxy:tool:X-Agent")));
    assert!(claims(&contents[2]).contains("tool \"X-Tunnel\" = galaxy:tool:X-Tunnel"));
}

#[test]
fn an_attribute_inherits_the_marking_of_its_event_and_adds_its_own() {
    let of = |event_members: &Value, attribute_members: &Value| {
        let mut inner = attribute("domain", "a.example", true);
        for (name, value) in attribute_members.as_object().expect("members") {
            inner[name] = value.clone();
        }
        let mut members = event_members.clone();
        members["Attribute"] = json!([inner]);
        let delivery = read(&json!({ "Event": event(&members) }));
        delivery.accepted[1].markings.clone()
    };
    let white = json!({ "Tag": [{ "name": "tlp:white" }], "distribution": "0" });
    assert_eq!(of(&white, &json!({ "distribution": "5" })), ["TLP:CLEAR"]);
    assert_eq!(of(&white, &json!({ "Tag": { "name": "tlp:red" } })), ["TLP:CLEAR", "TLP:RED"]);
    assert_eq!(of(&white, &json!({ "distribution": 1 })), ["TLP:AMBER", "TLP:CLEAR"]);
    assert_eq!(of(&json!({ "distribution": "1" }), &json!({ "distribution": "5" })), ["TLP:AMBER"]);
    assert_eq!(of(&json!({ "Tag": "tlp:ex:chr", "distribution": "3" }), &json!({})), ["tlp:ex:chr"]);
    assert_eq!(of(&json!({}), &json!({})), Vec::<String>::new().as_slice());
}

#[test]
fn a_marking_that_stands_twice_or_cannot_be_read_fails_closed() {
    for tags in [r#""Tag":7"#, r#""Tag":[{"name":"tlp:white","name":"tlp:red"}]"#, r#""distribution":{}"#] {
        let text = format!(
            r#"{{"Event":{{"uuid":"{E}","info":"x",{tags},"Attribute":[{{"type":"domain","value":"a"}}]}}}}"#
        );
        let delivery = read_as("event.json", &text);
        assert_eq!(delivery.accepted.len(), 1, "{tags}");
        assert_eq!(delivery.accepted[0].markings, ["tlp:unreadable"], "{tags}");
    }
    let text = format!(
        r#"{{"Event":{{"uuid":"{E}","info":"x","distribution":3,"distribution":0,"Attribute":[{{"type":"domain","value":"a"}}]}}}}"#
    );
    assert_eq!(read_as("event.json", &text).accepted[0].markings, ["TLP:CLEAR", "TLP:RED"]);
}

#[test]
fn proposals_claim_nothing_and_take_nobodys_place() {
    let mut inner = attribute("domain", "a.example", true);
    inner["ShadowAttribute"] = json!([attribute("domain", "b.example", true)]);
    let delivery = read(&json!({ "Event": event(&json!({ "Attribute": [inner] })) }));
    assert_eq!(*delivery.accepted[2].key, *format!("proposal--{A}"));
    assert_eq!(contents(&delivery)[2].claims, []);
}

#[test]
fn what_is_deleted_is_retracted() {
    for deleted in [json!(true), json!("1"), json!(1)] {
        let mut inner = attribute("domain", "a.example", true);
        inner["deleted"] = deleted;
        let delivery = read(&json!({ "Event": event(&json!({ "Attribute": [inner] })) }));
        assert!(contents(&delivery)[1].retracted);
        assert!(!contents(&delivery)[0].retracted);
    }
}

#[test]
fn a_sighting_names_who_saw_and_a_false_positive_ties_nothing() {
    let of = |kind: &str| {
        let mut inner = attribute("domain", "a.example", true);
        inner["Sighting"] = json!([{ "type": kind, "date_sighting": "1603642920",
            "Organisation": { "uuid": O, "name": "seer" } }]);
        let delivery = read(&json!({ "Event": event(&json!({ "Attribute": [inner] })) }));
        assert_eq!(delivery.accepted[2].own_time, Moment::parse("2020-10-25T16:22:00Z"));
        contents(&delivery).pop().expect("a sighting")
    };
    let seen = of("0");
    let expected = format!("identity--{O} --sighted/target-> misp-element--{A}");
    assert!(claims(&seen).contains(&expected), "{}", claims(&seen));
    assert_eq!(seen.seen.start, Moment::parse("2020-10-25T16:22:00Z"));
    for (kind, name) in [("1", "false-positive"), ("2", "expiration")] {
        assert_eq!((of(kind).kind.as_str(), of(kind).claims.len()), (name, 0));
    }
}

#[test]
fn what_has_no_uuid_is_known_by_its_content() {
    let of = |value: &str| {
        let delivery =
            read(&json!({ "Event": event(&json!({ "Attribute": [{ "type": "domain", "value": value }] })) }));
        delivery.accepted[1].key.to_string()
    };
    assert_eq!(of("a.example"), of("a.example"));
    assert_ne!(of("a.example"), of("b.example"));
    assert_eq!(of("a.example").len(), 32);
}

/// The folder of published data beside the project; `ARANEUS_DATA` at build time names another.
fn data(folder: &str, claim: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let found = option_env!("ARANEUS_DATA").map_or(beside, PathBuf::from).join(folder);
    if !found.is_dir() {
        eprintln!("SKIPPED: {claim}: there is no ../shared/data/{folder} beside the project");
        return None;
    }
    Some(found)
}

/// Counts what a document delivers, by a plain walk of its value.
fn counted(value: &Value, name: &str) -> usize {
    let inner = |value: &Value| match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !["ObjectReference", "RelatedEvent"].contains(&name.as_str()))
            .map(|(name, value)| counted(value, name))
            .sum(),
        _ => 0,
    };
    match value {
        Value::Array(values) => values.iter().map(|value| counted(value, name)).sum(),
        Value::Object(members) => {
            let is_event = name == "Event"
                || (name.is_empty() && members.contains_key("info") && !members.contains_key("EventTag"));
            let kinds =
                ["Attribute", "Object", "ShadowAttribute", "Sighting", "EventReport", "GalaxyCluster"];
            usize::from(is_event || kinds.contains(&name)) + inner(value)
        }
        _ => 0,
    }
}

#[test]
fn every_published_event_is_conserved() {
    let claim = "every_published_event_is_conserved";
    for (folder, least) in [("eset-misp", 2_500), ("pymisp-events", 400), ("misp-stix-pairs/tests", 30)] {
        let Some(path) = data(folder, claim) else { continue };
        let path = path.to_str().expect("a text").to_owned();
        let inputs = ingest::expand(&path, &mut || Ok(Vec::new())).expect("a folder");
        let (mut taken, mut rejects) = (0, Vec::new());
        for input in &inputs {
            let delivery = ingest::read(std::slice::from_ref(input), &|_| ()).pop().expect("one");
            if delivery.status == Status::Rejected {
                rejects.push(format!("{} {:?}", delivery.path, delivery.rejects[0]));
                continue;
            }
            if delivery.format != Some("misp") {
                continue;
            }
            let Location::File { path: file, .. } = &input.location else { panic!("a file that is read") };
            let bytes = std::fs::read(file).expect("can be read");
            let bytes = ingest::unpack::unpack(bytes).expect("unpacks");
            let value: Value = serde_json::from_slice(&bytes).expect("JSON");
            let name = if value.get("GalaxyCluster").is_some() { "Galaxy" } else { "" };
            let is_part = value.get("response").is_none() && value.get("info").is_none();
            let expected =
                counted(value.get("response").unwrap_or(&value), if is_part { "Galaxy" } else { name });
            assert_eq!(delivery.accepted.len() + delivery.rejects.len(), expected, "{}", delivery.path);
            assert!(expected > 0, "{}", delivery.path);
            taken += delivery.accepted.len();
            rejects.extend(delivery.rejects.iter().map(|reject| format!("{} {reject:?}", delivery.path)));
            for content in contents(&delivery) {
                assert!(!content.kind.is_empty());
            }
        }
        eprintln!("{folder}: {taken} taken, {} rejects", rejects.len());
        for reject in &rejects {
            eprintln!("  {reject}");
        }
        assert!(taken >= least, "only {taken} taken of {folder}");
        if folder == "eset-misp" {
            let broken = rejects.iter().filter(|reject| reject.contains("JsonSyntax")).collect::<Vec<_>>();
            assert!(matches!(broken[..], [one] if one.contains("line 37374")), "{broken:?}");
        }
    }
}
