//! Kills, replacements and replays leave one whole run.

use std::os::unix::fs::symlink;

use super::{
    super::latest::{MakeLink, latest_folder, named_run_folder, point_by},
    *,
};

const RUN: &str = "20261121T020000Z";
const EARLIER: &str = "20261120T020000Z";
const LATER: &str = "20261122T020000Z";

fn put(out: &Path, run: &str, text: &str) -> PathBuf {
    let partial = prepare(out, run).expect("a fresh folder");
    write_text(&partial.join("all"), "report.html", text).expect("a file");
    write_text(&partial, "manifest.json", "{}").expect("a file");
    publish(out, run).expect("published")
}

fn shown(out: &Path, run: &str) -> String {
    fs::read_to_string(out.join(run).join("all/report.html")).expect("a report")
}

fn latest(out: &Path) -> String {
    let target = fs::read_link(out.join(LATEST)).expect("a link");
    target.to_str().expect("plain").to_owned()
}

fn names(out: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(out)
        .expect("readable")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_run_is_published_and_latest_points_at_it() {
    let out = tempfile::tempdir().expect("a folder");
    put(out.path(), RUN, "one");
    assert_eq!(shown(out.path(), RUN), "one");
    assert_eq!(latest(out.path()), RUN);
    assert_eq!(shown(out.path(), LATEST), "one", "the link is relative and resolves");
    assert_eq!(names(out.path()), [RUN, LATEST]);
}

#[test]
fn what_a_killed_run_left_is_removed_and_never_seen() {
    let out = tempfile::tempdir().expect("a folder");
    put(out.path(), RUN, "one");
    for run in [RUN, LATER] {
        let killed = prepare(out.path(), run).expect("a fresh folder");
        write_text(&killed, "half.arrow", "ARR").expect("a file");
    }
    symlink(LATER, out.path().join(LATEST_PARTIAL)).expect("a link");
    assert_eq!(shown(out.path(), LATEST), "one", "the killed run changed nothing");
    put(out.path(), RUN, "two");
    assert_eq!(shown(out.path(), RUN), "two");
    assert!(!out.path().join(RUN).join("half.arrow").exists());
    assert_eq!(names(out.path()), [RUN, LATEST]);
}

#[test]
fn a_run_of_other_content_is_replaced_whole() {
    let out = tempfile::tempdir().expect("a folder");
    let first = put(out.path(), RUN, "one");
    write_text(&first, "only-in-the-old.txt", "x").expect("a file");
    put(out.path(), RUN, "two");
    assert_eq!(shown(out.path(), RUN), "two");
    assert!(!first.join("only-in-the-old.txt").exists(), "no mixture");
    assert_eq!(names(out.path()), [RUN, LATEST]);
}

#[test]
fn a_run_is_replaced_where_the_file_system_cannot_exchange() {
    let out = tempfile::tempdir().expect("a folder");
    let finished = put(out.path(), RUN, "one");
    let partial = prepare(out.path(), RUN).expect("a fresh folder");
    write_text(&partial.join("all"), "report.html", "two").expect("a file");
    let refuse: Exchange = |_, _| Err(Errno::INVAL);
    replace(out.path(), RUN, &partial, &finished, refuse).expect("replaced");
    assert_eq!(shown(out.path(), RUN), "two");
    assert_eq!(names(out.path()), [RUN, LATEST]);
}

#[test]
fn a_run_set_aside_by_a_killed_run_comes_back() {
    let out = tempfile::tempdir().expect("a folder");
    let finished = put(out.path(), RUN, "one");
    fs::rename(&finished, aside(out.path(), RUN)).expect("set aside");
    prepare(out.path(), LATER).expect("a fresh folder");
    assert_eq!(shown(out.path(), RUN), "one");
}

#[test]
fn latest_never_moves_back() {
    let out = tempfile::tempdir().expect("a folder");
    put(out.path(), RUN, "this run");
    put(out.path(), EARLIER, "replayed");
    assert_eq!(latest(out.path()), RUN);
    put(out.path(), LATER, "next");
    assert_eq!(latest(out.path()), LATER);
}

#[test]
fn what_is_not_ours_is_neither_removed_nor_followed() {
    let out = tempfile::tempdir().expect("a folder");
    fs::create_dir(out.path().join(LATEST)).expect("a folder named latest");
    fs::write(out.path().join(".notes.partial"), "mine").expect("a file");
    prepare(out.path(), RUN).expect("a fresh folder");
    let message = publish(out.path(), RUN).expect_err("latest is a folder").to_string();
    assert!(message.contains("in the way"), "{message}");
    assert!(!out.path().join(RUN).exists(), "nothing is published");
    assert!(out.path().join(".notes.partial").exists());
}

#[test]
fn digests_name_every_file_and_follow_its_bytes() {
    let out = tempfile::tempdir().expect("a folder");
    write_text(out.path(), "manifest.json", "{}").expect("a file");
    write_text(&out.path().join("all"), "report.html", "x").expect("a file");
    let before = digests(out.path()).expect("digests");
    assert_eq!(before.keys().collect::<Vec<_>>(), ["all/report.html", "manifest.json"]);
    assert_eq!(before["manifest.json"], blake3::hash(b"{}").to_hex().to_string());
    write_text(out.path(), "manifest.json", "{ }").expect("a file");
    let after = digests(out.path()).expect("digests");
    assert_ne!(before["manifest.json"], after["manifest.json"]);
    assert_eq!(before["all/report.html"], after["all/report.html"]);
}

#[test]
fn only_moments_are_names_of_runs() {
    assert!(is_run_name(RUN));
    for other in ["", "latest", "../20261121T02", "20261121T020000z", "20261121T0200000"] {
        assert!(!is_run_name(other), "{other}");
    }
}

#[test]
fn a_run_is_withdrawn_and_latest_goes_back_to_the_one_before() {
    let out = tempfile::tempdir().expect("a folder");
    for run in [EARLIER, RUN, LATER] {
        put(out.path(), run, run);
    }
    assert_eq!(withdraw(out.path(), LATER).expect("withdrawn").as_deref(), Some(RUN));
    assert_eq!(
        (latest(out.path()), names(out.path())),
        (RUN.to_owned(), vec![EARLIER.to_owned(), RUN.to_owned(), LATEST.to_owned()])
    );
    assert_eq!(withdraw(out.path(), LATER).expect("again").as_deref(), Some(RUN), "it is complete already");
    // Killed after `latest` moved, or after the folder was set aside.
    point_latest(out.path(), EARLIER).expect("moved");
    fs::rename(out.path().join(RUN), partial(out.path(), RUN)).expect("set aside");
    withdraw(out.path(), RUN).expect("completed");
    assert_eq!(names(out.path()), [EARLIER, LATEST]);
    assert_eq!(withdraw(out.path(), EARLIER).expect("withdrawn"), None);
    assert!(names(out.path()).is_empty());
    assert_eq!(withdraw(&out.path().join("absent"), RUN).expect("nothing there"), None);
}

#[test]
fn a_folder_of_somebody_s_that_bears_a_run_s_name_is_left_alone() {
    let out = tempfile::tempdir().expect("a folder");
    write_text(&out.path().join(RUN), "notes.txt", "mine").expect("a file");
    let partial = prepare(out.path(), RUN).expect("a fresh folder");
    write_text(&partial, "manifest.json", "{}").expect("a file");
    assert!(matches!(publish(out.path(), RUN), Err(OutputError::InTheWay { .. })));
    assert!(matches!(withdraw(out.path(), RUN), Err(OutputError::InTheWay { .. })));
    assert!(out.path().join(RUN).join("notes.txt").exists());
}

/// A system without symbolic links.
const REFUSE: MakeLink = |_, _| Err(Errno::PERM.into());

#[test]
fn without_links_latest_is_a_file_that_every_reader_follows() {
    let out = tempfile::tempdir().expect("a folder");
    put(out.path(), RUN, "one");
    point_by(out.path(), RUN, REFUSE).expect("a file");
    let latest = out.path().join(LATEST);
    assert_eq!(fs::read_to_string(&latest).expect("a file"), format!("{RUN}\n"));
    assert_eq!(latest_run(out.path()).expect("a run").as_deref(), Some(RUN));
    assert_eq!(latest_folder(out.path()), out.path().join(RUN));
    assert_eq!(named_run_folder(&latest), out.path().join(RUN));
    assert_eq!(named_run_folder(out.path()), out.path());
    assert!(!out.path().join(LATEST_PARTIAL).exists());
}

#[test]
fn a_file_follows_later_runs_and_an_undo() {
    let out = tempfile::tempdir().expect("a folder");
    put(out.path(), LATER, "two");
    point_by(out.path(), LATER, REFUSE).expect("a file");
    put(out.path(), RUN, "one");
    assert_eq!(latest_folder(out.path()), out.path().join(LATER), "an earlier run does not move it");
    assert_eq!(withdraw(out.path(), LATER).expect("withdrawn").as_deref(), Some(RUN));
    point_by(out.path(), RUN, REFUSE).expect("a file");
    assert_eq!(withdraw(out.path(), RUN).expect("withdrawn"), None);
    assert!(out.path().join(LATEST).symlink_metadata().is_err());
}

#[test]
fn other_errors_and_other_files_are_errors() {
    let out = tempfile::tempdir().expect("a folder");
    let full: MakeLink = |_, _| Err(Errno::NOSPC.into());
    assert!(matches!(point_by(out.path(), RUN, full), Err(OutputError::Unwritable { .. })));
    for text in ["", "mine", "20261121T020000Z and more", "../20261121T02"] {
        fs::write(out.path().join(LATEST), text).expect("a file");
        assert!(matches!(latest_run(out.path()), Err(OutputError::InTheWay { .. })), "{text}");
        assert_eq!(latest_folder(out.path()), out.path().join(LATEST));
    }
}
