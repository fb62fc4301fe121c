//! Objects, rejects and claims of small documents in FollowTheMoney.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{
    entity::Identifier,
    ingest::{self, Delivery, Input, Location, RejectRule},
    record::{Claim, Content},
    time::Moment,
};

fn read_as(path: &str, text: &str) -> Delivery {
    let location = Location::Bytes(text.as_bytes().to_vec());
    let input = Input { source: "desk".to_owned(), path: path.to_owned(), location, pseudonyms: None };
    ingest::read(&[input], &|_| ()).pop().expect("one input, one delivery")
}

fn lines(objects: &[Value]) -> Delivery {
    let text: Vec<String> = objects.iter().map(ToString::to_string).collect();
    read_as("entities.ftm.json", &text.join("\n"))
}

/// A reject: its position, key and rule.
type RejectedRow = (String, Option<String>, RejectRule);

/// Positions and keys of what was taken, and what was not.
fn accepted_and_rejected(delivery: &Delivery) -> (Vec<String>, Vec<RejectedRow>) {
    let taken = delivery.accepted.iter().map(|taken| format!("{} {}", taken.position, taken.key)).collect();
    let reject = |reject: &ingest::RejectedObject| {
        (reject.position.clone(), reject.object_id.clone(), reject.cause.rule)
    };
    (taken, delivery.rejects.iter().map(reject).collect())
}

/// Returns the contents of the objects of a delivery, with links assembled.
fn contents(delivery: &Delivery) -> Vec<std::sync::Arc<Content>> {
    let read = |accepted: &ingest::AcceptedObject| {
        ingest::interpret("ftm", &accepted.object, accepted.context.as_deref(), None).into()
    };
    let mut taken: Vec<_> = delivery.accepted.iter().collect();
    taken.sort_by(|a, b| a.key.cmp(&b.key));
    let mut contents: Vec<std::sync::Arc<Content>> = taken.into_iter().map(read).collect();
    ingest::assemble(&mut contents, &|_| "desk");
    contents
}

fn short(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Observable { kind, property, value } => format!("{kind}:{property}={value}"),
        Identifier::Object(id) => id.strip_prefix("ftm-entity--").unwrap_or(id).to_owned(),
        Identifier::Galaxy(id) => format!("galaxy:{id}"),
        Identifier::Reference { catalogue, kind, id } => format!("{catalogue}:{kind}:{id}"),
    }
}

/// Claims as lines: `kind "name" (aliases) = identifier, …` and `from --kind/layer-> to`.
fn claims(content: &Content) -> String {
    let mut lines = String::new();
    for claim in &content.claims {
        match claim {
            Claim::Entity { identifiers, kind, name, aliases, .. } => {
                let (known, name) = (identifiers.iter().map(short).collect::<Vec<_>>(), name.as_deref());
                writeln!(lines, "{kind} {name:?} {aliases:?} = {}", known.join(", "))
            }
            Claim::Link { from, to, kind, layer } => {
                writeln!(lines, "{} --{kind}/{layer}-> {}", short(from), short(to))
            }
        }
        .expect("writes to memory");
    }
    lines
}

fn said(objects: &[Value]) -> String {
    contents(&lines(objects)).iter().map(|content| claims(content)).collect()
}

fn span(content: &Content) -> [String; 2] {
    let of = |moment: Option<Moment>| moment.map_or_else(|| "-".to_owned(), |moment| moment.to_string());
    [of(content.seen.start), of(content.seen.end)]
}

fn payment(more: &Value) -> Value {
    let mut properties = json!({ "payer": ["a"], "beneficiary": ["b"], "date": ["2011-12-22"] });
    for (name, value) in more.as_object().expect("properties") {
        properties[name] = value.clone();
    }
    json!({ "id": "p", "schema": "Payment", "properties": properties })
}

