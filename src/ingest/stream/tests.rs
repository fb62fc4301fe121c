//! A stream gives what reading the whole text gives, for every size of the buffer and every cut.

mod fuzz;

use std::{fs, path::Path};

use super::*;
use crate::{
    ingest::{
        document::read_text,
        json,
        known::{self, KnownObject},
        unpack,
    },
    record::Digest,
};

const A: &str = r#"{"type":"malware","id":"malware--5b000000-0000-4000-8000-000000000001","name":"Reed \"wisp\" \\","created":"2024-02-01T00:00:00Z"}"#;
const B: &str = r#"{"type":"tool","id":"tool--5b000000-0000-4000-8000-000000000002","name":"\ud83e\udeb6 Grün","x":[1.5e3,{"]":"}"}]}"#;

/// Reads a text whole.
fn whole(stored: &[u8], path: &str) -> Delivery {
    let mut delivery = Delivery::new("feed", path);
    delivery.digest = blake3::hash(stored).to_hex().to_string();
    delivery.complete(|delivery| {
        let bytes = unpack::unpack(stored.to_vec())?;
        read_text(unpack::text(&bytes)?, delivery)
    });
    delivery
}

/// Reads a text by a buffer of some bytes; `None` if it is not streamed.
fn streamed(stored: &[u8], path: &str, size: usize) -> Option<Delivery> {
    let mut delivery = Delivery::new("feed", path);
    let buffer = TextBuffer::open(stored, stored.len() as u64, size).ok()?;
    let mut reading = Reading { known: &known::nothing, after_buffer: &mut |_| {} };
    let result = read(buffer, &mut delivery, &mut reading).ok()?;
    // Reading a text whole computes no digests of bytes.
    delivery.accepted.iter_mut().for_each(|accepted| accepted.raw = None);
    delivery.complete(|_| result);
    Some(delivery)
}

/// Checks that a stream gives the same delivery or none; returns how many sizes gave one.
fn compared(stored: &[u8], path: &str, sizes: &[usize]) -> usize {
    let expected = format!("{:?}", whole(stored, path));
    let read = sizes.iter().filter_map(|size| Some((size, streamed(stored, path, *size)?)));
    read.map(|(size, delivery)| {
        assert_eq!(format!("{delivery:?}"), expected, "{path} by buffers of {size} bytes");
    })
    .count()
}

/// An event with attributes, an object, a cluster, a proposal and an expiration.
const EVENT: &str = r#"{"Event":{"uuid":"5b000000-0000-4000-8000-0000000000e1","info":"Ree\\ds","date":"2024-02-01","Orgc":{"uuid":"5b000000-0000-4000-8000-0000000000aa"},"Tag":[{"name":"tlp:green"}],
 "Attribute":[{"uuid":"5b000000-0000-4000-8000-0000000000a1","type":"domain","value":"a.example","timestamp":"1704067200","Sighting":[{"type":"2","date_sighting":"1706745600","Organisation":{"uuid":"5b000000-0000-4000-8000-0000000000aa"}}]},
 {"type":"url","value":"http://ä.example","distribution":"0"},{"uuid":7,"type":"md5","value":"x"},{"type":"md5","type":"md5","value":"x"},7],
 "Object":[{"uuid":"5b000000-0000-4000-8000-0000000000b1","name":"file","Attribute":{"uuid":"5b000000-0000-4000-8000-0000000000a2","type":"filename","object_relation":"filename","value":"b.exe","ShadowAttribute":[{"type":"filename","value":"c.exe"}]}}],
 "Galaxy":[{"type":"threat-actor","GalaxyCluster":[{"uuid":"5b000000-0000-4000-8000-0000000000c1","type":"threat-actor","value":"Salt Heron"}]}]}}"#;

const SHORT: &str = r#"{"Event":{"uuid":"5b000000-0000-4000-8000-0000000000e1","info":"x","Attribute":[{"uuid":"5b000000-0000-4000-8000-0000000000a1","type":"domain","value":"a.example","distribution":"0"}]}}"#;

