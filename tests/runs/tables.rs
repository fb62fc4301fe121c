//! Tables with their mappings: published CSV files and their records.

use std::{collections::BTreeMap, fs, path::Path};

use crate::support::{
    Deployment, PublishedRun, every_object_is_accounted_for, named, names_in, read_csv, real_data,
};
use crate::tiny::{folder, runs};

const FIRST: &str = "2026-03-01T02:00:00Z";
const SECOND: &str = "2026-03-02T02:00:00Z";

/// Returns the folder with the mappings of these tests.
fn mappings() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs/tables").display().to_string()
}

fn source(name: &str, mapping: &str, more: &str) -> String {
    format!("[[source]]\nname = \"{name}\"\nmapping = {mapping:?}\n{more}\n")
}

/// Returns the labels of the entities of a kind.
fn labels(run: &PublishedRun, kind: &str) -> Vec<String> {
    let entities = run.table("all/entities");
    let of_kind = entities.rows().filter(|&row| entities.text("kind", row) == kind);
    let mut labels: Vec<String> = of_kind.map(|row| entities.text("label", row).to_owned()).collect();
    labels.sort();
    labels
}

/// Returns each link as text: from, kind, to and layer.
fn links(run: &PublishedRun) -> Vec<String> {
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let label: BTreeMap<&str, &str> =
        entities.rows().map(|row| (entities.text("entity_id", row), entities.text("label", row))).collect();
    let end = |column: &str, row: usize| label[links.text(column, row)];
    let worded = |row: usize| {
        let (kind, layer) = (links.text("kind", row), links.text("layer", row));
        format!("{} {kind} {} ({layer})", end("from_id", row), end("to_id", row))
    };
    let mut all: Vec<String> = links.rows().map(worded).collect();
    all.sort();
    all
}

/// Returns each reject as text: position, rule and object.
fn rejects(run: &PublishedRun) -> Vec<String> {
    let rejects = run.table("steward/rejects");
    let row = |row: usize| format!("{} {}", rejects.text("position", row), rejects.text("rule", row));
    rejects.rows().map(row).collect()
}

const MESSY: &[u8] = b"\xef\xbb\xbf# exported\r\nvalue;family;seen;note;\r\n\
hxxp[:]//evil[.]example/a;Crab;2.10.2017 3:46;\"two\r\nlines\";\r\n\
192[.]0[.]2[.]7:8080;Crab;;\r\n\
evil(dot)example;;3.10.2017\r\n\
no such form;Crab;;;\r\n\
shifted;Crab;;;too;many\r\n\
192.0.2.8;Crab;2017-10-02;;\r\n\
\xca.example;Crab;;;\r\n\
;Crab;;;\r\n\
;;;;\r\n\
evil(dot)example;;3.10.2017\r\n\
9e107d9d372bb6826bd81d3542a419d6;Crab;;\"never ends\r\n";

const MESSY_MAPPING: &str = "first_seen = \"{seen}\"\n[table]\ncomment = \"#\"\n[time]\nforms = [\"day-first\"]\nzone = \"UTC\"\n\
[[entity]]\nas = \"it\"\nkind = \"observable\"\nvalue = \"{value}\"\n\
[[entity]]\nas = \"family\"\nkind = \"malware\"\nkey = \"{family}\"\noptional = true\n\
[[link]]\nfrom = \"family\"\nto = \"it\"\nkind = \"communicates-with\"\n";

