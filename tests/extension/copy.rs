//! A copy of the sources below the target folder, and the program that is built from it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Files of the project by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Everything that `cargo build` reads.
const READ_BY_CARGO: [&str; 8] =
    ["Cargo.toml", "Cargo.lock", "src", "crates", "benches", "datasets", "models", "templates"];

/// Name of the program that is built from the copy. The name differs from the program's own, because both lie in one
/// target folder.
const PROGRAM: &str = "araneus-extended";

/// Last number of the version of the copy. The crates require versions that are equal in the first two numbers.
const PATCH: u32 = 4_000_000;

/// Returns the files of the project that `cargo build` reads.
pub(crate) fn read() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::new();
    let mut open: Vec<PathBuf> = READ_BY_CARGO.iter().map(|name| root.join(name)).collect();
    while let Some(path) = open.pop() {
        // A crate outside the workspace has a target folder of its own.
        if path.ends_with("target") {
            continue;
        }
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the project");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).expect("a file of the project"));
        }
    }
    assert!(files.len() > 300, "{} files", files.len());
    files
}

/// Writes the files to the copy. Files that are equal already stay, so that cargo compiles only what changed.
fn write(files: &Files) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("extension");
    let mut open = vec![folder.clone()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .expect("a folder of the copy")
                    .map(|entry| entry.expect("an entry").path()),
            );
        } else if path.is_file() {
            let name = path.strip_prefix(&folder).expect("below the copy").to_string_lossy().into_owned();
            if !files.contains_key(&name) {
                fs::remove_file(&path).expect("an old file of the copy");
            }
        }
    }
    for (name, bytes) in files {
        let path = folder.join(name);
        if fs::read(&path).ok().as_ref() != Some(bytes) {
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder of the copy");
            fs::write(&path, bytes).expect("a file of the copy");
        }
    }
    folder
}

/// Builds the program of these sources, in the target folder of the test, so that dependencies are not built again. For
/// that, they need the features that `cargo test --workspace` gives them: those of all members, and of their tests.
pub(crate) fn build(files: &Files) -> Program {
    let mut files = files.clone();
    let manifest = String::from_utf8(files["Cargo.toml"].clone()).expect("UTF-8");
    files.insert("Cargo.toml".to_owned(), renamed(&manifest).into_bytes());
    files.insert("tests/empty.rs".to_owned(), b"//! No test.\n".to_vec());
    let folder = write(&files);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder");
    let mut cargo = command(Path::new(env!("CARGO")));
    cargo
        .args(["build", "--offline", "--workspace", "--bin", PROGRAM, "--test", "empty"])
        .current_dir(&folder);
    cargo.env("CARGO_TARGET_DIR", target);
    // The copy is compiled once and runs for a second: fast compilation matters, fast code does not.
    cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Program { path: target.join("debug").join(PROGRAM) }
}

/// Returns the manifest with another version and another name of the program.
///
/// Cargo identifies the crates of a workspace by name, version and relative path. With an equal version, the copy
/// would replace the project's own crates in the target folder.
fn renamed(manifest: &str) -> String {
    let (before, version) = manifest.split_once("\nversion = \"").expect("the workspace has a version");
    let (version, after) = version.split_once('"').expect("a quoted version");
    let (line, _) = version.rsplit_once('.').expect("a version of three numbers");
    let other_version = format!("{before}\nversion = \"{line}.{PATCH}\"{after}");
    let other_program = format!("autobins = false\ndefault-run = \"{PROGRAM}\"\n");
    let renamed = other_version.replace("default-run = \"araneus\"\n", &other_program);
    assert!(renamed.contains(&other_program), "Cargo.toml names its program");
    format!("{renamed}\n[[bin]]\nname = \"{PROGRAM}\"\npath = \"src/main.rs\"\n")
}

/// A program that was built from a copy.
pub(crate) struct Program {
    path: PathBuf,
}

impl Program {
    /// Runs a command in a folder, and returns its standard output.
    pub(crate) fn run(&self, arguments: &[&str], folder: &Path) -> String {
        let output = command(&self.path).args(arguments).current_dir(folder).output().expect("it starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// A command without the variables that cargo sets for a test.
#[expect(
    clippy::disallowed_methods,
    reason = "this test builds and starts the program; no input is executed"
)]
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    let of_tests = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "ARANEUS_"];
    for (name, _) in std::env::vars_os() {
        if of_tests.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}
