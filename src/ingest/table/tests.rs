//! Tables that are text: what is accepted, rejected and claimed.

use std::sync::Arc;

use super::*;
use crate::{
    ingest::{Input, Location, Status, read_mapped},
    record::{AttributeKind, Claim, NumberKind},
};

#[test]
fn columns_without_a_name_of_their_own_are_named_by_their_number() {
    let source_mapping = SourceMapping::new(serde_json::from_str("{}").expect("a mapping"), "source");
    let columns = MappedColumns::named(&["b", " ", "column 2", "b", "a"], &source_mapping).expect("columns");
    assert_eq!(columns.names, ["b", "column 2'", "column 2", "column 4", "a"]);
    let cells = ["1", "2", "", "4", "5"].map(|text| Cell::Text(text.into()));
    let held = serde_json::to_string(&columns.held(cells.to_vec())).expect("plain data");
    assert_eq!(held, r#"{"a":"5","b":"1","column 2'":"2","column 4":"4"}"#);
    let numbered = MappedColumns::numbered(&source_mapping);
    let held = numbered.held(["x"; 11].map(|text| Cell::Text(text.into())).to_vec());
    let names: Vec<&str> = held.0.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["1", "10", "11", "2", "3", "4", "5", "6", "7", "8", "9"]);
}

fn read_by(mapping: &str, text: &str) -> Delivery {
    let source_mapping = SourceMapping::new(load::parse(mapping).expect("a mapping"), "feed");
    let location = Location::Bytes(text.as_bytes().to_vec());
    let input = Input { source: "feed".to_owned(), path: "-".to_owned(), location, pseudonyms: None };
    read_mapped(&[input], &[("feed".to_owned(), Arc::new(source_mapping))].into(), &|_| {}).remove(0)
}

/// Returns what was taken, and the rule of each reject with its place.
fn outcome(delivery: &Delivery) -> (usize, Vec<String>) {
    let rejects = delivery.rejects.iter();
    let said = rejects.map(|reject| format!("{} {}", reject.position, reject.cause.rule.name()));
    (delivery.accepted.len(), said.collect())
}

#[test]
fn a_value_that_is_none_of_its_kind_costs_its_row() {
    for (kind, good, bad) in [
        ("ipv4-addr", "192.0.2.1", "192.0.2.999"),
        ("domain-name", "evil[.]example", "a..b"),
        ("email-addr", "a@b.example", "a b@c.example"),
        ("url", "http://b.example/", "/gate"),
        ("mac-addr", "aa-bb-cc-dd-ee-ff", "zz"),
        ("autonomous-system", "AS64500", "many"),
        ("ip", "2001:db8::1", "fe80:::"),
    ] {
        let mapping = format!("[[entity]]\nas = \"it\"\nkind = \"{kind}\"\nvalue = \"{{v}}\"\n");
        let delivery = read_by(&mapping, &format!("v\n{good}\n{bad}\n"));
        assert_eq!(outcome(&delivery), (1, vec!["line 3 unknown-form".to_owned()]), "{kind}");
    }
}

#[test]
fn a_word_that_means_nothing_is_an_empty_cell() {
    let mapping = "expires = \"{until}\"\n[table]\nempty = [\"None\", \"-\"]\noptional = [\"until\"]\n\
        [[entity]]\nas = \"host\"\nkind = \"domain-name\"\nvalue = \"{host}\"\n\
        [[entity]]\nas = \"family\"\nkind = \"malware\"\nkey = \"{family}\"\nsplit = \";\"\noptional = true\n";
    let text =
        "host,family,until\na.example,None,-\nb.example,Reedwisp;-,\n-,Reedwisp,\nc.example, None ,none\n";
    let delivery = read_by(mapping, text);
    assert_eq!(outcome(&delivery), (2, vec!["line 4 missing-value".into(), "line 5 bad-time".into()]));
    let source_mapping = SourceMapping::new(load::parse(mapping).expect("a mapping"), "feed");
    let claims = |at: usize| interpret_row(&source_mapping, &delivery.accepted[at].object).claims.len();
    assert_eq!((claims(0), claims(1)), (1, 2));
    // The row itself is kept as delivered.
    assert!(delivery.accepted[0].object.contains("None"));
}

#[test]
fn the_shipped_list_of_indicators_knows_the_usual_words_for_nothing() {
    let source_mapping = SourceMapping::new(
        read_mapping("indicator-list", std::path::Path::new("")).expect("a mapping"),
        "feed",
    );
    for word in ["None", "null", "N/A", "n/a", "NULL", "\\N", "-", "", " None "] {
        let row = serde_json::json!({ "indicator": "a.example", "family": word, "last_seen": word, "confidence": word });
        let content = interpret_row(&source_mapping, &row.to_string());
        assert_eq!((content.claims.len(), content.seen.end, content.confidence), (1, None, None), "{word}");
    }
}

