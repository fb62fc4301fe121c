//! Hand-written deliveries with one fault or peculiarity each: their accepted and rejected objects.

use std::{fmt::Write as _, io::Write as _};

use crate::support::{CommandOutput, Deployment, PublishedRun, every_object_is_accounted_for, named};

const FIRST: &str = "2026-03-02";
const SECOND: &str = "2026-03-03";
const THIRD: &str = "2026-03-04";
const SNAPSHOT: &str = "[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n";

/// A value in each invalid object, which no message may contain.
const SECRET: &str = "secret-7f3a9c51.example";

fn id(kind: &str, number: usize) -> String {
    format!("{kind}--00000000-0000-4000-8000-{number:012}")
}

/// Returns a malware object with this number and further members.
fn malware(number: usize, more: &str) -> String {
    let id = id("malware", number);
    format!(r#"{{"type":"malware","spec_version":"2.1","id":"{id}","is_family":true{more}}}"#)
}

fn valid(number: usize) -> String {
    malware(number, &format!(r#","name":"Family {number}""#))
}

fn relationship(number: usize, from: usize, to: usize) -> String {
    let [id, from, to] = [id("relationship", number), id("malware", from), id("malware", to)];
    format!(
        r#"{{"type":"relationship","id":"{id}","relationship_type":"uses","source_ref":"{from}","target_ref":"{to}"}}"#
    )
}

fn bundle(objects: &[String]) -> String {
    format!(r#"{{"type":"bundle","id":"{}","objects":[{}]}}"#, id("bundle", 1), objects.join(",\n"))
}

/// Delivers one file to a new deployment and runs it.
fn deliver(name: &str, bytes: impl AsRef<[u8]>) -> (Deployment, CommandOutput) {
    let deployment = Deployment::new("");
    let file = deployment.write(name, bytes);
    let output = deployment.run(FIRST, &[named("feed", file)]);
    (deployment, output)
}

/// Returns the sums of `delivered`, `taken`, `duplicate` and `rejected`.
fn counts(run: &PublishedRun) -> [u64; 4] {
    every_object_is_accounted_for(run);
    let deliveries = run.table("steward/deliveries");
    ["delivered", "taken", "duplicate", "rejected"].map(|name| deliveries.sum(name))
}

#[test]
fn an_invalid_object_affects_only_itself_and_no_message_contains_its_value() {
    let deep = format!(r#","name":"{SECRET}","x_deep":{}{}"#, "[".repeat(300), "]".repeat(300));
    let ends = |more: &str| {
        let id = id("relationship", 2);
        format!(r#"{{"type":"relationship","id":"{id}","relationship_type":"uses"{more}}}"#)
    };
    let only_source = format!(r#","source_ref":"{}","description":"{SECRET}""#, id("malware", 1));
    let invalid_id = format!(r#"{{"type":"malware","id":"malware--no-uuid","name":"{SECRET}"}}"#);
    let report = id("report", 2);
    let refs = format!(r#"{{"type":"report","id":"{report}","name":"{SECRET}","object_refs":"{SECRET}"}}"#);
    let cases = [
        (malware(2, &deep), "depth"),
        (malware(2, &format!(r#","name":"a","name":"{SECRET}""#)), "duplicate-key"),
        (malware(2, &format!(r#","x":{{"y":{{"{SECRET}":1,"{SECRET}":2}}}}"#)), "duplicate-key"),
        (malware(2, &format!(r#","name":5,"description":"{SECRET}""#)), "wrong-type"),
        (malware(2, &format!(r#","name":{{"{SECRET}":5}}"#)), "wrong-type"),
        (refs, "wrong-type"),
        (malware(2, &format!(r#","name":"x","created":"{SECRET}""#)), "bad-time"),
        (malware(2, r#","name":"x","modified":"2026-13-45T00:00:00Z""#), "bad-time"),
        (ends(&only_source), "missing-reference"),
        (invalid_id, "bad-id"),
        (format!("\"{SECRET}\""), "not-an-object"),
        ("17".to_owned(), "not-an-object"),
    ];
    for (invalid, rule) in cases {
        let (deployment, output) = deliver("feed.json", bundle(&[valid(1), invalid, valid(3)]));
        output.ends_with(3);
        let run = deployment.published(FIRST);
        assert_eq!(counts(&run), [3, 2, 0, 1], "{rule}");
        let rejects = run.table("steward/rejects");
        assert_eq!(rejects.text("rule", 0), rule);
        assert_eq!(rejects.text("position", 0), "/objects/1", "{rule}");
        assert!(rejects.text("path", 0).ends_with("feed.json"), "{rule}");
        let reason = rejects.text("reason", 0);
        assert!(!reason.is_empty() && !reason.contains(SECRET), "{rule}: {reason}");
        let all_output = output.stdout + &output.stderr;
        assert!(!all_output.contains(SECRET), "{rule}: {all_output}");
        assert!(!run.text("all/report.html").contains(SECRET), "{rule}: the report contains the value");
    }
}

#[test]
fn a_truncated_file_or_another_encoding_is_rejected_as_a_whole() {
    let whole = bundle(&[valid(1), valid(2)]);
    let truncated = whole.as_bytes()[..whole.len() - 20].to_vec();
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin = whole.replace("Family 1", "Famille \u{e9}").replace('\u{e9}', "?").into_bytes();
    let latin: Vec<u8> = latin.into_iter().map(|byte| if byte == b'?' { 0xe9 } else { byte }).collect();
    let gzip = packed_by_gzip(whole.as_bytes());
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("truncated.json", truncated, "json-syntax"),
        ("empty.json", Vec::new(), "json-syntax"),
        ("wide.json", wide, "encoding"),
        ("latin.json", latin, "encoding"),
        ("truncated.json.gz", gzip[..gzip.len() - 9].to_vec(), "compression"),
        ("page.json", b"<html>not found</html>".to_vec(), "json-syntax"),
    ];
    for (name, bytes, rule) in cases {
        let (deployment, output) = deliver(name, bytes);
        output.ends_with(3);
        let run = deployment.published(FIRST);
        assert_eq!(counts(&run), [1, 0, 0, 1], "{name}");
        assert_eq!(run.table("steward/deliveries").text("status", 0), "rejected", "{name}");
        assert_eq!(run.table("steward/rejects").text("rule", 0), rule, "{name}");
    }
}

#[test]
fn a_rejected_object_with_a_known_key_is_not_absent_from_a_snapshot() {
    let deployment = Deployment::new(SNAPSHOT);
    let deep = malware(2, &format!(r#","name":"Family 2","x":{}{}"#, "[".repeat(300), "]".repeat(300)));
    let file = deployment.write("a.json", bundle(&[valid(1), valid(2), valid(3)]));
    deployment.run(FIRST, &[named("feed", file)]).ends_with(0);
    let file = deployment.write("b.json", bundle(&[valid(1), deep]));
    deployment.run(SECOND, &[named("feed", file)]).ends_with(3);
    let run = deployment.published(SECOND);
    assert_eq!(counts(&run), [2, 0, 1, 1]);
    assert_eq!(
        run.table("steward/deliveries").sum("withdrawn"),
        1,
        "the third object is absent, the second is not"
    );
    assert_eq!(run.table("steward/rejects").text("object_id", 0), id("malware", 2));
    assert_eq!(run.table("all/entities").rows().len(), 2);
    let file = deployment.write("c.json", bundle(&[valid(1), valid(2)]));
    deployment.run(THIRD, &[named("feed", file)]).ends_with(0);
    assert_eq!(counts(&deployment.published(THIRD)), [2, 0, 2, 0], "the second object stayed live");
}

#[test]
fn a_rejected_object_without_a_key_prevents_withdrawal() {
    let deployment = Deployment::new(SNAPSHOT);
    let file = deployment.write("a.json", bundle(&[valid(1), valid(2), valid(3)]));
    deployment.run(FIRST, &[named("feed", file)]).ends_with(0);
    let file = deployment.write("b.json", bundle(&[valid(1), r#"{"type":"malware","name":"x"}"#.to_owned()]));
    deployment.run(SECOND, &[named("feed", file)]).ends_with(4);
    assert_eq!(deployment.published(SECOND).table("steward/deliveries").sum("withdrawn"), 0);
    let file = deployment.write("c.json", bundle(&[valid(1)]));
    deployment.run(THIRD, &[named("feed", file)]).ends_with(0);
    let deliveries = deployment.published(THIRD).table("steward/deliveries");
    assert_eq!(deliveries.sum("withdrawn"), 2, "the next complete run compares with the last complete one");
}

#[test]
fn two_contents_of_one_key_are_both_accepted_and_count_once_as_new() {
    let twin = malware(1, r#","name":"Another""#);
    let (deployment, output) = deliver("feed.json", bundle(&[valid(1), twin, valid(1), valid(2)]));
    output.ends_with(0);
    let run = deployment.published(FIRST);
    assert_eq!(counts(&run), [4, 3, 1, 0]);
    assert_eq!(run.table("steward/deliveries").sum("new"), 2);
}

#[test]
fn references_may_have_no_target_and_form_cycles() {
    let objects = [
        valid(1),
        valid(2),
        relationship(1, 1, 2),
        relationship(2, 2, 1),
        relationship(3, 1, 1),
        relationship(4, 1, 99),
        malware(3, &format!(r#","name":"x","created_by_ref":"{}""#, id("identity", 7))),
    ];
    let (deployment, output) = deliver("feed.json", bundle(&objects));
    output.ends_with(0);
    let run = deployment.published(FIRST);
    assert_eq!(counts(&run), [7, 7, 0, 0]);
    assert!(run.table("all/links").rows().len() >= 2);
}

#[test]
fn hostile_text_stays_text_and_never_becomes_markup() {
    let long = "n".repeat(1 << 20);
    let names = [
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        r#"\"><img src=x onerror=alert(1)>"#,
        r"\u202egnp.exe",
        r"nul\u0000inside",
        "{{ 7*7 }} ${7*7} =1+1",
        "../../etc/passwd",
        &long,
    ];
    let mut objects = Vec::new();
    for (at, name) in names.iter().enumerate() {
        objects
            .push(malware(at, &format!(r#","name":"{name}","description":"{name}","aliases":["{name}"]"#)));
        objects.push(relationship(100 + at, at, 0));
        objects.push(relationship(200 + at, 0, (at + 1) % names.len()));
    }
    let count = objects.len() as u64;
    let (deployment, output) = deliver("feed.json", bundle(&objects));
    output.ends_with(0);
    let run = deployment.published(FIRST);
    assert_eq!(counts(&run), [count, count, 0, 0]);
    let entities = run.table("all/entities");
    let labels: Vec<&str> = entities.rows().map(|row| entities.text("label", row)).collect();
    for kept in [names[0], names[1], "\u{202e}gnp.exe", "nul\0inside", names[6]] {
        assert!(labels.contains(&kept), "the table keeps {kept:?}: {} labels", labels.len());
    }
    let report = run.text("all/report.html");
    assert!(report.contains("alert(1)"), "the report names the most central entity");
    for markup in
        ["<script", "<img", "onerror=alert(1)>", "href=\"javascript:", "src=\"http", "\0", "\u{202e}"]
    {
        assert!(!report.contains(markup), "the report contains {markup:?}");
    }
}

#[test]
fn one_invalid_line_of_json_lines_is_rejected_alone() {
    let mut lines = String::new();
    for line in [valid(1), format!(r#"{{"type":"malware", {SECRET}"#), valid(2), String::new(), valid(3)] {
        writeln!(lines, "{line}").expect("written to memory");
    }
    for name in ["feed.jsonl", "feed.ndjson", "feed.json"] {
        let (deployment, output) = deliver(name, &lines);
        output.ends_with(3);
        let run = deployment.published(FIRST);
        assert_eq!(counts(&run), [4, 3, 0, 1], "{name}");
        let rejects = run.table("steward/rejects");
        assert_eq!(rejects.text("rule", 0), "json-syntax");
        assert!(rejects.text("position", 0).contains('2'), "{name}: {}", rejects.text("position", 0));
        assert!(!rejects.text("reason", 0).contains(SECRET));
    }
}

#[test]
fn each_container_of_the_same_objects_is_read() {
    let objects = [valid(1), valid(2)];
    let list = format!("[{}]", objects.join(","));
    let marked = format!("\u{feff}{}", bundle(&objects));
    let gzip = packed_by_gzip(bundle(&objects).as_bytes());
    let zstd = zstd::encode_all(bundle(&objects).as_bytes(), 3).expect("packed in memory");
    let forms: [(&str, Vec<u8>, u64); 8] = [
        ("bundle.json", bundle(&objects).into_bytes(), 2),
        ("bare.json", valid(1).into_bytes(), 1),
        ("list.json", list.clone().into_bytes(), 2),
        ("envelope.json", format!(r#"{{"more":false,"objects":{list}}}"#).into_bytes(), 2),
        ("marked.stix2", marked.into_bytes(), 2),
        ("packed.json.gz", gzip, 2),
        ("packed.json.zst", zstd, 2),
        ("any.suffix", bundle(&objects).into_bytes(), 2),
    ];
    for (name, bytes, expected) in forms {
        let (deployment, output) = deliver(name, bytes);
        output.ends_with(0);
        assert_eq!(counts(&deployment.published(FIRST)), [expected, expected, 0, 0], "{name}");
        assert_eq!(deployment.published(FIRST).table("all/entities").rows().len() as u64, expected, "{name}");
    }
}

#[test]
fn standard_input_globs_and_folders_are_read_under_their_sources() {
    let deployment = Deployment::new("");
    deployment.run_piped(FIRST, "pipe=-", bundle(&[valid(1), valid(2)]).as_bytes()).ends_with(0);
    let deliveries = deployment.published(FIRST).table("steward/deliveries");
    assert_eq!((deliveries.text("source", 0), deliveries.count("new", 0)), ("pipe", 2));

    for (number, name) in ["feed/a.json", "feed/b.json", "feed/c.txt", "feed/deep/d.json"].iter().enumerate()
    {
        deployment.write(name, bundle(&[valid(10 + number)]));
    }
    let pattern = deployment.path("feed/*.json").display().to_string();
    deployment.run(SECOND, &[pattern]).ends_with(0);
    let deliveries = deployment.published(SECOND).table("steward/deliveries");
    let sources: Vec<&str> = deliveries.rows().map(|row| deliveries.text("source", row)).collect();
    assert_eq!(sources, ["feed", "feed"]);
    assert_eq!(deliveries.sum("new"), 2);

    deployment.run(THIRD, &[deployment.path("feed").display().to_string()]).ends_with(0);
    let deliveries = deployment.published(THIRD).table("steward/deliveries");
    let statuses: Vec<&str> = deliveries.rows().map(|row| deliveries.text("status", row)).collect();
    assert_eq!(statuses, ["ok", "ok", "ignored", "ok"], "in order of path");
    assert_eq!((deliveries.sum("new"), deliveries.sum("duplicate")), (1, 2));
}

fn packed_by_gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("packed in memory");
    packer.finish().expect("packed in memory")
}