#[test]
fn each_invalid_row_of_an_irregular_table_affects_only_itself() {
    let deployment = Deployment::new(&source("feed", "feed.toml", ""));
    deployment.write("feed.toml", MESSY_MAPPING);
    let path = deployment.write("in/messy.csv", MESSY);
    deployment.run(FIRST, &[named("feed", &path)]).ends_with(3);
    let run = deployment.published(FIRST);
    every_object_is_accounted_for(&run);
    assert_eq!(
        rejects(&run),
        [
            "line 7 unknown-form",
            "line 8 row-length",
            "line 9 bad-time",
            "line 10 encoding",
            "line 11 missing-value",
            "line 12 missing-value",
            "line 14 csv-syntax",
        ]
    );
    let deliveries = run.table("steward/deliveries");
    assert_eq!((deliveries.text("format", 0), deliveries.text("encoding", 0)), ("csv", "UTF-8"));
    assert_eq!((deliveries.count("taken", 0), deliveries.count("duplicate", 0)), (3, 1));
    assert_eq!(labels(&run, "url"), ["http://evil.example/a"]);
    assert_eq!(labels(&run, "ipv4-addr"), ["192.0.2.7"]);
    assert_eq!(labels(&run, "domain-name"), ["evil.example"]);
    assert_eq!(
        links(&run),
        [
            "Crab communicates-with 192.0.2.7 (infrastructure)",
            "Crab communicates-with http://evil.example/a (infrastructure)"
        ]
    );
    // No output contains a value of a rejected row.
    let rejects = run.table("steward/rejects");
    for row in rejects.rows() {
        let reason = rejects.text("reason", row);
        assert!(!["no such", "shifted", "192.0.2.8"].iter().any(|value| reason.contains(value)), "{reason}");
    }
}

#[test]
fn many_invalid_rows_are_counted_and_listed_up_to_a_limit() {
    let invalid_count = 100_003;
    let table = format!("value,family\nevil.example,Crab\n{}", "no such form,Crab\n".repeat(invalid_count));
    let deployment = Deployment::new(&source("list", &format!("{}/flood.toml", mappings()), ""));
    let packed = zstd::encode_all(table.as_bytes(), 3).expect("zstd");
    assert!(packed.len() < 1_000, "a small file");
    deployment.run(FIRST, &[named("list", deployment.write("list.csv.zst", packed))]).ends_with(3);
    let run = deployment.published(FIRST);
    let deliveries = run.table("steward/deliveries");
    let count = |column: &str| deliveries.count(column, 0);
    assert_eq!(
        (count("delivered"), count("taken"), count("rejected")),
        (invalid_count as u64 + 1, 1, invalid_count as u64)
    );
    let rejects = run.table("steward/rejects");
    assert_eq!(rejects.rows().len(), 100_001);
    let last =
        (rejects.text("position", 100_000), rejects.text("rule", 100_000), rejects.text("reason", 100_000));
    assert_eq!(
        last,
        ("line 100003", "too-many", "3 more rejects begin here; only the first 100000 are listed")
    );
}

#[test]
fn objects_that_unlisted_rejects_may_contain_are_not_withdrawn() {
    let deployment = Deployment::new(&source("list", "keyed.toml", "mode = \"snapshot\""));
    let mapping =
        format!("about = \"A keyed list.\"\nextends = \"{}/flood.toml\"\nkey = \"{{id}}\"\n", mappings());
    deployment.write("keyed.toml", mapping);
    let withdrawn = |as_of: &str, rows: &str| {
        let table = format!("id,value,family\na,evil.example,Crab\n{rows}");
        deployment.run(as_of, &[named("list", deployment.write("list.csv", table))]);
        deployment.published(as_of).table("steward/deliveries").count("withdrawn", 0)
    };
    assert_eq!(withdrawn(FIRST, "b,other.example,Crab\n"), 0);
    // A reject that is not listed may be the object b.
    assert_eq!(withdrawn(SECOND, &"x,no such form,Crab\n".repeat(100_001)), 0);
    assert_eq!(withdrawn("2026-03-03T02:00:00Z", "x,no such form,Crab\n"), 1);
}