#[test]
fn one_of_several_properties_that_is_none_is_left_out_and_all_of_them_cost_the_row() {
    let mapping = "[[entity]]\nas = \"it\"\nkind = \"file\"\n\
                   identifiers = { \"hashes.MD5\" = \"{md5}\", \"hashes.TLSH\" = \"{tlsh}\" }\n";
    let table = "md5,tlsh\n9e107d9d372bb6826bd81d3542a419d6,n/a\nn/a,n/a\n";
    let delivery = read_by(mapping, table);
    assert_eq!(outcome(&delivery), (1, vec!["line 3 unknown-form".to_owned()]));
    let source_mapping = SourceMapping::new(load::parse(mapping).expect("a mapping"), "feed");
    let content = interpret_row(&source_mapping, &delivery.accepted[0].object);
    let Claim::Entity { identifiers, .. } = &content.claims[0] else { panic!("an entity") };
    assert_eq!(identifiers.len(), 1);
}

#[test]
fn a_row_that_no_entity_is_for_is_kept_and_says_nothing() {
    let mapping = "[[entity]]\nas = \"host\"\nkind = \"domain-name\"\nvalue = \"{v}\"\n\
                   where = { type = [\"domain\"] }\n";
    let delivery = read_by(mapping, "type,v\ndomain,a.example\nother,x.exe\n");
    assert_eq!(outcome(&delivery), (2, Vec::new()));
}

#[test]
fn an_empty_file_is_no_table_with_a_header() {
    for text in ["", "\n\n"] {
        let delivery = read_by("[[entity]]\nas = \"it\"\nkind = \"thing\"\nkey = \"{k}\"\n", text);
        assert_eq!(delivery.status, Status::Rejected);
        assert_eq!(outcome(&delivery), (0, vec![" missing-column".to_owned()]));
    }
    let delivery = read_by("[[entity]]\nas = \"it\"\nkind = \"thing\"\nkey = \"{k}\"\n", "k\n");
    assert_eq!((delivery.status, outcome(&delivery)), (Status::Ok, (0, Vec::new())));
}

#[test]
fn an_amount_whose_thousands_are_parted_otherwise_costs_its_row() {
    let mapping = include_str!("../../../datasets/mappings/payments.toml")
        .replace("[table]", "[table]\nthousands = \",\"");
    let row = |(id, amount)| format!("{id},A,B,\"{amount}\",EUR,2024-01-01T00:00:00Z\n");
    let rows: String = [(1, "1,234.5"), (2, "1.234,5"), (3, "1,5")].map(row).concat();
    let delivery = read_by(&mapping, &format!("id,payer,payee,amount,currency,time\n{rows}"));
    let rejects = vec!["line 3 wrong-type".to_owned(), "line 4 wrong-type".to_owned()];
    assert_eq!(outcome(&delivery), (1, rejects));
    let source_mapping = SourceMapping::new(load::parse(&mapping).expect("a mapping"), "feed");
    assert_eq!(
        interpret_row(&source_mapping, &delivery.accepted[0].object).amounts[0].value.to_string(),
        "1234.5"
    );
}

const PERSON: &str = r#"
[[entity]]
as = "person"
kind = "person"
key = "{id}"
name = "{name}"
"#;