#[test]
fn an_entity_is_known_by_its_ids_and_by_numbers_that_hold() {
    let company = json!({
        "id": "c", "schema": "Company", "caption": "Acme GmbH", "referents": ["c", "old-c"],
        "properties": {
            "name": ["Acme GmbH", "ООО Акме"], "alias": ["Acme"], "previousName": ["Bcme"], "weakAlias": ["A"],
            "leiCode": ["7LTWFZYICNSX8D621K86", "7LTWFZYICNSX8D621K87"], "registrationNumber": ["HRB 1"],
            "country": ["de"], "address": ["Main Street 1, Berlin"], "addressEntity": ["adr"], "email": ["a@acme.example"],
            "phone": ["+49 30 1234567"], "website": ["https://acme.example"], "parent": ["holding"], "riskSource": ["x"],
            "incorporationDate": ["1998"], "noSuchProperty": [{ "a": 1 }]
        }
    });
    let nato =
        json!({ "id": "NK-2uZtqvDXMPdSTdwPRyDpXq", "schema": "Person", "properties": { "name": "Jane" } });
    let content = &contents(&lines(&[company.clone(), nato.clone()]));
    assert_eq!(span(&content[1]), ["-", "-"], "a company is not seen when it is founded");
    assert_eq!(
        claims(&content[1]),
        "company Some(\"Acme GmbH\") [\"Acme\", \"Bcme\", \"ООО Акме\"] = desk:c, desk:old-c, lei:legal-entity:7LTWFZYICNSX8D621K86
address Some(\"Main Street 1, Berlin\") [] = address:full=Main Street 1, Berlin
desk:c --address/other-> address:full=Main Street 1, Berlin
desk:c --address/other-> desk:adr
desk:c --email/infrastructure-> email-addr:value=a@acme.example
desk:c --parent/ownership-> desk:holding
desk:c --phone/infrastructure-> phone-number:value=+49 30 1234567
desk:c --website/infrastructure-> url:value=https://acme.example
"
    );
    assert_eq!(claims(&content[0]), "person Some(\"Jane\") [] = NK-2uZtqvDXMPdSTdwPRyDpXq\n");
}

#[test]
fn an_address_is_its_text_only_where_it_has_one() {
    let address = |id: &str, full: &[&str]| json!({ "id": id, "schema": "Address", "properties": { "full": full, "country": ["de"] } });
    let one = address("a", &["Main Street 5, Berlin", "Main Street 5 , Berlin"]);
    let vague = address("b", &["Berlin", "Main Street 5, Berlin"]);
    assert_eq!(
        said(&[one, vague]),
        "address Some(\"Main Street 5, Berlin\") [] = desk:a, address:full=Main Street 5, Berlin\n\
         address Some(\"Berlin\") [] = desk:b\n"
    );
}

#[test]
fn a_paper_is_its_number_within_its_country_and_ties_those_who_hold_it() {
    let passport = |more: &Value| {
        let mut properties = json!({ "holder": ["h"], "number": ["AB 123456"], "country": ["ru"] });
        for (name, value) in more.as_object().expect("properties") {
            properties[name] = value.clone();
        }
        json!({ "id": "p", "schema": "Passport", "properties": properties })
    };
    let known = |more: &Value| {
        let said = said(&[passport(more)]);
        assert!(said.ends_with("desk:p --holder/ownership-> desk:h\n"), "{said}");
        said.lines().next().and_then(|line| line.split_once(" = desk:p")).map(|(_, rest)| rest.to_owned())
    };
    let whole = Some(", passport:number=passport ru ab123456".to_owned());
    assert_eq!(known(&json!({})), whole);
    assert_eq!(known(&json!({ "passportNumber": ["AB123456"] })), whole);
    for doubtful in [
        json!({ "country": ["ru", "by"] }),
        json!({ "country": [] }),
        json!({ "number": ["AB123456", "AB123457"] }),
        json!({ "number": ["00000000"] }),
        json!({ "number": ["12"] }),
    ] {
        assert_eq!(known(&doubtful), Some(String::new()), "{doubtful}");
    }
    let parts: Vec<Value> = [("number", "AB123456"), ("country", "ru"), ("holder", "h")]
        .map(|(property, value)| statement("p", "p", "Passport", property, value))
        .into();
    assert_eq!(said(&parts).matches("passport:number=passport ru ab123456").count(), 2);
    assert!(!said(&parts[..1]).contains("passport:number"), "a number without its country");
}

#[test]
fn an_edge_is_a_link_with_its_span_and_amount() {
    const CASES: &str = r#"
{} | 2011-12-22T00:00:00Z | 2011-12-22T23:59:59.999999Z | -
{"date":["2011"]} | 2011-01-01T00:00:00Z | 2011-12-31T23:59:59.999999Z | -
{"startDate":["2010-05"],"endDate":["2010-06"]} | 2010-05-01T00:00:00Z | 2010-06-30T23:59:59.999999Z | -
{"amountEur":["80000"]} | 2011-12-22T00:00:00Z | 2011-12-22T23:59:59.999999Z | 80000 EUR
{"amount":["5"],"currency":["gbp"],"amountUsd":["7"]} | 2011-12-22T00:00:00Z | 2011-12-22T23:59:59.999999Z | 5 GBP
{"amount":["5"],"amountUsd":[7]} | 2011-12-22T00:00:00Z | 2011-12-22T23:59:59.999999Z | 7 USD
{"amount":["5"]} | 2011-12-22T00:00:00Z | 2011-12-22T23:59:59.999999Z | 5 ?
{"amount":["5","6"]} | 2011-12-22T00:00:00Z | 2011-12-22T23:59:59.999999Z | -
{"amount":["some"]} | 2011-12-22T00:00:00Z | 2011-12-22T23:59:59.999999Z | -"#;
    for line in CASES.trim().lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let more: Value = serde_json::from_str(cells[0]).expect("JSON");
        let content = &contents(&lines(&[payment(&more)]))[0];
        assert_eq!(claims(content), "desk:a --payment/finance-> desk:b\n", "{line}");
        assert_eq!(span(content), cells[1..3], "{line}");
        let amount = content.amounts.first().map_or_else(
            || "-".to_owned(),
            |amount| format!("{} {}", amount.value, amount.currency.as_deref().unwrap_or("?")),
        );
        assert_eq!(amount, cells[3], "{line}");
    }
    let lasting = json!({ "id": "o", "schema": "Ownership",
        "properties": { "owner": ["a", "b"], "asset": ["c"], "date": ["2020"], "percentage": ["51"] } });
    let content = &contents(&lines(&[lasting]))[0];
    assert_eq!(
        claims(content),
        "desk:a --ownership/ownership-> desk:c\ndesk:b --ownership/ownership-> desk:c\n"
    );
    assert_eq!(span(content), ["2020-01-01T00:00:00Z", "-"], "what held then holds on");
    let through = payment(&json!({ "payerAccount": ["acc"], "amountEur": ["1"] }));
    assert_eq!(said(&[through]), "desk:a --payment/finance-> desk:b\ndesk:a --account/finance-> desk:acc\n");
}