/// Documents that are streamed.
fn documents() -> Vec<(&'static str, String)> {
    let bundle = format!(
        "{{\"type\":\"bundle\",\"id\":\"bundle--1\",\r\n \"objects\" : [ {A} ,\t{B}, 7 , {{\"type\":\"x\"}} ] }}\n"
    );
    let repeated = A.replace("\"name\"", "\"name\":\"x\",\"name\"");
    let deep = format!("{{\"type\":\"tool\",\"id\":\"x\",\"x\":{}{}}}", "[".repeat(300), "]".repeat(300));
    vec![
        ("a.json", bundle.clone()),
        ("bom.json", format!("\u{feff}{bundle}")),
        ("late.json", format!("{{\"objects\":[{A}],\"x_more\":{{\"objects\":[1]}},\"type\":\"bundle\"}}")),
        ("page.json", format!("{{\"more\":true,\"next\":\"2\",\"objects\":[{B}]}}")),
        ("twice.json", format!("{{\"type\":\"bundle\",\"objects\":[{A}],\"objects\":[{B}]}}")),
        ("list.json", format!("[\n{A},{repeated},{B}]  ")),
        (
            "rejects.json",
            format!(
                "{{\"objects\":[{A},{repeated},{deep},{{\"type\":\"tool\",\"id\":\"tool--1\"}},\"\\ud800\",1e999,[],null]}}"
            ),
        ),
        ("events.json", format!("{{\"response\":[{EVENT},{EVENT},{{\"x\":1}},7],\"more\":true}}")),
        ("events-list.json", format!("[{EVENT}\n,{EVENT}]")),
        ("lines.jsonl", format!("{A}\n\n{B}\r\n{{\"type\":\r{A}\r{{\"objects\":[{A},{B}]}}")),
        ("lines.json", format!("{A}\n{B}\n{A}\n").repeat(30)),
    ]
}

#[test]
fn a_stream_gives_what_the_whole_text_gives() {
    let sizes: Vec<usize> = (1..200).chain([1 << 20]).collect();
    for (path, text) in documents() {
        // Only the name of a file, or its first 64 lines, say that it has JSON lines.
        let smallest = if path == "lines.json" { 9000 } else { 0 };
        let sizes: Vec<usize> = sizes.iter().map(|size| smallest + size).collect();
        let count = compared(text.as_bytes(), path, &sizes);
        assert!(count > sizes.len() / 2, "{path} is streamed by {count} buffers only");
    }
}

#[test]
fn a_cut_text_is_never_read_otherwise() {
    for (path, text) in documents().into_iter().filter(|(path, _)| *path != "lines.json") {
        for end in 0..text.len() {
            compared(&text.as_bytes()[..end], path, &[1, 7, 64, 1 << 20]);
        }
    }
}

#[test]
fn a_changed_byte_is_never_read_otherwise() {
    let short = ("event.json", format!("{{\"response\":[{SHORT}]}}"));
    for (path, text) in documents().into_iter().chain([short]).filter(|(_, text)| text.len() < 1_200) {
        for at in 0..text.len() {
            for byte in *b"\"\\{}[],: \n0a\x01\xff" {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = byte;
                compared(&bytes, path, &[9, 1 << 20]);
            }
        }
    }
}

#[test]
fn packed_files_are_streamed() {
    let (path, text) = documents().swap_remove(0);
    let packed = zstd::encode_all(text.as_bytes(), 1).expect("compresses");
    assert!(compared(&packed, path, &[5, 64, 4096]) > 1);
    for end in 0..packed.len() {
        compared(&packed[..end], path, &[64]);
    }
}

#[test]
fn other_documents_are_not_streamed() {
    for text in [
        "",
        "7",
        "[]",
        "[[1],2]",
        "{\"objects\":{}}",
        "{\"response\":[{\"Event\":{}}]}",
        "{\"response\":[]}",
        "{\"Event\":{\"info\":\"x\"}}",
        "{\"objects\":[],\"rows\":[]}",
        "\"objects\"",
    ] {
        assert_eq!(compared(text.as_bytes(), "a.json", &[1, 4, 4096]), 0, "{text}");
    }
}