#[test]
fn attributes_of_a_row_have_the_form_of_their_kind_and_others_are_left_out() {
    let text = format!(
        "{PERSON}[entity.attributes]\nbirth-date = \"{{born}}\"\nnumber = \"{{register}}\"\npassport-number = \"{{passport}}\"\naddress = \"{{house}} {{street}}\"\n"
    );
    let source = SourceMapping::new(load::parse(&text).expect("a mapping"), "feed");
    let object = r#"{"id":"1","name":"Ana Heron","born":"about 1990","register":"HRB 12-3","passport":"AB 12","house":"7","street":"Reed  Street"}"#;
    let cells: Cells<'_> = serde_json::from_str(object).expect("a row");
    let content = interpret::interpret(&source, source.mapping.row(&cells)).expect("a claim").content;
    let found: Vec<(AttributeKind, &str)> =
        content.attributes.iter().flatten().map(|one| (one.kind, &*one.value)).collect();
    let number = AttributeKind::Number;
    let expected = [
        (number(NumberKind::Unnamed), "hrb123"),
        (number(NumberKind::Passport), "ab12"),
        (AttributeKind::Address, "7 reed street"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn only_known_attributes_of_the_first_entity_can_be_mapped() {
    let attributes = "[entity.attributes]\nbirth-date = \"{born}\"\n";
    let second = PERSON.replace("\"person\"\nkind", "\"other\"\nkind");
    assert!(load::parse(&format!("{PERSON}{attributes}")).is_ok());
    assert!(load::parse(&format!("{PERSON}{}", attributes.replace("birth-date", "birthday"))).is_err());
    let source = |text: String| {
        serde_json::from_value::<Mapping>(toml::from_str::<serde_json::Value>(&text).expect("TOML"))
    };
    assert!(
        source(format!("{PERSON}{second}{attributes}")).is_ok_and(|mapping| load::fault(&mapping).is_some())
    );
    assert!(
        source(format!("{PERSON}{attributes}{second}")).is_ok_and(|mapping| load::fault(&mapping).is_none())
    );
}

/// Mappings beside the shipped ones: filters, kinds by a column, lists, references and mentioned entities.
const MAPPINGS: [&str; 3] = [
    "key = \"{id}\"\nexpires = \"{last_seen}\"\nwhere = { type = [\"a\", \"\"] }\n[[entity]]\nas = \"it\"\nkind = \"{kind}\"\n\
     value = \"{value}\"\nsplit = \";\"\n[[entity]]\nas = \"other\"\nkind = \"vulnerability\"\nname = \"{name}\"\noptional = true\n\
     references = { cve = \"{id}\" }\n[[link]]\nfrom = \"other\"\nto = \"it\"\nkind = \"{kind}\"\namount = \"{amount}\"\n",
    "[[entity]]\nas = \"it\"\nkind = \"file\"\nidentifiers = { \"hashes.MD5\" = \"{value}\" }\nkey = \"{family}\"\n\
     [[entity]]\nas = \"who\"\nkind = \"person\"\nid = \"{id}\"\nmentioned = true\noptional = true\n\
     [[link]]\nfrom = \"who\"\nto = \"it\"\nkind = \"uses\"\n",
    "[[entity]]\nas = \"it\"\nkind = \"ip\"\nvalue = \"{value}\"\nwhere = { type = [\"a\"] }\n\
     [[entity]]\nas = \"other\"\nkind = \"hash\"\nvalue = \"{value}\"\noptional = true\nunless = { type = [\"a\"] }\n",
];

#[test]
fn the_check_of_a_row_says_what_its_interpretation_says() {
    const COLUMNS: [&str; 19] = [
        "id",
        "type",
        "kind",
        "value",
        "indicator",
        "family",
        "name",
        "amount",
        "first_seen",
        "last_seen",
        "confidence",
        "tlp",
        "payer",
        "payee",
        "currency",
        "time",
        "source",
        "target",
        "report",
    ];
    const VALUES: [&str; 20] = [
        "",
        "a",
        "a.example",
        "http://a.example/b",
        "198.51.100.7",
        "9e107d9d372bb6826bd81d3542a419d6",
        "None",
        "2024-01-01T00:00:00Z",
        "soon",
        "high",
        "101",
        "1.5",
        "CVE-2024-0001",
        "person--1",
        "a.example;198.51.100.7",
        ";",
        "tlp:red",
        "url",
        "ipv4-addr",
        "x y",
    ];
    let shipped = ["edge-list", "indicator-list", "payments", "reported-indicators", "timed-edge-list"];
    let shipped = shipped.map(|name| read_mapping(name, std::path::Path::new("")).expect("a mapping"));
    let own = MAPPINGS.map(|text| load::parse(text).expect("a mapping"));
    let (mut draw, mut accepted, mut rejected) = (crate::random::open(22, 1), 0, 0);
    for mapping in shipped.into_iter().chain(own) {
        let source_mapping = SourceMapping::new(mapping, "feed");
        for _ in 0..2000 {
            let mut object = serde_json::Map::new();
            for column in COLUMNS {
                let value = VALUES[crate::random::below(&mut draw, 20) as usize];
                object.insert(column.to_owned(), value.into());
            }
            let text = serde_json::Value::Object(object).to_string();
            let cells: Cells<'_> = serde_json::from_str(&text).expect("a row");
            let row = source_mapping.mapping.row(&cells);
            // The key is checked before, and apart from the rest.
            if interpret::key(&source_mapping.mapping, row).is_err() {
                continue;
            }
            let facts = |result: Result<interpret::Interpreted, Reject>| {
                let result = result.map(|row| {
                    (row.version, row.recorded_at, row.marking, row.content.seen, row.content.confidence)
                });
                result.map_err(|reject| (reject.rule, reject.reason))
            };
            let checked = facts(interpret::check(&source_mapping, row));
            accepted += usize::from(checked.is_ok());
            rejected += usize::from(checked.is_err());
            assert_eq!(checked, facts(interpret::interpret(&source_mapping, row)), "{text}");
        }
    }
    assert!(accepted > 1000 && rejected > 1000, "{accepted} accepted, {rejected} rejected");
}
