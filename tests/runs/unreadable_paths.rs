//! A path that cannot be read affects only its own source, and objects that were not read are not withdrawn.

use std::{fs, os::unix::fs::symlink, process::Command};

use crate::support::{Deployment, PublishedRun, every_object_is_accounted_for, named};

const FIRST: &str = "2026-04-01T02:00:00Z";
const SECOND: &str = "2026-04-02T02:00:00Z";

const TWO_SOURCES: &str = r#"
[[source]]
name = "harbour"
paths = ["harbour"]
mode = "snapshot"
[[source]]
name = "quay"
paths = ["quay/*.json"]
mode = "snapshot"
"#;

fn malware(number: u32) -> String {
    format!(
        r#"{{"type":"malware","id":"malware--5e000000-0000-4000-8000-{number:012}","created":"2026-03-01T00:00:00Z","modified":"2026-03-01T00:00:00Z","name":"Reed {number}","is_family":true}}"#
    )
}

/// Returns path, status, delivered and rejected of each delivery as text.
fn deliveries(run: &PublishedRun) -> Vec<String> {
    let table = run.table("steward/deliveries");
    let row = |row| {
        let path = table.text("path", row).rsplit("/harbour/").next().unwrap_or_default().to_owned();
        let [delivered, rejected] = ["delivered", "rejected"].map(|count| table.count(count, row));
        format!("{path} {} {delivered} {rejected}", table.text("status", row))
    };
    table.rows().map(row).collect()
}

fn two_sources() -> Deployment {
    let deployment = Deployment::new(TWO_SOURCES);
    deployment.write("harbour/north/a.json", malware(1));
    deployment.write("harbour/south/b.json", malware(2));
    deployment.write("quay/c.json", malware(3));
    deployment.run(FIRST, &[]).ends_with(0);
    deployment
}

#[test]
fn a_folder_that_cannot_be_read_affects_only_its_own_source() {
    let deployment = two_sources();
    fs::remove_dir_all(deployment.path("harbour/south")).expect("removed");
    // A link to itself cannot be opened by any user.
    symlink("south", deployment.path("harbour/south")).expect("a link");
    deployment.write("quay/d.json", malware(4));
    deployment.run(SECOND, &[]).ends_with(4);
    let run = deployment.published(SECOND);
    every_object_is_accounted_for(&run);
    let table = run.table("steward/deliveries");
    assert_eq!(table.sum("withdrawn"), 0);
    assert_eq!(run.table("all/entities").rows().len(), 4, "no object is withdrawn, and quay is read");
    let rejects = run.table("steward/rejects");
    assert_eq!(rejects.text("rule", 0), "unreadable");
    let failed = table.only("status", "failed");
    assert_eq!((table.count("delivered", failed), table.count("rejected", failed)), (1, 1));
    // This also holds for an INPUT. A path that does not exist is an error.
    let as_input = [named("harbour", deployment.path("harbour/south"))];
    deployment.run("2026-04-03T02:00:00Z", &as_input).ends_with(4);
    deployment.run("2026-04-03T02:00:00Z", &[named("harbour", deployment.path("nowhere"))]).ends_with(2);
    // The next complete snapshot is compared with the last complete one.
    fs::remove_file(deployment.path("harbour/south")).expect("removed");
    deployment.run("2026-04-04T02:00:00Z", &[]).ends_with(0);
    let run = deployment.published("2026-04-04T02:00:00Z");
    assert_eq!(run.table("steward/deliveries").sum("withdrawn"), 1, "it is gone now");
}

#[test]
fn a_glob_with_an_unreadable_folder_withdraws_no_object() {
    let deployment = two_sources();
    deployment.configure(&TWO_SOURCES.replace("[\"harbour\"]", "[\"harbour/*/*.json\"]"));
    fs::remove_dir_all(deployment.path("harbour/south")).expect("removed");
    symlink("nowhere", deployment.path("harbour/south")).expect("a link");
    deployment.run(SECOND, &[]).ends_with(4);
    assert_eq!(deployment.published(SECOND).table("all/entities").rows().len(), 3);
}

