//! An erasure that is killed leaves the old state or the new one, and the next command completes it.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use araneus::tables;

use super::{everything, malware_id, three_runs};
use crate::support::{Deployment, equal_files, malware, names_in, run_folder_name};

/// Moments at which an erasure is killed. `scripts/erase-test` kills at many more.
const KILLS: u32 = 12;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_symlink() {
            let link = fs::read_link(&path).expect("a link");
            std::os::unix::fs::symlink(link, target).expect("a link");
        } else if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("a copy");
        }
    }
}

/// Returns a copy of a deployment. The owner of the results is named by a relative path, so a copy is one, too.
fn copied(deployment: &Deployment) -> Deployment {
    let copied = Deployment::new("");
    for name in ["state", "out"] {
        copy(&deployment.path(name), &copied.path(name));
    }
    copied
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the kill happens at a time that the program does not choose")]
fn a_killed_erasure_leaves_the_old_state_or_is_completed() {
    let (feeds, whole) = (Deployment::new(""), Deployment::new(""));
    three_runs(&whole, &feeds, true);
    let id = malware_id(&malware(7, "person.json"));
    let erase = ["erase", "--id", &id, "--reason", "request 17", "--by", "ana", "--yes"];
    let old = everything(&whole);
    let done = copied(&whole);
    let start = Instant::now();
    done.ask(&erase).ends_with(0);
    let seconds = start.elapsed().as_secs_f64();
    let new = everything(&done);
    let (mut undecided, mut decided) = (0, 0);
    for kill in 0..KILLS {
        let deployment = copied(&whole);
        let mut child = deployment.start_command(&erase);
        thread::sleep(Duration::from_secs_f64(seconds * f64::from(kill) / f64::from(KILLS)));
        child.kill().expect("killed");
        child.wait().expect("ended");
        deployment.ask(&["verify"]).ends_with(0);
        let is_decided = deployment.path("state/erase.json").exists();
        let is_done = deployment.path("state/erasures.jsonl").exists();
        if is_decided || is_done {
            decided += 1;
        } else {
            // Files that nothing names may be left, and the runs are the old ones.
            undecided += 1;
            for (name, digest) in old.iter().filter(|(name, _)| !name.starts_with("state/audit")) {
                assert_eq!(everything(&deployment).get(name), Some(digest), "kill {kill}: {name}");
            }
        }
        // The same command completes it, or finds that it is complete.
        let code = deployment.ask(&erase).code;
        assert!(code == 0 || (is_done && code == 2), "kill {kill}: {code}");
        deployment.ask(&["gc"]).ends_with(0);
        equal_files(&everything(&deployment), &new, &format!("kill {kill}"));
        deployment.ask(&["verify"]).ends_with(0);
    }
    println!("{undecided} kills before the decision, {decided} after it");
    assert!(undecided > 0, "no kill was before the decision");
}

#[test]
fn an_erasure_that_cannot_write_its_decision_leaves_a_clean_archive() {
    let (feeds, deployment) = (Deployment::new(""), Deployment::new(""));
    three_runs(&deployment, &feeds, true);
    let old = everything(&deployment);
    let id = malware_id(&malware(7, "person.json"));
    let erase = ["erase", "--id", &id, "--reason", "request 17", "--by", "ana", "--yes"];
    // A folder has the name of the decision's partial file.
    let obstacle = deployment.path("state/erase.json.partial");
    fs::create_dir(&obstacle).expect("a folder");
    deployment.ask(&erase).ends_with(6);
    fs::remove_dir(&obstacle).expect("an empty folder");
    deployment.ask(&["verify"]).ends_with(0);
    let left = everything(&deployment);
    for (name, digest) in &old {
        assert_eq!(left.get(name), Some(digest), "{name}");
    }
    assert!(left.len() > old.len(), "nothing was prepared");
    deployment.ask(&erase).ends_with(0);
    let prepared = names_in(&deployment.path("state/manifests"));
    assert!(!prepared.iter().any(|name| name.contains("prepared")), "{prepared:?}");
    deployment.ask(&["verify"]).ends_with(0);
}

#[test]
fn the_next_run_completes_an_erasure_that_was_decided() {
    let (feeds, deployment) = (Deployment::new(""), Deployment::new(""));
    three_runs(&deployment, &feeds, true);
    let id = malware_id(&malware(7, "person.json"));
    let erase = ["erase", "--id", &id, "--reason", "request 17", "--by", "ana", "--yes"];
    // The newest run cannot be computed again, so the erasure stops after its decision.
    deployment.configure("[model]\nid = \"no-such-model\"\n");
    assert_ne!(deployment.ask(&erase).code, 0);
    assert!(deployment.path("state/erase.json").exists());
    let newest = deployment.path("out").join(run_folder_name("2026-06-03"));
    assert!(tables::is_erased(&newest), "the newest run does not stay as it was");
    deployment.ask(&["verify"]).ends_with(0);
    deployment.configure("");
    deployment.run_with("2026-06-03", &[], &["--replay"]).ends_with(0);
    assert!(!deployment.path("state/erase.json").exists());
    assert!(!tables::is_erased(&newest));
    deployment.ask(&["verify"]).ends_with(0);
    assert_eq!(deployment.ask(&["erase", "--list"]).ends_with(0).stdout.lines().count(), 1);
}