#[test]
fn a_table_needs_a_mapping_and_the_columns_that_it_reads() {
    let deployment = Deployment::new(&source("feed", "payments", ""));
    let path = deployment.write("other/list.csv", "indicator\nevil.example\n");
    deployment.run(FIRST, std::slice::from_ref(&path)).ends_with(3);
    let rejects = deployment.published(FIRST).table("steward/rejects");
    assert_eq!(rejects.text("rule", 0), "unknown-format");
    assert!(rejects.text("reason", 0).contains("mapping"), "{}", rejects.text("reason", 0));

    deployment.run(SECOND, &[named("feed", &path)]).ends_with(3);
    let rejects = deployment.published(SECOND).table("steward/rejects");
    assert_eq!((rejects.text("rule", 0), rejects.text("position", 0)), ("missing-column", "line 1"));
    assert!(
        rejects.text("reason", 0).contains("`id`, which key of the mapping reads"),
        "{}",
        rejects.text("reason", 0)
    );
}

#[test]
fn an_invalid_mapping_ends_a_run_before_it_starts() {
    let deployment = Deployment::new(&source("feed", "feed.toml", ""));
    deployment.write("feed.toml", MESSY_MAPPING.replace("kind = \"malware\"", "kin = \"malware\""));
    let output = deployment.run(FIRST, &[named("feed", deployment.path("none.csv"))]);
    output.ends_with(2);
    assert!(
        output.stderr.contains("feed.toml:13: there is no key `kin` here; did you mean `kind`?"),
        "{}",
        output.stderr
    );
    deployment.configure(&source("feed", "gone.toml", ""));
    let output = deployment.run(FIRST, &[named("feed", deployment.path("none.csv"))]);
    assert!(output.ends_with(2).stderr.contains("gone.toml"), "{}", output.stderr);
}

#[test]
fn a_changed_mapping_is_a_configuration_change_and_an_earlier_run_can_be_replayed() {
    let deployment = Deployment::new(&source("feed", "feed.toml", ""));
    deployment.write("feed.toml", MESSY_MAPPING);
    let path =
        deployment.write("in/list.csv", "value;family;seen\nevil.example;Crab;\nbad.example;Crab;1.3.2026\n");
    deployment.run(FIRST, &[named("feed", &path)]).ends_with(0);
    let first = deployment.published(FIRST).digests();

    let other = MESSY_MAPPING.replace("communicates-with", "controls").replace("\"malware\"", "\"tool\"");
    deployment.write("feed.toml", &other);
    deployment.run(SECOND, &[named("feed", &path)]).ends_with(0);
    let run = deployment.published(SECOND);
    assert_eq!(labels(&run, "tool"), ["Crab"]);
    assert!(links(&run).iter().all(|link| link.contains(" controls ")), "{:?}", links(&run));
    let deliveries = run.table("steward/deliveries");
    assert_eq!((deliveries.count("duplicate", 0), deliveries.count("taken", 0)), (2, 0));
    let changes = run.table("all/changes");
    assert!(!changes.rows().is_empty(), "no change");
    for row in changes.rows() {
        assert_eq!(changes.text("cause", row), "configuration-change", "{}", changes.text("detail", row));
    }

    // The earlier rules give the earlier run.
    deployment.write("feed.toml", MESSY_MAPPING);
    deployment.run(FIRST, &[]).ends_with(0);
    assert_eq!(deployment.published(FIRST).digests(), first);
}

#[test]
fn keys_distinguish_a_change_from_an_addition_and_a_snapshot_withdraws() {
    let deployment =
        Deployment::new(&source("bank", "payments", "mode = \"snapshot\"\nrecorded_at = \"object\""));
    let header = "id,payer,payee,amount,currency,time\n";
    let write = |rows: &str| deployment.write("in/payments.csv", format!("{header}{rows}"));
    let path = write(
        "1,a,b,10.5,EUR,2026-02-01T00:00:00Z\n2,b,c,x,EUR,2026-02-02T00:00:00Z\n3,c,a,7,EUR,2026-02-03T00:00:00Z\n",
    );
    deployment.run(FIRST, &[named("bank", &path)]).ends_with(3);
    let run = deployment.published(FIRST);
    assert_eq!(rejects(&run), ["line 3 wrong-type"]);
    assert_eq!(links(&run), ["a payment b (finance)", "c payment a (finance)"]);
    let evidence = run.table("all/evidence");
    let object_ids: Vec<String> =
        evidence.rows().map(|row| evidence.text("object_id", row).to_owned()).collect();
    assert!(object_ids.contains(&"1".to_owned()), "{object_ids:?}");

    write("1,a,b,12,EUR,2026-02-01T00:00:00Z\n2,b,c,3,EUR,2026-02-02T00:00:00Z\n");
    deployment.run(SECOND, &[named("bank", &path)]).ends_with(0);
    let deliveries = deployment.published(SECOND).table("steward/deliveries");
    let counts = ["taken", "new", "changed", "withdrawn"].map(|name| deliveries.count(name, 0));
    assert_eq!(counts, [2, 1, 1, 1]);
}

