//! A source that is fetched from a server of the test, and what it left.

use std::{cell::RefCell, collections::BTreeSet, fs, io, io::Write, path::PathBuf, time::Duration};

use araneus::{
    fetch::{self, FetchError, FetchResult, Limits, Remote, RemoteKind, SourceRequest, Surroundings},
    record::Mode,
    time::Moment,
};
use tempfile::TempDir;

use crate::server::{Authority, Request, Server};

/// Name that the certificate of the server has.
pub(crate) const HOST: &str = "feeds.test";
const NAME: &str = "feed";

/// A source, its state folder, and its server.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    pub(crate) remote: Remote,
    pub(crate) mode: Mode,
    pub(crate) limits: Limits,
    pub(crate) now: Moment,
    pub(crate) runs: Vec<Moment>,
    /// Waits that were asked for; none is made.
    pub(crate) waits: RefCell<Vec<Duration>>,
}

/// Returns limits that end a test soon.
pub(crate) fn small_limits() -> Limits {
    Limits {
        body: 1 << 20,
        pages: 50,
        total: 4 << 20,
        attempts: 1,
        connect: Duration::from_secs(20),
        answer: Duration::from_secs(20),
        transfer: Duration::from_secs(20),
        ..Limits::default()
    }
}

pub(crate) fn time(text: &str) -> Moment {
    Moment::parse(text).expect("a time")
}

impl Place {
    /// Creates a source at a path of a server with this handler.
    pub(crate) fn new(
        kind: RemoteKind,
        path: &str,
        handler: impl Fn(&Request, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::with_certificate(kind, path, (HOST, 2100), handler)
    }

    /// Creates a source whose server has a certificate for a name, until the end of a year.
    pub(crate) fn with_certificate(
        kind: RemoteKind,
        path: &str,
        (name, until): (&str, i32),
        handler: impl Fn(&Request, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new();
        let ca = folder.path().join("ca.pem");
        authority.write(&ca);
        let server = Server::start(authority.issue(name, until), handler);
        let url = fetch::remote_url(&format!("https://{HOST}:{}{path}", server.port)).expect("an address");
        Self {
            remote: Remote { kind, url, credentials: None, ca: Some(ca), may_be_private: true },
            folder,
            server,
            mode: Mode::Increment,
            limits: small_limits(),
            now: time("2026-03-01T00:00:00Z"),
            runs: Vec::new(),
            waits: RefCell::default(),
        }
    }

    pub(crate) fn taxii() -> RemoteKind {
        RemoteKind::Taxii { collection: "c1".to_owned() }
    }

    pub(crate) fn snapshot(self) -> Self {
        Self { mode: Mode::Snapshot, ..self }
    }

    /// Fetches the source.
    pub(crate) fn fetch(&self) -> Result<FetchResult, FetchError> {
        let surroundings = Surroundings {
            limits: self.limits.clone(),
            now: self.now,
            pause: &|duration| self.waits.borrow_mut().push(duration),
            variable: &|_| None,
            note: &|_| {},
            lookup: Some(fetch::loopback),
        };
        let _lock = fetch::lock(self.folder.path())?;
        let request =
            SourceRequest { name: NAME, remote: &self.remote, mode: self.mode, runs: Some(&self.runs) };
        fetch::fetch(self.folder.path(), &request, &surroundings)
    }

    /// Fetches the source; it must be complete.
    #[track_caller]
    pub(crate) fn fetch_whole(&self) -> FetchResult {
        let result = self.fetch().unwrap_or_else(|error| panic!("{error}"));
        if let Some(failure) = result.failure {
            panic!("{failure}: {failure:?}");
        }
        result
    }

    /// Fetches the source; it must fail.
    #[track_caller]
    pub(crate) fn failure(&self) -> FetchError {
        let result = self.fetch().unwrap_or_else(|error| panic!("{error}"));
        result.failure.unwrap_or_else(|| panic!("complete: {:?}", result.fetched))
    }

    /// Returns what a run would read: the text of each file, and the reason why it is not all.
    pub(crate) fn read(&self, as_of: &str) -> (Vec<String>, Option<String>) {
        let files = fetch::fetched_files(self.folder.path(), NAME, self.mode, &self.runs, time(as_of));
        let files = files.expect("the folder is read");
        let text = |(_, path): &(String, PathBuf)| fs::read_to_string(path).expect("a text");
        (files.files.iter().map(text).collect(), files.failure)
    }

    /// Makes a run that reads all files.
    pub(crate) fn run(&mut self, as_of: &str) -> Vec<String> {
        let (texts, _) = self.read(as_of);
        let files = fetch::fetched_files(self.folder.path(), NAME, self.mode, &self.runs, time(as_of));
        let end = files.expect("the folder is read").end;
        fetch::mark_read(self.folder.path(), NAME, time(as_of), end).expect("marked");
        self.runs.push(time(as_of));
        texts
    }

    /// Returns the names of all stored files that contain deliveries.
    pub(crate) fn stored(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("fetched").join(NAME)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name.as_bytes()[0].is_ascii_digit()).collect();
        names.sort();
        names
    }
}

/// Returns the objects of pages: pairs of id and version, without duplicates.
pub(crate) fn objects_of(pages: &[String]) -> BTreeSet<(String, String)> {
    let mut objects = BTreeSet::new();
    for page in pages {
        let page: serde_json::Value = serde_json::from_str(page).expect("a whole page");
        for object in page["objects"].as_array().into_iter().flatten() {
            let text = |name: &str| object[name].as_str().expect("a text").to_owned();
            objects.insert((text("id"), text("modified")));
        }
    }
    objects
}