#[test]
fn a_linked_folder_is_read_and_a_loop_of_links_is_reported() {
    let deployment = two_sources();
    fs::rename(deployment.path("harbour/south"), deployment.path("moved")).expect("moved");
    symlink("../moved", deployment.path("harbour/south")).expect("a link");
    deployment.run(SECOND, &[]).ends_with(0);
    let run = deployment.published(SECOND);
    assert_eq!(deliveries(&run)[..2], ["harbour/north/a.json ok 1 0", "harbour/south/b.json ok 1 0"]);
    assert_eq!(run.table("all/entities").rows().len(), 3);
    symlink("..", deployment.path("moved/up")).expect("a link");
    symlink("../harbour", deployment.path("harbour/again")).expect("a link");
    fs::remove_file(deployment.path("harbour/north/a.json")).expect("removed");
    deployment.run("2026-04-03T02:00:00Z", &[]).ends_with(4);
    let run = deployment.published("2026-04-03T02:00:00Z");
    assert_eq!(run.table("steward/deliveries").sum("withdrawn"), 0);
    assert!(deliveries(&run).contains(&"harbour/again failed 1 1".to_owned()), "{:?}", deliveries(&run));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a shell limits the descriptors of the program")]
fn many_files_are_read_with_few_descriptors() {
    let deployment = Deployment::new(TWO_SOURCES);
    for number in 0..400 {
        deployment.write(&format!("harbour/{number:03}.json"), malware(number));
    }
    deployment.write("quay/c.json", malware(900));
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -n 16 && exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_araneus"),
        "check",
        "--threads",
        "64",
    ]);
    command.arg("--config").arg(deployment.path("araneus.toml"));
    command.arg("--state").arg(deployment.path("state")).current_dir(deployment.path("."));
    let output = command.output().expect("a shell");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{messages}");
    assert!(messages.contains("401 objects would be accepted, 0 rejected"), "{messages}");
}

#[test]
fn the_first_pages_of_a_collection_without_the_last_withdraw_no_object() {
    let deployment = Deployment::new("[[source]]\nname = \"server\"\nmode = \"snapshot\"\n");
    let page = |name: &str, more: &str, numbers: &[u32]| {
        let objects: Vec<String> = numbers.iter().map(|number| malware(*number)).collect();
        named("server", deployment.write(name, format!("{{{more}\"objects\":[{}]}}", objects.join(","))))
    };
    let whole = page("whole.json", "\"more\":false,", &[1, 2, 3, 4]);
    let first = page("pages/1.json", "\"more\":true,\"next\":\"t2\",", &[1]);
    let second = page("pages/2.json", "\"more\":true,\"next\":\"t3\",", &[2]);
    let last = page("pages/3.json", "", &[3]);
    deployment.run(FIRST, &[whole]).ends_with(0);
    deployment.run(SECOND, &[first.clone(), second.clone()]).ends_with(4);
    let run = deployment.published(SECOND);
    assert_eq!(run.table("steward/deliveries").sum("withdrawn"), 0);
    assert_eq!(run.table("all/entities").rows().len(), 4);
    deployment.run("2026-04-03T02:00:00Z", &[first, second, last]).ends_with(0);
    let run = deployment.published("2026-04-03T02:00:00Z");
    assert_eq!(run.table("steward/deliveries").sum("withdrawn"), 1);
}

#[test]
fn ignored_files_and_companion_files_do_not_prevent_withdrawal() {
    let with_ignore = TWO_SOURCES.replacen("mode", "ignore = [\"*/digests.json\", \"lost+found\"]\nmode", 1);
    let deployment = Deployment::new(&with_ignore);
    deployment.write("harbour/north/a.json", malware(1));
    deployment.write("harbour/north/._a.json", b"\x00\x05\x16\x07\x00");
    deployment.write("harbour/north/digests.json", "no JSON");
    symlink("lost+found", deployment.path("harbour/lost+found")).expect("a link");
    let mut packed = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in
        [("a.json", malware(2)), ("__MACOSX/._a.json", "x".to_owned()), ("x/digests.json", "x".to_owned())]
    {
        packed.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
        std::io::Write::write_all(&mut packed, text.as_bytes()).expect("written");
    }
    deployment.write("harbour/packed.json.zip", packed.finish().expect("an archive").into_inner());
    deployment.write("quay/c.json", malware(3));
    deployment.write("quay/._c.json", b"\x00\x05\x16\x07\x00");
    deployment.run(FIRST, &[]).ends_with(0);
    let run = deployment.published(FIRST);
    assert_eq!(
        deliveries(&run),
        [
            "harbour/lost+found ignored 0 0",
            "harbour/north/._a.json ignored 0 0",
            "harbour/north/a.json ok 1 0",
            "harbour/north/digests.json ignored 0 0",
            "harbour/packed.json.zip!/__MACOSX/._a.json ignored 0 0",
            "harbour/packed.json.zip!/a.json ok 1 0",
            "harbour/packed.json.zip!/x/digests.json ignored 0 0",
            "quay/._c.json ignored 0 0",
            "quay/c.json ok 1 0",
        ]
    );
    deployment.configure(&with_ignore.replace("lost+found", "["));
    deployment.run(SECOND, &[]).ends_with(2);
}