#[test]
fn check_shows_rows_as_records_and_as_rejects() {
    let deployment = Deployment::new("");
    deployment.write("feed.toml", MESSY_MAPPING);
    let path = deployment.write("in/messy.csv", MESSY);
    let mapping = deployment.path("feed.toml").display().to_string();
    let output = deployment.ask(&["check", "--mapping", &mapping, &path]);
    output.ends_with(3);
    for shown in [
        "read as UTF-8, cells parted by ';'",
        "columns not read: note",
        "seen from: 2017-10-02T03:46:00Z",
        "url (url:value = http://evil.example/a)",
        "malware named Crab (malware--in:Crab)",
        "malware--in:Crab communicates-with ipv4-addr:value = 192.0.2.7:8080 (infrastructure)",
        "line 9  row:",
        "bad-time",
    ] {
        assert!(output.stdout.contains(shown), "{shown}: {}", output.stdout);
    }
    let output = deployment.ask(&["check", "--json", "--mapping", "indicator-list", &path]);
    assert!(output.ends_with(3).stdout.contains("\"encoding\":\"UTF-8\""), "{}", output.stdout);
    assert_eq!(deployment.ask(&["check", "--mapping", "payments"]).code, 2, "a mapping needs an INPUT");
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        std::io::Write::write_all(&mut writer, bytes).expect("writes to memory");
    }
    writer.finish().expect("finishes in memory").into_inner()
}

#[test]
fn members_of_a_zip_archive_are_read_as_separate_files() {
    let deployment = Deployment::new(&source("feed", "indicator-list", ""));
    let list = |host: &str| format!("indicator,type\n{host},domain\n").into_bytes();
    let (one, other) = (list("one.example"), list("other.example"));
    let several = zip_of(&[
        ("lists/one.csv", &one),
        ("lists/other.csv", &other),
        ("readme.txt", b"words"),
        ("invalid.json", b"{"),
        ("__MACOSX/lists/._one.csv", b"\0"),
    ]);
    let alone = zip_of(&[("deep/again.csv", &one)]);
    let empty = zip_of(&[("readme.txt", b"words"), ("notes.txt", b"more")]);
    let inside = zip_of(&[("inner.csv.zip", &alone), ("one.csv", &one)]);
    let mut cut = several.clone();
    cut.truncate(60);
    for (name, bytes) in
        [("several", &several), ("alone", &alone), ("empty", &empty), ("inside", &inside), ("cut", &cut)]
    {
        deployment.write(&format!("in/{name}.csv.zip"), bytes);
    }
    deployment.run(FIRST, &[named("feed", deployment.path("in"))]).ends_with(3);
    let run = deployment.published(FIRST);
    every_object_is_accounted_for(&run);
    let deliveries = run.table("steward/deliveries");
    let shown: BTreeMap<String, (String, u64)> = deliveries
        .rows()
        .map(|row| {
            let path =
                deliveries.text("path", row).rsplit_once("in/").expect("below the folder").1.to_owned();
            (path, (deliveries.text("status", row).to_owned(), deliveries.count("delivered", row)))
        })
        .collect();
    let expected = [
        ("alone.csv.zip", "ok", 1),
        ("cut.csv.zip", "rejected", 1),
        ("empty.csv.zip", "rejected", 1),
        ("inside.csv.zip!/inner.csv.zip", "rejected", 1),
        ("inside.csv.zip!/one.csv", "ok", 1),
        ("several.csv.zip!/__MACOSX/lists/._one.csv", "ignored", 0),
        ("several.csv.zip!/invalid.json", "rejected", 1),
        ("several.csv.zip!/lists/one.csv", "ok", 1),
        ("several.csv.zip!/lists/other.csv", "ok", 1),
        ("several.csv.zip!/readme.txt", "ignored", 0),
    ];
    let expected = expected.map(|(path, status, count)| (path.to_owned(), (status.to_owned(), count)));
    assert_eq!(shown, BTreeMap::from(expected));
    assert_eq!(labels(&run, "domain-name"), ["one.example", "other.example"]);
    // The digest is of the stored archive.
    let digest = blake3::hash(&several).to_hex().to_string();
    let is_read = |row: &usize| deliveries.text("status", *row) != "ignored";
    let of_several =
        deliveries.rows().filter(is_read).filter(|&row| deliveries.text("delivery", row) == digest);
    assert_eq!(of_several.count(), 3);
}

