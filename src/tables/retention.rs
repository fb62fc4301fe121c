//! Retention of published runs: which folders of runs stay, and which may be removed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use super::{OutputError, is_erased, is_run_name, latest::latest_run, unreadable};

/// Published runs that stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Number of the newest runs that stay; `None` if all stay.
    pub runs: Option<u32>,
    /// Number of the newest months of which the last run stays.
    pub monthly: u32,
}

/// Folder of a run below the folder for results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    /// Name of the run.
    pub name: String,
    /// Size of its files in bytes.
    pub bytes: u64,
    /// Names of its folders: audiences, and the data steward.
    pub readers: BTreeSet<String>,
    /// True if `latest` names the run.
    pub is_latest: bool,
    /// Reason why Araneus may not remove the folder; `None` if it made everything in it.
    pub obstacle: Option<Obstacle>,
}

/// Reason why the folder of a run is never removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It has no manifest of this run.
    NoManifest,
    /// It contains files that its manifest does not name.
    ForeignFiles,
    /// The run was erased, and only its tombstone is left.
    Erased,
}

impl Obstacle {
    /// Returns the reason as a predicate.
    pub fn described(self) -> &'static str {
        match self {
            Self::NoManifest => "has no manifest of that run",
            Self::ForeignFiles => "contains files that its manifest does not name",
            Self::Erased => "has the tombstone of a run that was erased",
        }
    }
}

/// Reason why a run stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptBecause {
    /// Nothing limits the number of runs.
    NoLimit,
    /// `latest` names it.
    Latest,
    /// It is one of the newest runs.
    Newest,
    /// It is the last run of its month.
    LastOfMonth,
    /// It has the newest folder of an audience.
    OnlyForAudience,
    /// Araneus did not make everything in the folder.
    Obstacle(Obstacle),
}

impl KeptBecause {
    /// Returns the name in answers for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoLimit => "no-limit",
            Self::Latest => "latest",
            Self::Newest => "newest",
            Self::LastOfMonth => "last-of-month",
            Self::OnlyForAudience => "only-for-audience",
            Self::Obstacle(Obstacle::NoManifest) => "no-manifest",
            Self::Obstacle(Obstacle::ForeignFiles) => "foreign-files",
            Self::Obstacle(Obstacle::Erased) => "erased",
        }
    }
}

/// Returns the folders of runs below `out`, the earliest first. A link is not the folder of a run.
pub fn run_folders(out: &Path) -> Result<Vec<RunFolder>, OutputError> {
    if !out.is_dir() {
        return Ok(Vec::new());
    }
    let latest = latest_run(out)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(out).map_err(unreadable(out))? {
        let entry = entry.map_err(unreadable(out))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && is_run_name(&name) {
            let is_latest = latest.as_deref() == Some(&name);
            found.push(run_folder(&entry.path(), name, is_latest)?);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn run_folder(folder: &Path, name: String, is_latest: bool) -> Result<RunFolder, OutputError> {
    let files = sizes(folder)?;
    let readers = files.keys().filter_map(|path| Some(path.split_once('/')?.0.to_owned())).collect();
    let bytes = files.values().sum();
    let obstacle = match listed_files(folder, &name) {
        None if is_erased(folder) => Some(Obstacle::Erased),
        None => Some(Obstacle::NoManifest),
        Some(listed) => {
            let is_known = |path: &String| {
                listed.contains(path) || matches!(path.as_str(), "manifest.json" | "run.json")
            };
            (!files.keys().all(is_known)).then_some(Obstacle::ForeignFiles)
        }
    };
    Ok(RunFolder { name, bytes, readers, is_latest, obstacle })
}

/// Returns the paths of the files that the manifest of a run names; `None` without a manifest of that run.
fn listed_files(folder: &Path, name: &str) -> Option<BTreeSet<String>> {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).ok()?).ok()?;
    let is_ours = manifest["araneus"].is_string() && manifest["run"].as_str() == Some(name);
    is_ours.then_some(())?;
    Some(manifest["outputs"].as_object()?.keys().cloned().collect())
}

/// Returns the size of each file below a folder, by its path with `/`.
fn sizes(folder: &Path) -> Result<BTreeMap<String, u64>, OutputError> {
    let mut sizes = BTreeMap::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let entry = entry.map_err(unreadable(&folder))?;
            let metadata = entry.metadata().map_err(unreadable(&folder))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if metadata.is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else {
                sizes.insert(name, metadata.len());
            }
        }
    }
    Ok(sizes)
}

