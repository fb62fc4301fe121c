//! Messages that cannot be written to standard error are lost, and change neither the results nor the exit code.

use std::{fs, process::Stdio};

use crate::support::{Deployment, araneus, araneus_to, equal_files, malware, named, names_in};

const AS_OF: &str = "2026-05-01T02:00:00Z";

/// Returns a file on a full disk.
fn full() -> Stdio {
    fs::File::options().write(true).open("/dev/full").expect("a full device").into()
}

/// Returns a pipe whose reader is closed.
fn gone() -> Stdio {
    let (audience, writer) = std::io::pipe().expect("a pipe");
    drop(audience);
    writer.into()
}

#[test]
fn a_run_is_equal_if_its_messages_cannot_be_written() {
    let deployment = Deployment::new("");
    let input = named("feed", deployment.write("one.json", malware(1, "Gorsefire")));
    deployment.run(AS_OF, std::slice::from_ref(&input)).ends_with(0);
    let expected = deployment.published(AS_OF).digests();
    let expected_rows = deployment.ask(&["list"]).stdout;
    for (at, stderr) in [full as fn() -> Stdio, gone].into_iter().enumerate() {
        for flags in [&[][..], &["--verbose"], &["--log-format", "json"], &["--json"]] {
            let temporary = tempfile::tempdir().expect("a folder");
            let folder = temporary.path();
            let run = [&["run", &input, "--as-of", AS_OF], flags].concat();
            assert_eq!(araneus_to(stderr(), &run, folder).code, 0, "{at} {flags:?}");
            let digests = araneus::tables::digests(&folder.join("out").join("20260501T020000Z"));
            let mut digests = digests.expect("a run");
            digests.remove("run.json");
            equal_files(&digests, &expected, &format!("{at} {flags:?}"));
            assert!(names_in(&folder.join("out")).contains(&"latest".to_owned()));
        }
        assert_eq!(araneus_to(stderr(), &["list"], &deployment.path("")).stdout, expected_rows);
    }
}

#[test]
fn a_failing_command_keeps_its_exit_code_if_its_message_cannot_be_written() {
    let temporary = tempfile::tempdir().expect("a folder");
    fs::write(temporary.path().join("links.csv"), "a,b\n").expect("written");
    let commands: [(&[&str], i32); 9] = [
        (&["measure", "absent.csv", "--out", "m"], 2),
        (&["measure", "links.csv", "--out", "m"], 0),
        (&["run"], 2),
        (&["run", "--no-such-flag"], 2),
        (&["no-such-command"], 2),
        (&["verify"], 2),
        (&["undo"], 2),
        (&["measure", "links.csv", "--out", "links.csv/m"], 6),
        (&["demo", "--example", "--out", "shown"], 0),
    ];
    for stderr in [full as fn() -> Stdio, gone] {
        for (command, code) in commands {
            assert_eq!(araneus_to(stderr(), command, temporary.path()).code, code, "{command:?}");
        }
        fs::remove_dir_all(temporary.path().join("shown")).expect("made");
    }
    // With a readable standard error the exit codes are equal.
    for (command, code) in commands {
        araneus(command, temporary.path()).ends_with(code);
    }
}