#[test]
fn a_bad_object_costs_itself_and_its_rule_is_told_without_its_value() {
    let good = json!({ "id": "g", "schema": "Person", "properties": { "name": ["Good"] } });
    let bad = [
        (json!({ "schema": "Person", "properties": {} }), None, RejectRule::BadId),
        (json!({ "id": "two words", "schema": "Person", "properties": {} }), None, RejectRule::BadId),
        (json!({ "id": "x", "schema": "Unicorn", "properties": {} }), Some("x"), RejectRule::UnknownSchema),
        (json!({ "id": "x", "schema": 7, "properties": {} }), Some("x"), RejectRule::WrongType),
        (json!({ "id": "x", "schema": "Person", "properties": [] }), Some("x"), RejectRule::WrongType),
        (
            json!({ "id": "x", "schema": "Person", "properties": { "name": [{ "a": 1 }] } }),
            Some("x"),
            RejectRule::WrongType,
        ),
        (
            json!({ "id": "x", "schema": "Payment", "properties": { "payer": ["a"] } }),
            Some("x"),
            RejectRule::MissingReference,
        ),
        (payment(&json!({ "date": ["2011-13"] })), Some("p"), RejectRule::BadTime),
        (payment(&json!({ "payer": ["a b"] })), Some("p"), RejectRule::BadId),
        (
            json!({ "id": "x", "schema": "Person", "properties": {}, "last_change": "secret" }),
            Some("x"),
            RejectRule::BadTime,
        ),
        (
            json!({ "entity_id": "x", "prop": "name", "value": "secret", "schema": "Unicorn", "id": "s" }),
            Some("s"),
            RejectRule::UnknownSchema,
        ),
        (
            json!({ "entity_id": "x", "prop": "name", "schema": "Person", "value": null, "id": "s" }),
            Some("s"),
            RejectRule::WrongType,
        ),
        (
            json!({ "entity_id": "x y", "prop": "name", "schema": "Person", "value": "secret", "id": "s" }),
            Some("s"),
            RejectRule::BadId,
        ),
    ];
    for (object, id, rule) in bad {
        let delivery = lines(&[good.clone(), object.clone(), good.clone()]);
        let (taken, rejects) = accepted_and_rejected(&delivery);
        assert_eq!(taken, ["line 1 g", "line 3 g"], "{object}");
        let id = id.map(str::to_owned);
        assert_eq!(rejects, [("line 2".to_owned(), id, rule)], "{object}");
        assert!(!delivery.rejects[0].cause.reason.contains("secret"), "{object}");
    }
    let twice = r#"{"id":"x","schema":"Person","properties":{"name":["a"],"name":["b"]}}"#;
    let delivery = read_as("e.json", &format!("{good}\n{twice}\nnot JSON\n"));
    let rules: Vec<RejectRule> = delivery.rejects.iter().map(|reject| reject.cause.rule).collect();
    assert_eq!(rules, [RejectRule::DuplicateKey, RejectRule::JsonSyntax]);
    assert_eq!(delivery.rejects[0].object_id.as_deref(), Some("x"));
}