/// Vendors' files that need another mapping, and that mapping.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("macro_loader", "vendors-us-dates.toml"),
    ("rarog", "vendors-no-header.toml"),
    ("silverterrier_domains18", "vendors-macintosh.toml"),
];

#[test]
fn one_mapping_reads_the_files_of_all_vendors_with_three_exceptions() {
    let claim = "one_mapping_reads_the_files_of_all_vendors_with_three_exceptions";
    let Some(folder) = real_data("csv-indicators", claim) else { return };
    let mut configuration = String::new();
    let (mut inputs, mut rows) = (Vec::new(), BTreeMap::new());
    for vendor in ["amnesty", "unit42"] {
        for file in names_in(&folder.join(vendor)).into_iter().filter(|name| name.contains(".csv")) {
            let exception = EXCEPTIONS.iter().find(|(begins, _)| file.starts_with(begins));
            let mapping = exception.map_or("vendors.toml", |(_, mapping)| mapping);
            configuration += &source(&file, &format!("{}/{mapping}", mappings()), "");
            let path = folder.join(vendor).join(&file);
            inputs.push(named(&file, &path));
            rows.insert(file.clone(), counted(&path, !file.starts_with("rarog")));
        }
    }
    assert_eq!(rows.len(), 13);
    let deployment = Deployment::new(&configuration);
    deployment.run(FIRST, &inputs).ends_with(3);
    let run = deployment.published(FIRST);
    every_object_is_accounted_for(&run);
    // One file has three empty rows and a row with a truncated digest.
    let expected_rejects =
        ["line 42 unknown-form", "line 43 missing-value", "line 44 missing-value", "line 45 missing-value"];
    assert_eq!(rejects(&run), expected_rejects);
    if let Some(artra) = rows.get_mut("ArtraDownloader_AtraDownloader.csv") {
        artra.1 -= 2;
    }
    let deliveries = run.table("steward/deliveries");
    for row in deliveries.rows() {
        let name = deliveries.text("source", row);
        assert_eq!(deliveries.count("delivered", row), rows[name].0, "{name}");
        assert_eq!(deliveries.count("taken", row), rows[name].1, "{name}: rows that differ");
    }
    assert!(labels(&run, "domain-name").iter().all(|host| !host.contains(['[', '(', '\u{a0}'])));
    assert!(labels(&run, "file").len() > 2_000);
    let links = links(&run);
    let of = |kind: &str| links.iter().filter(|link| link.contains(&format!(" {kind} "))).count();
    assert_eq!(of("resolves-to"), 604);
    assert!(of("communicates-with") > 900, "{}", of("communicates-with"));
    let first = first_seen(&run, "creditadvice.exe");
    assert_eq!(first.as_deref(), Some("2017-02-10T01:11:00Z"), "a date in which the month comes first");
}

