//! Start of the program, and access to its outputs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use araneus::{
    columns::{Column, Columns},
    tables,
};
use tempfile::TempDir;

/// Rate of false discoveries of the configuration of cases.
const RATE: &str = "[patterns]\nfdr = 1.0\n";

/// A deployment: a temporary folder with its configuration, state and results.
pub(crate) struct Deployment {
    folder: TempDir,
    working: PathBuf,
}

impl Deployment {
    /// Creates an empty deployment with this configuration.
    pub(crate) fn new(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let deployment = Self { working: folder.path().to_owned(), folder };
        deployment.configure(configuration);
        deployment
    }

    /// Runs commands from this folder, so that relative INPUT paths start there.
    pub(crate) fn working_in(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.working);
        self
    }

    /// Runs commands from the folder of the deployment.
    pub(crate) fn working_in_itself(self) -> Self {
        let own = self.folder.path().to_owned();
        self.working_in(&own)
    }

    /// Replaces the configuration.
    pub(crate) fn configure(&self, configuration: &str) {
        // A case has a rate of false discoveries, which a test may replace.
        let is_replaced = configuration.matches("[patterns]").count() > 1;
        let own = if is_replaced { configuration.replacen(RATE, "", 1) } else { configuration.to_owned() };
        self.write("araneus.toml", &own);
    }

    /// Returns the path of a file or folder of the deployment.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file with its folders, and returns its path as text.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file in the deployment has a folder")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        path.to_str().expect("a temporary path is text").to_owned()
    }

    /// Starts a command that reads this deployment's configuration, state and output.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments, &self.working);
        for (flag, name) in [("--config", "araneus.toml"), ("--state", "state"), ("--out", "out")] {
            command.arg(flag).arg(self.path(name));
        }
        command
    }

    /// Runs a command that reads this deployment's configuration, state and output.
    pub(crate) fn ask(&self, arguments: &[&str]) -> CommandOutput {
        run_command_to_end(self.command(arguments))
    }

    /// Makes a run.
    pub(crate) fn run(&self, as_of: &str, inputs: &[String]) -> CommandOutput {
        self.run_with(as_of, inputs, &[])
    }

    /// Makes a run with more flags.
    pub(crate) fn run_with(&self, as_of: &str, inputs: &[String], flags: &[&str]) -> CommandOutput {
        run_command_to_end(self.run_command(as_of, inputs, flags))
    }

    /// Makes a run that reads `bytes` from standard input.
    pub(crate) fn run_piped(&self, as_of: &str, input: &str, bytes: &[u8]) -> CommandOutput {
        let mut command = self.run_command(as_of, &[input.to_owned()], &[]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        child.stdin.take().expect("piped").write_all(bytes).expect("the program reads its input");
        let output = child.wait_with_output().expect("the program ends");
        CommandOutput::from_output(&output)
    }

    /// Measures a list of links from standard input.
    pub(crate) fn measure_piped(&self, bytes: &[u8]) -> CommandOutput {
        let mut command = program(&["measure", "-"], &self.working);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        child.stdin.take().expect("piped").write_all(bytes).expect("the program reads its input");
        CommandOutput::from_output(&child.wait_with_output().expect("the program ends"))
    }

    /// Starts a run, and does not wait for its end.
    pub(crate) fn start(&self, as_of: &str, inputs: &[String]) -> Child {
        let mut command = self.run_command(as_of, inputs, &[]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program starts")
    }

    /// Starts a command whose standard output the caller reads, and does not wait for its end.
    pub(crate) fn start_command(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().expect("the program starts")
    }

    fn run_command(&self, as_of: &str, inputs: &[String], flags: &[&str]) -> Command {
        let mut command = self.command(&["run", "--quiet", "--as-of", as_of]);
        command.args(flags).args(inputs);
        command
    }

    /// Returns the published run of an as-of time.
    pub(crate) fn published(&self, as_of: &str) -> PublishedRun {
        PublishedRun { folder: self.path("out").join(run_folder_name(as_of)) }
    }
}

/// Runs a command from the folder `working`, with empty standard input.
pub(crate) fn araneus(arguments: &[&str], working: &Path) -> CommandOutput {
    run_command_to_end(program(arguments, working))
}

/// Runs a command with a variable of the environment.
pub(crate) fn araneus_with(
    arguments: &[&str],
    working: &Path,
    (name, value): (&str, &Path),
) -> CommandOutput {
    let mut command = program(arguments, working);
    command.env(name, value);
    run_command_to_end(command)
}

/// Runs a command with standard error written to `stderr`; returns its exit code and its standard output.
pub(crate) fn araneus_to(stderr: Stdio, arguments: &[&str], working: &Path) -> CommandOutput {
    let mut command = program(arguments, working);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    let child = command.spawn().expect("the program starts");
    CommandOutput::from_output(&child.wait_with_output().expect("the program ends"))
}

/// Returns the clock time `minutes` from now, as a value of `--as-of`.
#[expect(clippy::disallowed_methods, reason = "the program compares as-of times with the clock")]
pub(crate) fn from_now(minutes: i64) -> String {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[expect(clippy::disallowed_methods, reason = "these tests start the program; no input is executed")]
fn program(arguments: &[&str], working: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_araneus"));
    command.args(arguments).current_dir(working).env_remove("ARANEUS_CONFIG");
    command
}

fn run_command_to_end(mut command: Command) -> CommandOutput {
    CommandOutput::from_output(&command.stdin(Stdio::null()).output().expect("the program starts"))
}

/// Exit code and output of a command.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    /// Exit code; -1 after a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl CommandOutput {
    fn from_output(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails with the output unless the command ended with this exit code.
    #[track_caller]
    pub(crate) fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "exit code\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// Returns the digest of every file of a state but the audit log and its head, which have times of the clock and an entry for
/// each action.
pub(crate) fn state_digests(deployment: &Deployment) -> BTreeMap<String, String> {
    let mut digests = tables::digests(&deployment.path("state")).expect("the state can be read");
    digests.retain(|name, _| !matches!(name.as_str(), "audit.jsonl" | "audit.head"));
    digests
}

/// Returns the number of flags in the review queue of a run.
pub(crate) fn queue_length(run: &PublishedRun) -> usize {
    let flags = run.table("all/flags");
    flags.rows().filter(|row| flags.maybe_count("rank", *row).is_some()).count()
}

/// Published results of a run.
pub(crate) struct PublishedRun {
    pub(crate) folder: PathBuf,
}

impl PublishedRun {
    /// Reads a table, such as `steward/deliveries`.
    #[track_caller]
    pub(crate) fn table(&self, name: &str) -> Table {
        let path = self.folder.join(format!("{name}.arrow"));
        let columns = tables::read_table(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Table { name: name.to_owned(), columns }
    }

    /// Returns the entity of each identifier with this prefix, which is left out.
    pub(crate) fn entity_of_identifier(&self, prefix: &str) -> BTreeMap<String, String> {
        let table = self.table("all/identifiers");
        let entity = |row: usize| {
            let rest = table.text("identifier", row).strip_prefix(prefix)?;
            Some((rest.to_owned(), table.text("entity_id", row).to_owned()))
        };
        table.rows().filter_map(entity).collect()
    }

    /// Returns the text of a file, such as `all/report.html`.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        let path = self.folder.join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Returns the digest of every file but `run.json`, the only one that may differ between equal runs.
    #[track_caller]
    pub(crate) fn digests(&self) -> BTreeMap<String, String> {
        let mut digests = tables::digests(&self.folder).expect("the results can be read");
        digests.remove("run.json");
        assert!(digests.len() > 10, "a run has more than {} files", digests.len());
        digests
    }
}

/// A table of a published run.
pub(crate) struct Table {
    name: String,
    columns: Columns,
}

impl Table {
    pub(crate) fn rows(&self) -> std::ops::Range<usize> {
        0..self.columns.rows()
    }

    /// Returns a text; unknown is the empty text.
    #[track_caller]
    pub(crate) fn text(&self, column: &str, row: usize) -> &str {
        let values =
            self.columns.text(column).unwrap_or_else(|| panic!("{} has no text {column}", self.name));
        values[row].as_deref().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn texts(&self, column: &str, row: usize) -> &[String] {
        let values =
            self.columns.texts(column).unwrap_or_else(|| panic!("{} has no lists {column}", self.name));
        &values[row]
    }

    /// Returns a count, which must be known.
    #[track_caller]
    pub(crate) fn count(&self, column: &str, row: usize) -> u64 {
        let values =
            self.columns.count(column).unwrap_or_else(|| panic!("{} has no counts {column}", self.name));
        values[row].unwrap_or_else(|| panic!("{}.{column} is unknown in row {row}", self.name))
    }

    /// Returns a count; `None` where it is unknown.
    #[track_caller]
    pub(crate) fn maybe_count(&self, column: &str, row: usize) -> Option<u64> {
        let values = self.columns.count(column);
        values.unwrap_or_else(|| panic!("{} has no counts {column}", self.name))[row]
    }

    /// Returns a flag, which must be known.
    #[track_caller]
    pub(crate) fn is_set(&self, column: &str, row: usize) -> bool {
        let Some(Column::Flag(values)) = self.columns.get(column) else {
            panic!("{} has no flags {column}", self.name)
        };
        values[row].unwrap_or_else(|| panic!("{}.{column} is unknown in row {row}", self.name))
    }

    /// Returns a number; `None` where it is unknown.
    #[track_caller]
    pub(crate) fn number(&self, column: &str, row: usize) -> Option<f64> {
        let values = self.columns.number(column);
        values.unwrap_or_else(|| panic!("{} has no numbers {column}", self.name))[row]
    }

    /// Returns a truth value, which must be known.
    #[track_caller]
    pub(crate) fn truth(&self, column: &str, row: usize) -> bool {
        let values = self.columns.flag(column);
        let values = values.unwrap_or_else(|| panic!("{} has no truth values {column}", self.name));
        values[row].unwrap_or_else(|| panic!("{}.{column} is unknown in row {row}", self.name))
    }

    /// Adds up a column of counts.
    #[track_caller]
    pub(crate) fn sum(&self, column: &str) -> u64 {
        self.rows().map(|row| self.count(column, row)).sum()
    }

    /// Returns the only row with this text.
    #[track_caller]
    pub(crate) fn only(&self, column: &str, text: &str) -> usize {
        let rows: Vec<usize> = self.rows().filter(|&row| self.text(column, row) == text).collect();
        assert_eq!(rows.len(), 1, "rows of {} whose {column} is {text}", self.name);
        rows[0]
    }
}

/// Returns a malware object of STIX, with a number for its id.
pub(crate) fn malware(number: u32, name: &str) -> String {
    format!(
        r#"{{"type":"malware","id":"malware--00000000-0000-4000-8000-{number:012}","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","is_family":true,"name":"{name}"}}"#
    )
}

/// Fails unless every delivered object of every delivery is accepted, duplicate, rejected or held.
#[track_caller]
pub(crate) fn every_object_is_accounted_for(run: &PublishedRun) {
    let deliveries = run.table("steward/deliveries");
    assert!(!deliveries.rows().is_empty(), "there is no delivery");
    for row in deliveries.rows() {
        let parts = ["taken", "duplicate", "rejected", "held"].map(|part| deliveries.count(part, row));
        let path = deliveries.text("path", row);
        assert_eq!(deliveries.count("delivered", row), parts.iter().sum::<u64>(), "{path}");
    }
    assert_eq!(
        deliveries.sum("rejected"),
        run.table("steward/rejects").rows().len() as u64,
        "rows of rejects"
    );
}

/// Fails with the names of the files that differ or are absent on one side, unless two runs are equal.
#[track_caller]
pub(crate) fn equal_files(
    actual: &BTreeMap<String, String>,
    expected: &BTreeMap<String, String>,
    case: &str,
) {
    let names: BTreeSet<&String> = actual.keys().chain(expected.keys()).collect();
    let differing: Vec<&String> =
        names.into_iter().filter(|name| actual.get(*name) != expected.get(*name)).collect();
    assert!(differing.is_empty(), "{case}: these differ: {differing:?}");
}

/// Returns an INPUT with the name of its source.
pub(crate) fn named(source: &str, path: impl AsRef<Path>) -> String {
    format!("{source}={}", path.as_ref().display())
}

/// Returns the folder name of a run: its as-of time in UTC without fractions; a date means the end of that day.
pub(crate) fn run_folder_name(as_of: &str) -> String {
    let full = if as_of.contains('T') { as_of.to_owned() } else { format!("{as_of}T23:59:59Z") };
    let time: jiff::Timestamp = full.parse().expect("an as-of time of these tests");
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Returns a path of the real test data, or prints that `claim` was skipped.
#[expect(clippy::print_stderr, reason = "a skipped test prints a line that `scripts/test` lists")]
pub(crate) fn real_data(path: &str, claim: &str) -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if data.exists() {
        return Some(data);
    }
    eprintln!("SKIPPED: {claim}: there is no ../shared/data/{path} beside the project");
    None
}

/// Reads a text file, unpacked if it is named `.zst`.
#[track_caller]
pub(crate) fn read_unpacked(path: &Path) -> String {
    let stored = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_none_or(|suffix| suffix != "zst") {
        return String::from_utf8(stored).expect("text");
    }
    let mut text = String::new();
    let mut decoder = zstd::Decoder::new(stored.as_slice()).expect("zstd data");
    decoder.window_log_max(27).expect("a window size that decoders support");
    decoder.read_to_string(&mut text).expect("zstd data with text");
    text
}

/// Reads a comma-separated file without quotes, as a map from column to value for each row.
#[track_caller]
pub(crate) fn read_csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = read_unpacked(path);
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let rows: Vec<_> = lines.map(|row| header.iter().cloned().zip(row).collect()).collect();
    assert!(!rows.is_empty(), "{} has no row", path.display());
    rows
}

/// Returns the sorted names of the entries of a folder.
#[track_caller]
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