#[test]
fn an_object_that_is_known_by_its_bytes_is_not_parsed() {
    let text = format!("[{A},{B},{A} ]");
    let known = |source: &str, raw: Digest| {
        (source == "feed" && raw == known::raw_digest(A)).then(|| KnownObject {
            key: "known".into(),
            content: Digest([7; 16]),
            version: Some("2".to_owned()),
            own_time: None,
            markings: vec!["TLP:RED".to_owned()],
            defines: None,
            revokes: false,
            surroundings: crate::record::Surroundings::default(),
        })
    };
    let mut delivery = Delivery::new("feed", "a.json");
    let mut reading = Reading { known: &known, after_buffer: &mut |_| {} };
    let buffer = TextBuffer::open(text.as_bytes(), text.len() as u64, 64).expect("text");
    assert!(read(buffer, &mut delivery, &mut reading).is_ok_and(|result| result.is_ok()));
    let keys: Vec<&str> = delivery.accepted.iter().map(|object| &*object.key).collect();
    assert_eq!(keys, ["known", "tool--5b000000-0000-4000-8000-000000000002", "known"]);
    let first = &delivery.accepted[0];
    assert_eq!((&*first.object, first.content, &*first.position), (A, Digest([7; 16]), "/0"));
    assert!(delivery.accepted.iter().all(|object| object.raw.is_some()));
}

/// Every file of the corpus, by small buffers and whole.
#[test]
fn the_corpus_of_invalid_json_gives_the_same_rejects() {
    let mut files = Vec::new();
    for name in ["data/json-bad-input", "faults", "data/oasis-stix", "data/opencti-datasets"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
        if !folder.is_dir() {
            eprintln!("SKIPPED: {} is absent", folder.display());
            return;
        }
        files_below(&folder, &mut files);
    }
    assert!(files.len() > 250, "{} files", files.len());
    for file in files {
        let (stored, path) = (fs::read(&file).expect("a file"), file.display().to_string());
        if stored.len() < 2 << 20 {
            compared(&stored, &path, &[257, 1 << 16, 8 << 20]);
        }
    }
}

fn files_below(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, files);
        } else if path.to_string_lossy().contains(".json") {
            files.push(path);
        }
    }
}

mod random {
    use proptest::prelude::*;
    use serde_json::{Value, value::RawValue};

    use super::*;
    use crate::ingest::tree;

    /// Texts that are JSON or nearly so.
    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => r"[ \t\n]{0,2}",
            4 => prop::sample::select(vec!["{", "}", "[", "]", ",", ":", "{\"a\":", "\"b\":", "[1,"]).prop_map(str::to_owned),
            4 => prop::sample::select(vec!["1", "-0", "1.0", "1e400", "01", "true", "null", "\"\"", "\"\\\"\"", "\"\\\\\"", "\"\\ud83e\\udeb6\"", "\"\\ud800\"", "\"\\u00e9\"", "\"é\"", "\"\t\"", "1.5e3"]).prop_map(str::to_owned),
            1 => "\\PC{0,3}",
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,4}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// `PROPTEST_CASES` sets a larger number, for a long run by hand.
    fn many_cases() -> ProptestConfig {
        let config = ProptestConfig::default();
        ProptestConfig { cases: config.cases.max(2_000), ..config }
    }

    proptest! {
        #![proptest_config(many_cases())]

        /// The scan finds the values that serde finds, and a text that serde rejects is not streamed.
        #[test]
        fn the_scan_agrees_with_serde(text in nearly_json(), size in 1..40_usize) {
            let list = format!("[{text}]");
            if let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(&list) {
                let (mut at, mut place) = (1, Place::First);
                for value in values {
                    let Found::Value(range) = scan::next_value(list.as_bytes(), at, place) else {
                        panic!("no value in {list}");
                    };
                    prop_assert_eq!(&list[range.clone()], value.get());
                    (at, place) = (range.end, Place::Behind);
                }
                prop_assert_eq!(scan::next_value(list.as_bytes(), at, place), Found::End(list.len()));
            }
            for text in [text.clone(), list, format!("{{\"objects\":[{A},{text},{B}],\"type\":\"bundle\"}}"), format!("[{A},{text}]"), format!("{A}\n{text}\n")] {
                compared(text.as_bytes(), "a.json", &[size, 1 << 20]);
                compared(text.as_bytes(), "a.jsonl", &[size]);
            }
        }

        /// A tree is read from the texts from which a value is read, and has its digest.
        #[test]
        fn a_tree_is_the_value(text in nearly_json(), value in any_value()) {
            for text in [text, value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
                match (json::value(&text), tree::tree(&text)) {
                    (Ok(value), Some(tree)) => prop_assert_eq!(json::digest(&value), tree::digest(&tree)),
                    (Err(_), None) => {}
                    (value, tree) => panic!("{text}: {value:?} and {tree:?}"),
                }
            }
        }
    }
}