/// Returns the numbers of rows and of distinct rows, counted by the CSV library.
fn counted(path: &Path, has_header: bool) -> (u64, u64) {
    let stored = fs::read(path).expect("a file");
    let bytes = if path.extension().is_some_and(|suffix| suffix == "zst") {
        zstd::decode_all(stored.as_slice()).expect("zstd")
    } else {
        stored
    };
    let mut audience =
        csv::ReaderBuilder::new().has_headers(has_header).flexible(true).from_reader(bytes.as_slice());
    let rows: Vec<csv::ByteRecord> = audience.byte_records().map(|row| row.expect("a row")).collect();
    let distinct: std::collections::BTreeSet<Vec<u8>> =
        rows.iter().map(|row| row.iter().collect::<Vec<_>>().join(&0)).collect();
    (rows.len() as u64, distinct.len() as u64)
}

fn first_seen(run: &PublishedRun, label: &str) -> Option<String> {
    let entities = run.table("all/entities");
    let row = entities.only("label", label);
    let path = run.folder.join("all/entities.arrow");
    let columns = araneus::tables::read_table(&path).expect("a table");
    let micros = columns.time("first_seen").expect("times")[row];
    micros.map(|micros| araneus::time::Moment::from_micros(micros).to_string())
}

/// Checks files without a run; returns delivered, accepted and rejected of each.
fn checked(mapping: &str, paths: &[String]) -> Vec<(u64, u64, u64)> {
    let deployment = Deployment::new("");
    let mapping = format!("{}/{mapping}", mappings());
    let mut arguments = vec!["check", "--json", "--mapping", &mapping];
    arguments.extend(paths.iter().map(String::as_str));
    let output = deployment.ask(&arguments);
    let answer: serde_json::Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let rows = answer["deliveries"].as_array().expect("deliveries");
    let of = |row: &serde_json::Value| {
        let (taken, rejected) = (
            row["taken"].as_u64().expect("a count"),
            row["rejects"].as_array().expect("a list").len() as u64,
        );
        (taken + rejected, taken, rejected)
    };
    rows.iter().map(of).collect()
}

#[test]
fn simulated_payments_are_read_whole_and_reach_the_graph_with_their_sums() {
    let claim = "simulated_payments_are_read_whole_and_reach_the_graph_with_their_sums";
    let Some(folder) = real_data("amlsim", claim) else { return };
    let paths = ["20K_cycle200", "20K_fanin200"]
        .map(|set| named("amlsim", folder.join(set).join("transactions.csv.zst")));
    assert_eq!(checked("amlsim.toml", &paths), [(117_805, 117_805, 0), (118_250, 118_250, 0)]);

    let deployment = Deployment::new(&source("amlsim", &format!("{}/amlsim-tiny.toml", mappings()), ""));
    let path = folder.join("tiny/tx.csv");
    deployment.run(FIRST, &[named("amlsim", &path)]).ends_with(0);
    let run = deployment.published(FIRST);
    every_object_is_accounted_for(&run);
    let links = run.table("all/links");
    let sum: f64 = links.rows().map(|row| links.number("amount", row).expect("an amount")).sum();
    let expected: f64 = read_csv(&path)
        .iter()
        // A payment of an account to itself gives no link.
        .filter(|row| row["ACCOUNT_ID"] != row["COUNTER_PARTY_ACCOUNT_NUM"])
        .map(|row| row["TXN_AMOUNT_ORIG"].parse::<f64>().expect("a number"))
        .sum();
    assert!((sum - expected).abs() < 1e-6 && sum > 1000.0, "{sum} {expected}");
    for row in links.rows() {
        assert_eq!((links.text("layer", row), links.text("currency", row)), ("finance", "USD"));
    }
}

