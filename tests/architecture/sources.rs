//! The source files of all crates.

use std::{fs, path::Path};

/// The sources of all crates, in order.
pub(crate) fn all_sources() -> Vec<(String, String)> {
    let mut files = read_below(root(), "src");
    for folder in crate_folders() {
        files.extend(read_below(root(), &format!("{folder}/src")));
    }
    files
}

/// The folders of all crates but the root, such as `crates/araneus-graph`.
pub(crate) fn crate_folders() -> Vec<String> {
    let entries = fs::read_dir(root().join("crates")).expect("the workspace has crates");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a folder that opened lists its entries").path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .filter_map(|path| Some(format!("crates/{}", path.file_name()?.to_string_lossy())))
        .collect();
    names.sort();
    names
}

/// Every `.rs` file below a folder as (path from `root`, text), in the order of the paths.
pub(crate) fn read_below(root: &Path, folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(open) = folders.pop() {
        for entry in fs::read_dir(&open).unwrap_or_else(|error| panic!("{}: {error}", open.display())) {
            let path = entry.expect("a folder that opened lists its entries").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "rs") {
                let name = path
                    .strip_prefix(root)
                    .expect("it lies below the root")
                    .to_string_lossy()
                    .replace('\\', "/");
                files.push((name, fs::read_to_string(&path).expect("source files are UTF-8")));
            }
        }
    }
    files.sort();
    files
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