#[test]
fn nested_entities_are_what_they_are_in_a_flat_file() {
    let (owner, ownership) = (
        json!({ "id": "a", "schema": "Company", "properties": { "name": ["A"] } }),
        json!({ "id": "o", "schema": "Ownership", "properties": { "owner": ["a"], "asset": ["b"], "startDate": ["2020"] } }),
    );
    let asset =
        json!({ "id": "b", "schema": "Company", "properties": { "name": ["B"], "addressEntity": ["adr"] } });
    let address = json!({ "id": "adr", "schema": "Address", "properties": { "full": ["Berlin {east}"] } });
    let mut inner_asset = asset.clone();
    inner_asset["properties"]["addressEntity"] = json!([address]);
    let mut inner = ownership.clone();
    inner["properties"]["asset"] = json!([inner_asset]);
    let mut nested = owner.clone();
    nested["properties"]["ownershipOwner"] = json!([inner]);

    let one = lines(&[nested]);
    assert_eq!(
        accepted_and_rejected(&one).0,
        [
            " a",
            "/properties/ownershipOwner/0 o",
            "/properties/ownershipOwner/0/properties/asset/0 b",
            "/properties/ownershipOwner/0/properties/asset/0/properties/addressEntity/0 adr",
        ]
    );
    let flat = lines(&[owner, ownership, asset, address]);
    let digests = |delivery: &Delivery| -> Vec<_> {
        delivery.accepted.iter().map(|taken| (taken.key.clone(), taken.content)).collect()
    };
    assert_eq!(digests(&one), digests(&flat));
    let list =
        read_as("list.json", &json!([{ "id": "a", "schema": "Person", "properties": {} }, 7]).to_string());
    assert_eq!(
        accepted_and_rejected(&list),
        (vec!["/0 a".to_owned()], vec![("/1".to_owned(), None, RejectRule::NotAnObject)])
    );
    let foreign = read_as("s.json", r#"{"$schema":"https://json-schema.org","schema":{},"properties":{}}"#);
    assert_eq!(accepted_and_rejected(&foreign).1[0].2, RejectRule::UnknownFormat);
}

fn statement(canonical: &str, entity: &str, schema: &str, property: &str, value: &str) -> Value {
    json!({
        "canonical_id": canonical, "entity_id": entity, "prop": property, "schema": schema, "value": value,
        "dataset": "register", "lang": null, "original_value": null, "external": false, "origin": null,
        "first_seen": "2024-03-01T05:00:00", "last_seen": "2024-06-01T05:00:00",
        "id": format!("{entity}.{property}.{value}")
    })
}

#[test]
fn statements_say_each_its_own_and_a_tie_together() {
    let deliveries = [
        statement("NK-2uZtqvDXMPdSTdwPRyDpXq", "c", "Company", "id", "checksum"),
        statement("NK-2uZtqvDXMPdSTdwPRyDpXq", "c", "Company", "leiCode", "7LTWFZYICNSX8D621K86"),
        statement("NK-2uZtqvDXMPdSTdwPRyDpXq", "c", "LegalEntity", "name", "Acme"),
        statement("NK-2uZtqvDXMPdSTdwPRyDpXq", "d", "Company", "alias", "Bcme"),
    ];
    assert_eq!(
        said(&deliveries),
        "company None [] = NK-2uZtqvDXMPdSTdwPRyDpXq, desk:c
company None [] = NK-2uZtqvDXMPdSTdwPRyDpXq, desk:c, lei:legal-entity:7LTWFZYICNSX8D621K86
legal-entity Some(\"Acme\") [] = NK-2uZtqvDXMPdSTdwPRyDpXq, desk:c
company None [\"Bcme\"] = NK-2uZtqvDXMPdSTdwPRyDpXq, desk:d
"
    );
    let tie: Vec<Value> =
        [("payer", "a"), ("beneficiary", "b"), ("date", "2011-12-22"), ("amountEur", "80000")]
            .map(|(property, value)| statement("p", "p", "Payment", property, value))
            .into();
    let whole = contents(&lines(&[payment(&json!({ "amountEur": ["80000"] }))]));
    let parts = contents(&lines(&tie));
    assert_eq!(parts.len(), 4);
    for part in &parts {
        assert_eq!((&part.claims, part.seen), (&whole[0].claims, whole[0].seen));
        assert_eq!(part.created, Moment::parse("2024-03-01T05:00:00Z"));
    }
    let amounts: Vec<usize> = parts.iter().map(|part| part.amounts.len()).collect();
    assert_eq!(amounts, [1, 0, 0, 0], "what was paid was paid once");
    assert_eq!(parts[0].amounts, whole[0].amounts);
    assert_eq!(said(&tie[1..]), "", "without its payer it ties nobody");
}

#[test]
fn a_statement_s_times_are_its_own_and_an_external_one_says_nothing() {
    let mut external = statement("c", "c", "Company", "name", "Maybe");
    external["external"] = json!(true);
    assert_eq!(said(&[external]), "");
    let mut bare = statement("c", "c", "Company", "name", "Acme");
    bare.as_object_mut().expect("an object").remove("id");
    let first = lines(std::slice::from_ref(&bare));
    bare["last_seen"] = json!("2024-07-01T05:00:00");
    let second = lines(&[bare]);
    assert_eq!(first.accepted[0].key, second.accepted[0].key, "seen again it is the same statement");
    assert_eq!(second.accepted[0].version.as_deref(), Some("2024-07-01T05:00:00Z"));
    assert_eq!(second.accepted[0].own_time, Moment::parse("2024-03-01T05:00:00Z"));
    let entity = json!({ "id": "c", "schema": "Company", "properties": {}, "first_seen": "2020-01-01",
        "last_seen": "2024-07-01T05:00:00", "last_change": "2022-02-02T00:00:00" });
    let taken = lines(&[entity]).accepted.remove(0);
    assert_eq!(taken.own_time, Moment::parse("2022-02-02T00:00:00Z"));
    assert_eq!(taken.version.as_deref(), Some("2022-02-02T00:00:00Z"));
}

const EXPORT: &str = r#""canonical_id","entity_id","prop","prop_type","schema","value","dataset","origin","lang","original_value","external","first_seen","last_seen","id"
"c","c","name","name","Company","Acme, ""the"" one","register","","","","f","2024-03-01T05:00:00","2024-06-01T05:00:00","s1"
"c","c","name","name","Unicorn","secret","register","","","","f","","","s2"
"c","c","name","name","Company","Acme","register","","","","f","","","s3","more"
"#;

#[test]
fn an_export_says_what_its_lines_say() {
    let export = read_as("statements.csv", EXPORT);
    let mut line = statement("c", "c", "Company", "name", "Acme, \"the\" one");
    line["id"] = json!("s1");
    let (row, line) = (&export.accepted[0], lines(&[line]).accepted.remove(0));
    assert_eq!((&row.key, row.content, &*row.position), (&line.key, line.content, "line 2"));
    let rejected: Vec<_> =
        export.rejects.iter().map(|reject| (reject.position.as_str(), reject.cause.rule)).collect();
    assert_eq!(rejected, [("line 3", RejectRule::UnknownSchema), ("line 4", RejectRule::RowLength)]);

    let pack = "entity_id,prop,value,dataset,lang,original_value,origin,external,first_seen,last_seen,id\n\
                c,Company:name,Acme,register,,,,,2024-03-01T05:00:00,2024-06-01T05:00:00,s1\n";
    let pack = read_as("statements.pack", pack);
    let line = json!({ "canonical_id": "c", "entity_id": "c", "prop": "name", "schema": "Company", "value": "Acme",
        "dataset": "register", "lang": null, "original_value": null, "external": false, "origin": null,
        "first_seen": "2024-03-01T05:00:00", "last_seen": "2024-06-01T05:00:00", "id": "s1" });
    assert_eq!(pack.accepted[0].content, lines(&[line]).accepted[0].content);
}