#[test]
fn contacts_and_ratings_without_a_header_are_read_whole() {
    let claim = "contacts_and_ratings_without_a_header_are_read_whole";
    let Some(folder) = real_data("temporal", claim) else { return };
    let ratings = named("otc", folder.join("bitcoin-otc/soc-sign-bitcoinotc.csv.zst"));
    assert_eq!(checked("ratings.toml", &[ratings]), [(35_592, 35_592, 0)]);

    let configuration = source("ward", &format!("{}/hospital.toml", mappings()), "recorded_at = \"object\"");
    let deployment = Deployment::new(&configuration);
    let path = folder.join("hospital-ward/Contacts_Hospital.tsv.zst");
    deployment.run(FIRST, &[named("ward", &path)]).ends_with(0);
    let run = deployment.published(FIRST);
    every_object_is_accounted_for(&run);
    assert_eq!(run.table("steward/deliveries").sum("delivered"), 32_424);
    assert_eq!(labels(&run, "person").len(), 75);
    let entities = run.table("all/entities");
    let roles: std::collections::BTreeSet<&str> =
        entities.rows().flat_map(|row| entities.texts("aliases", row)).map(String::as_str).collect();
    assert_eq!(roles.len(), 4, "{roles:?}");
    assert!(links(&run).iter().all(|link| link.ends_with("(communication)")));
}

#[test]
fn daily_lists_of_a_public_feed_are_accepted_one_after_the_other() {
    let claim = "daily_lists_of_a_public_feed_are_accepted_one_after_the_other";
    let Some(folder) = real_data("maltrail-nights", claim) else { return };
    let expected: BTreeMap<String, u64> = read_csv(&folder.join("nights.csv"))
        .into_iter()
        .map(|row| (row["night"].clone(), row["indicators"].parse().expect("a count")))
        .collect();
    let feeds = [("indicators", "maltrail.toml"), ("reports", "maltrail-reports.toml")];
    let configuration: String = feeds
        .map(|(name, mapping)| source(name, &format!("{}/{mapping}", mappings()), "recorded_at = \"object\""))
        .concat();
    let deployment = Deployment::new(&configuration);
    for day in 4..8 {
        let date = format!("2026-01-{day:02}");
        let files = feeds.map(|(name, _)| named(name, folder.join(format!("{name}-{date}.csv.zst"))));
        let as_of = format!("{date}T23:59:59Z");
        deployment.run(&as_of, &files).ends_with(0);
        let run = deployment.published(&as_of);
        every_object_is_accounted_for(&run);
        let deliveries = run.table("steward/deliveries");
        assert_eq!(deliveries.count("delivered", 0), expected[&date], "{date}");
        assert_eq!(deliveries.count("delivered", 0), deliveries.count("taken", 0), "{date}");
        assert!(links(&run).iter().any(|link| link.contains(" communicates-with ")));
    }
}

#[test]
fn northwind_gives_equal_results_in_stix_and_in_tables_of_each_format() {
    let last = |configuration: &str, below: &str| {
        let deployment = Deployment::new(configuration);
        let mut last = None;
        for (name, as_of) in runs() {
            deployment.run(&as_of, &[named("northwind", folder().join(below).join(&name).join("northwind"))]);
            let run = deployment.published(&as_of);
            every_object_is_accounted_for(&run);
            if !below.is_empty() {
                let deliveries = run.table("steward/deliveries");
                assert!(deliveries.rows().all(|row| deliveries.text("format", row) == below), "{below}");
                assert!(deliveries.sum("taken") > 0, "{below}");
            }
            last = Some(run.digests());
        }
        last.expect("five runs")
    };
    let mapping = folder().join("csv/northwind.toml").display().to_string();
    let stix = last("", "");
    for format in ["csv", "parquet", "arrow"] {
        let tables = last(&source("northwind", &mapping, ""), format);
        for table in ["entities", "links", "metrics", "communities", "members"] {
            let name = format!("all/{table}.arrow");
            assert!(stix.contains_key(&name));
            assert_eq!(stix[&name], tables[&name], "{format}: {table}");
        }
    }
}