/// Returns for each run, the earliest first, why it stays; `None` for a run that may be removed.
pub fn kept(runs: &[RunFolder], retention: Retention) -> Vec<Option<KeptBecause>> {
    let Some(newest) = retention.runs else { return vec![Some(KeptBecause::NoLimit); runs.len()] };
    // Only complete runs count: a foreign folder must not take the place of one.
    let (mut complete, mut months, mut readers) = (0, BTreeSet::new(), BTreeSet::new());
    let mut reasons: Vec<Option<KeptBecause>> = runs
        .iter()
        .rev()
        .map(|run| {
            if let Some(obstacle) = run.obstacle {
                return Some(KeptBecause::Obstacle(obstacle));
            }
            complete += 1;
            let readers_before = readers.len();
            readers.extend(&run.readers);
            let has_new_readers = readers.len() > readers_before;
            let is_last_of_month =
                months.insert(&run.name[..6]) && months.len() <= retention.monthly as usize;
            let reasons = [
                (run.is_latest, KeptBecause::Latest),
                (complete <= newest, KeptBecause::Newest),
                (is_last_of_month, KeptBecause::LastOfMonth),
                (has_new_readers, KeptBecause::OnlyForAudience),
            ];
            reasons.into_iter().find(|(applies, _)| *applies).map(|(_, reason)| reason)
        })
        .collect();
    reasons.reverse();
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, readers: &[&str]) -> RunFolder {
        let readers = readers.iter().map(|reader| (*reader).to_owned()).collect();
        RunFolder { name: format!("{name}T000000Z"), bytes: 1, readers, is_latest: false, obstacle: None }
    }

    fn reasons(runs: &[RunFolder], newest: u32, monthly: u32) -> Vec<&'static str> {
        let reasons = kept(runs, Retention { runs: Some(newest), monthly });
        reasons.into_iter().map(|reason| reason.map_or("removed", KeptBecause::name)).collect()
    }

    #[test]
    fn the_newest_runs_and_the_last_of_each_month_stay() {
        let names = ["20260105", "20260131", "20260203", "20260228", "20260301", "20260302"];
        let runs: Vec<RunFolder> = names.iter().map(|name| run(name, &["all", "steward"])).collect();
        assert_eq!(
            reasons(&runs, 1, 3),
            ["removed", "last-of-month", "removed", "last-of-month", "removed", "newest"]
        );
        assert_eq!(
            reasons(&runs, 2, 2),
            ["removed", "removed", "removed", "last-of-month", "newest", "newest"]
        );
        let all = kept(&runs, Retention { runs: None, monthly: 0 });
        assert!(all.iter().all(|reason| *reason == Some(KeptBecause::NoLimit)));
    }

    #[test]
    fn what_latest_names_stays_even_if_it_is_old() {
        let mut runs = vec![run("20260101", &["all"]), run("20260102", &["all"]), run("20260103", &["all"])];
        runs[0].is_latest = true;
        assert_eq!(reasons(&runs, 1, 0), ["latest", "removed", "newest"]);
    }

    #[test]
    fn the_newest_folder_of_each_audience_stays() {
        let runs = [
            run("20260101", &["a", "b"]),
            run("20260102", &["b"]),
            run("20260103", &["a"]),
            run("20260104", &["a"]),
        ];
        assert_eq!(reasons(&runs, 1, 0), ["removed", "only-for-audience", "removed", "newest"]);
    }

    #[test]
    fn a_foreign_folder_stays_and_takes_the_place_of_no_run() {
        let mut runs = vec![run("20260101", &["all"]), run("20260102", &["all"]), run("20260103", &["x"])];
        runs[2].obstacle = Some(Obstacle::ForeignFiles);
        assert_eq!(reasons(&runs, 1, 0), ["removed", "newest", "foreign-files"]);
    }

    #[test]
    fn a_folder_is_a_run_only_if_its_manifest_names_it_and_all_of_its_files() {
        let out = tempfile::tempdir().expect("a folder");
        let folder = |name: &str, run: &str| {
            let folder = out.path().join(name);
            fs::create_dir_all(folder.join("all")).expect("a folder");
            fs::write(folder.join("all/flags.arrow"), "123").expect("a file");
            let manifest =
                serde_json::json!({ "araneus": "1", "run": run, "outputs": { "all/flags.arrow": "" } });
            fs::write(folder.join("manifest.json"), manifest.to_string()).expect("a file");
            folder
        };
        folder("20260101T000000Z", "20260101T000000Z");
        folder("20260102T000000Z", "20260101T000000Z");
        let noted = folder("20260103T000000Z", "20260103T000000Z");
        fs::write(noted.join("all/notes.txt"), "mine").expect("a file");
        fs::create_dir(out.path().join("20260104T000000Z")).expect("a folder");
        folder("backup", "backup");
        std::os::unix::fs::symlink("20260101T000000Z", out.path().join("20260105T000000Z")).expect("a link");
        let found = run_folders(out.path()).expect("readable");
        let found: Vec<_> = found.iter().map(|run| (&run.name[..8], run.obstacle)).collect();
        let expected = [
            ("20260101", None),
            ("20260102", Some(Obstacle::NoManifest)),
            ("20260103", Some(Obstacle::ForeignFiles)),
            ("20260104", Some(Obstacle::NoManifest)),
        ];
        assert_eq!(found, expected);
        assert_eq!(run_folders(&out.path().join("absent")).expect("nothing there"), []);
    }
}
