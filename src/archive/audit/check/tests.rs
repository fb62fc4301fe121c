//! Every change of the log is found and named; a killed write leaves a log that opens.

use std::fs;

use super::super::{Action, Entry, Subject, append_at, file_subjects, head_path, heads, log_path, read};
use super::*;
use crate::time::Moment;

const ENTRIES: usize = 9;

fn entry(number: usize) -> Entry {
    Entry {
        action: Action::Judged,
        by: "ana".to_owned(),
        audience: Some("partners".to_owned()),
        subjects: vec![Subject::Flag(format!("flag-{number}"))],
    }
}

fn time(number: usize) -> Moment {
    Moment::from_micros(i64::try_from(number).expect("a small number"))
}

fn log() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..ENTRIES {
        append_at(folder.path(), &[entry(number)], time(number)).expect("written");
    }
    let text = fs::read_to_string(log_path(folder.path())).expect("a log");
    (folder, text.lines().map(str::to_owned).collect())
}

/// Returns the position and the kind of the damage of a log with these lines.
fn damage(folder: &Path, lines: &[String]) -> Option<(u64, &'static str)> {
    fs::write(log_path(folder), lines.join("\n") + if lines.is_empty() { "" } else { "\n" })
        .expect("written");
    match read(folder, &mut |_| {}) {
        Ok(_) => None,
        Err(ArchiveError::AuditEntry { position, what, .. }) => Some((position, what)),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn each_altered_inserted_moved_or_missing_entry_is_named() {
    let (folder, lines) = log();
    let folder = folder.path();
    assert_eq!(damage(folder, &lines), None);
    for at in 0..ENTRIES {
        let position = at as u64 + 1;
        let mut altered = lines.clone();
        altered[at] = altered[at].replace("ana", "bob");
        assert_eq!(damage(folder, &altered), Some((position, "was altered")));
        let mut broken = lines.clone();
        broken[at].truncate(20);
        assert_eq!(damage(folder, &broken), Some((position, "was altered")));
        let mut missing = lines.clone();
        missing.remove(at);
        assert_eq!(damage(folder, &missing), Some((position, "is missing")));
        let mut inserted = lines.clone();
        inserted.insert(at, lines[at].replace("ana", "bob"));
        assert_eq!(damage(folder, &inserted), Some((position, "was inserted or moved")));
        if at + 1 < ENTRIES {
            let mut exchanged = lines.clone();
            exchanged.swap(at, at + 1);
            assert_eq!(damage(folder, &exchanged), Some((position + 1, "was altered or moved")));
        }
        assert_eq!(damage(folder, &lines[..at]), Some((position, "is missing")), "a cut end");
    }
    let mut longer = lines.clone();
    longer.push(lines[0].clone());
    assert_eq!(damage(folder, &longer), Some((ENTRIES as u64 + 1, "was inserted or moved")));
    // A changed entry whose successors were all made again differs from the head.
    let other = log().1;
    let remade = tempfile::tempdir().expect("a folder");
    for number in 0..ENTRIES {
        append_at(remade.path(), &[Entry { by: "bob".to_owned(), ..entry(number) }], time(number))
            .expect("written");
    }
    let text = fs::read_to_string(log_path(remade.path())).expect("a log");
    let forged: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(damage(folder, &forged), Some((ENTRIES as u64, "was altered")));
    assert_eq!(damage(folder, &other), None, "equal entries have equal bytes");
    fs::remove_file(log_path(folder)).expect("removed");
    assert!(matches!(read(folder, &mut |_| {}), Err(ArchiveError::AuditEntry { position: 1, .. })));
}

#[test]
fn each_altered_byte_of_the_head_is_found() {
    let (folder, lines) = log();
    let folder = folder.path();
    let head = fs::read(head_path(folder)).expect("a head");
    for at in 0..head.len() - 1 {
        let mut altered = head.clone();
        altered[at] = if altered[at] == b'1' { b'2' } else { b'1' };
        fs::write(head_path(folder), altered).expect("written");
        assert!(read(folder, &mut |_| {}).is_err(), "byte {at}");
        assert!(append_at(folder, &[entry(1)], Moment::from_micros(1)).is_err(), "byte {at}");
    }
    fs::remove_file(head_path(folder)).expect("removed");
    assert!(read(folder, &mut |_| {}).is_err(), "a log without a head");
    fs::write(head_path(folder), head).expect("written");
    assert_eq!(damage(folder, &lines), None);
}

#[test]
fn a_write_that_was_cut_at_any_byte_leaves_a_log_that_opens_and_grows() {
    let (folder, lines) = log();
    let folder = folder.path();
    let before = fs::read(log_path(folder)).expect("a log");
    let old = heads(folder).expect("a head");
    append_at(folder, &[entry(20), entry(21)], Moment::from_micros(99)).expect("written");
    let (after, new) = (fs::read(log_path(folder)).expect("a log"), heads(folder).expect("a head"));
    let both = old[0].line() + &new[0].line();
    for cut in before.len()..=after.len() {
        fs::write(head_path(folder), &both).expect("written");
        fs::write(log_path(folder), &after[..cut]).expect("written");
        let mut entries = 0;
        read(folder, &mut |_| entries += 1).expect("a log of a killed process is not damaged");
        assert_eq!(entries, if cut == after.len() { ENTRIES + 2 } else { ENTRIES });
        append_at(folder, &[entry(30)], Moment::from_micros(100)).expect("written");
        let mut by_position = Vec::new();
        read(folder, &mut |entry| by_position.push(entry.position)).expect("whole");
        assert_eq!(by_position.len(), entries + 1);
    }
    // Bytes that the disk lost in the middle of the write.
    fs::write(head_path(folder), &both).expect("written");
    let mut zeros = after.clone();
    zeros[before.len()..].fill(0);
    fs::write(log_path(folder), zeros).expect("written");
    append_at(folder, &[entry(31)], Moment::from_micros(101)).expect("written");
    assert_eq!(read(folder, &mut |_| {}).expect("whole").entries, ENTRIES as u64 + 1);
    // A log that is shorter than both heads was cut.
    fs::write(head_path(folder), &both).expect("written");
    fs::write(log_path(folder), &before[..before.len() - lines[8].len() - 1]).expect("written");
    assert!(matches!(read(folder, &mut |_| {}), Err(ArchiveError::AuditEntry { position: 9, .. })));
    assert!(append_at(folder, &[entry(32)], Moment::from_micros(102)).is_err(), "a cut log does not grow");
}

#[test]
fn no_value_enters_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let planted = "Ana Example, 7 Quay Road";
    let subjects = vec![Subject::Flag(planted.to_owned()), Subject::Model("../x y".to_owned())];
    let many = file_subjects((0..5_000).map(|number| digest(&[number as u8])).collect());
    assert_eq!(many.len(), 1);
    let long: Vec<Subject> = (0..5_000).map(|number| Subject::Flag(format!("flag-{number}"))).collect();
    for subjects in [subjects, many, long] {
        append_at(folder.path(), &[Entry { subjects, ..entry(1) }], Moment::from_micros(1)).expect("written");
    }
    let text = fs::read_to_string(log_path(folder.path())).expect("a log");
    assert!(!text.contains("Quay") && !text.contains("x y"), "{text}");
    assert!(text.lines().all(|line| line.len() < 2_000));
    read(folder.path(), &mut |_| {}).expect("whole");
}

#[test]
fn many_entries_are_checked_as_a_stream() {
    let folder = tempfile::tempdir().expect("a folder");
    let entries: Vec<Entry> = (0..20_000).map(entry).collect();
    append_at(folder.path(), &entries, Moment::from_micros(1)).expect("written");
    let mut count = 0;
    assert_eq!(read(folder.path(), &mut |_| count += 1).expect("whole").entries, 20_000);
    assert_eq!(count, 20_000);
}

/// Prints how long the check of a million entries takes.
#[test]
#[ignore = "measures a time: run it alone, with --ignored --nocapture"]
#[expect(clippy::disallowed_methods, reason = "a time is measured")]
fn a_million_entries_are_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..10 {
        let entries: Vec<Entry> = (0..100_000).map(entry).collect();
        append_at(folder.path(), &entries, Moment::from_micros(1)).expect("written");
    }
    let begin = std::time::Instant::now();
    assert_eq!(read(folder.path(), &mut |_| {}).expect("whole").entries, 1_000_000);
    println!("{:.1} s", begin.elapsed().as_secs_f64());
}
